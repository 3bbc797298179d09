"""Routes convert the segments of paths."""

from uuid import UUID

import pytest

from rentomatic.wsgi.failure import HttpFailure
from rentomatic.wsgi.routing import find_route

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"


@pytest.mark.parametrize("text", [CODE, CODE.upper(), CODE.replace("-", ""), f"urn:uuid:{CODE}"])
def test_a_handler_gets_a_code_as_a_value(text: str) -> None:
    """However the path spells it."""
    found = find_route(f"/rooms/{text}")
    assert found
    route, segments = found
    assert route.path == "/rooms/{code}"
    assert route.convert(segments) == {"code": UUID(CODE)}


def test_a_segment_that_cannot_be_converted_names_nothing() -> None:
    """It is a 404 that says what the segment should be."""
    found = find_route("/rooms/abc")
    assert found
    route, segments = found
    failure = route.convert(segments)
    assert isinstance(failure, HttpFailure)
    assert failure.status == 404
    assert failure.message == "There is no room with the code 'abc'; a code is a UUID"


@pytest.mark.parametrize("path", ["/rooms/", "/rooms/a/b", "/openapiXjson", "/rooms/summary/x"])
def test_a_path_without_a_route_is_not_found(path: str) -> None:
    """A segment has no slash and is never empty; a dot is only a dot."""
    assert find_route(path) is None
