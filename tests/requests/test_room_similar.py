"""The request for similar rooms."""

from uuid import UUID

import pytest

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_list import DEFAULT_LIMIT
from rentomatic.requests.room_similar import (
    REACH,
    RoomSimilarRequest,
    build_room_similar_request,
)

CODE = UUID(int=1)


def test_by_default_all_rooms_within_reach_are_meant() -> None:
    """The usual number of them, with all their fields and their distance."""
    request = build_room_similar_request(str(CODE))
    assert isinstance(request, RoomSimilarRequest)
    assert (request.code, request.limit, request.radius) == (CODE, DEFAULT_LIMIT, REACH)
    assert request.radius_min is None
    assert request.fields[-1] == "distance"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"code": "7"}, "code: must be a UUID"),
        ({"limit": "none"}, "limit: must be an integer from 1 to 1000, not 'none'"),
        ({"limit": 0}, "limit: must be an integer from 1 to 1000, not '0'"),
        ({"limit": 1001}, "limit: must be an integer from 1 to 1000, not '1001'"),
        ({"radius": 50_001}, "radius: must be at most 50000 here, not '50001'"),
        ({"radius": "far"}, "radius: "),
        ({"radius": 7, "radius_min": 8}, "radius_min: must not be above radius"),
        ({"radius_min": 60_000}, "radius_min: must not be above 50000"),
        ({"fields": "distanze"}, "fields: distanze is not a field of a room"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, object], message: str) -> None:
    """One mistake is one error."""
    request = build_room_similar_request(**{"code": CODE, **given})  # type: ignore[arg-type]
    assert isinstance(request, InvalidRequest)
    (error,) = request.errors
    assert str(error).startswith(message)
