"""Behind a balancer, limits and logs are about its clients; nobody else can name an address."""

from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPResponse
from pathlib import Path
from uuid import uuid4

import pytest
from testbed.nginx import BALANCER, place, running
from testbed.waiting import until

from tests.ops.nginx.site import HERE, Answer, Site

STRANGER = "127.0.0.9"
# What nginx refuses at once, after the burst.
MANY = 400


def ask(
    site: Site, said: str, source: str = BALANCER, headers: dict[str, str] | None = None
) -> Answer:
    """Send a request with this X-Forwarded-For."""
    given = {"X-Forwarded-For": said} | (headers or {})
    return site.ask("/rooms?limit=1", given, source=source, port=site.proxy.balanced_port)


def test_each_client_has_its_own_limits(site: Site) -> None:
    """One that is too fast is refused, the others of the same balancer are not."""
    hasty, other = "198.51.100.1", "198.51.100.2"
    statuses = [ask(site, hasty).status for _ in range(MANY)]
    assert set(statuses[:200]) == {200}
    until(lambda: ask(site, hasty).status == 429)
    assert {ask(site, other).status for _ in range(20)} == {200}
    assert site.logged(ask(site, other))["client"] == other


def send(site: Site, head: list[str], source: str) -> Answer:
    """Send the lines of a head from an address; return the answer."""
    with site.connect(source) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        answer = HTTPResponse(connection)
        answer.begin()
        return Answer(answer.status, answer.headers, answer.read())


@pytest.mark.parametrize(
    "lines", [[f"203.0.113.7, {HERE}, 198.51.100.3"], ["203.0.113.7", HERE, "198.51.100.3"]]
)
def test_only_the_last_address_counts(site: Site, lines: list[str]) -> None:
    """The balancer has appended it, perhaps as a header of its own; a client sent the others."""
    balanced = replace(site, proxy=replace(site.proxy, port=site.proxy.balanced_port))
    headers = [f"X-Forwarded-For: {each}" for each in lines]
    answer = send(balanced, ["GET /rooms?limit=1 HTTP/1.1", "Host: x", *headers], BALANCER)
    assert site.logged(answer)["client"] == "198.51.100.3"


@pytest.mark.parametrize("said", ["198.51.100.4", HERE, BALANCER])
def test_no_one_else_is_believed(site: Site, said: str) -> None:
    """A client that reaches the port itself has its own address, and its limits."""
    assert site.logged(ask(site, said, source=STRANGER))["client"] == STRANGER


def test_the_service_gets_the_clients_address(site: Site) -> None:
    """For its log, and for its limit on wrong tokens."""
    name = str(uuid4())
    ask(site, "198.51.100.5", headers={"X-Request-Id": name, "Authorization": "x"})
    log = site.proxy.folder.parent / "rentomatic.log"
    (line,) = until(lambda: [line for line in log.read_text().splitlines() if name in line])
    assert '"client":"198.51.100.5"' in line


@pytest.fixture
def passing_tcp(site: Site, tmp_path: Path) -> Iterator[Site]:
    """The same, changed as the file says for a balancer that passes on TCP."""
    pairs = (("8081;", "8081 proxy_protocol;"), ("X-Forwarded-For;", "proxy_protocol;"))

    def change(text: str) -> str:
        if "real_ip_header" not in text:
            return text
        for before, after in pairs:
            text = text.replace(before, after)
        return text

    service = site.proxy.folder.parent / "rentomatic.sock"
    with running(place(tmp_path, service, change)) as proxy:
        yield replace(site, proxy=proxy)


@pytest.mark.parametrize(("source", "client"), [(BALANCER, "198.51.100.6"), (STRANGER, STRANGER)])
def test_the_proxy_protocol_names_the_client(passing_tcp: Site, source: str, client: str) -> None:
    """Also only from the balancer's address; X-Forwarded-For means nothing then."""
    site = replace(
        passing_tcp, proxy=replace(passing_tcp.proxy, port=passing_tcp.proxy.balanced_port)
    )
    line = "PROXY TCP4 198.51.100.6 192.0.2.10 40000 8081"
    head = ["GET /rooms?limit=1 HTTP/1.1", "Host: x", f"X-Forwarded-For: {HERE}"]
    got = send(site, [line, *head], source)
    assert got.status == 200
    assert site.logged(got)["client"] == client


@pytest.mark.parametrize(
    "head", [["GET /health/live HTTP/1.0"], ["GET /health/live HTTP/1.1", "Host: x"]]
)
def test_the_balancer_can_check_a_machine(site: Site, head: list[str]) -> None:
    """Also in HTTP/1.0 without a host, as HAProxy does."""
    balanced = replace(site, proxy=replace(site.proxy, port=site.proxy.balanced_port))
    answer = send(balanced, [*head, "Connection: close"], BALANCER)
    assert (answer.status, answer.json()) == (200, {"status": "live"})
