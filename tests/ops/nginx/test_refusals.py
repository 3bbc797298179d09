"""Refusals of long bodies arrive although nginx is still sending when the service answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ops.nginx.site import Answer, Site
from tests.ops.nginx.writing import BEARER

REQUESTS = 300
CLIENTS = 32


@pytest.mark.parametrize("size", [70_000, 1_000_000])
@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/rooms", {"Content-Type": "text/csv"}, 401),
        ("/rooms", BEARER | {"Content-Type": "application/octet-stream"}, 415),
        ("/rooms?on_eror=skip", BEARER | {"Content-Type": "text/csv"}, 400),
    ],
)
def test_the_refusal_of_a_long_body_arrives(
    site: Site, target: str, headers: dict[str, str], status: int, size: int
) -> None:
    """Each as the service sent it; none becomes nginx's own error."""

    def post(_: int) -> Answer:
        return site.ask(target, headers, "POST", b"x" * size)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(post, range(REQUESTS)))
    assert {answer.status for answer in answers} == {status}
