"""The request for changes, and its cursors, which keep a position as text."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.requests.cursors import seal
from rentomatic.requests.room_changes import (
    DEFAULT_CHANGES,
    RoomChangesRequest,
    Start,
    build_room_changes_request,
)
from rentomatic.requests.room_changes_cursor import (
    KIND,
    ChangePosition,
    read_changes_cursor,
    write_changes_cursor,
)

MOMENT = datetime(2026, 5, 4, 9, 30, 15, 250_000, UTC)
HERE = ChangePosition(UUID(int=7), 744, 12, MOMENT)
_MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware by Hypothesis
_COUNTS = st.integers(0, 2**63 - 1)


@given(st.uuids(), _COUNTS, _COUNTS, _MOMENTS)
def test_every_position_is_read_back(
    epoch: UUID, transaction: int, number: int, made_at: datetime
) -> None:
    """To the microsecond."""
    position = ChangePosition(epoch, transaction, number, made_at)
    cursor = write_changes_cursor(position)
    assert read_changes_cursor(cursor) == position
    assert len(cursor) < 200
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_moment_is_the_same_in_every_zone() -> None:
    """A position has one spelling."""
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))
    position = ChangePosition(HERE.epoch, HERE.transaction, HERE.number, elsewhere)
    assert write_changes_cursor(position) == write_changes_cursor(HERE)


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [],
        [HERE.epoch.hex, 744, 12],
        [HERE.epoch.hex, 744, 12, MOMENT.isoformat(), 1],
        [str(HERE.epoch), 744, 12, MOMENT.isoformat()],
        [7, 744, 12, MOMENT.isoformat()],
        ["x", 744, 12, MOMENT.isoformat()],
        [HERE.epoch.hex, -1, 12, MOMENT.isoformat()],
        [HERE.epoch.hex, 744.0, 12, MOMENT.isoformat()],
        [HERE.epoch.hex, True, 12, MOMENT.isoformat()],
        [HERE.epoch.hex, 2**63, 12, MOMENT.isoformat()],
        [HERE.epoch.hex, 744, "12", MOMENT.isoformat()],
        [HERE.epoch.hex, 744, 12, None],
        [HERE.epoch.hex, 744, 12, 5],
        [HERE.epoch.hex, 744, 12, "yesterday"],
        [HERE.epoch.hex, 744, 12, "2026-05-04T09:30:15.250000"],
        [HERE.epoch.hex, 744, 12, "2026-05-04T11:30:15.250000+02:00"],
        [HERE.epoch.hex, 744, 12, "0001-01-01T00:00:00+10:00"],
    ],
)
def test_a_wrong_position_with_a_right_digest_is_refused(values: object) -> None:
    """A made-up cursor works no better than an altered one."""
    cursor = seal(values, kind=KIND)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not a cursor of changes"):
        read_changes_cursor(cursor)


@pytest.mark.parametrize("text", ["", "x", "é", "=", "A" * 600, "////", "[1]", "A" * 64, "\ud800"])
def test_other_texts_are_refused(text: str) -> None:
    """The message says what would be right, on one line of limited length."""
    request = build_room_changes_request(text)
    assert not request
    (error,) = request.errors
    assert str(error).startswith("since: must be now to begin")
    assert len(str(error)) < 220


def test_a_request_says_where_to_begin_and_how_many() -> None:
    """The default is as many as a page of a search has."""
    assert build_room_changes_request("0") == RoomChangesRequest(Start.OLDEST, DEFAULT_CHANGES)
    assert build_room_changes_request(0, 5) == RoomChangesRequest(Start.OLDEST, 5)
    assert build_room_changes_request("now", "1000") == RoomChangesRequest(Start.NOW, 1000)
    assert build_room_changes_request(write_changes_cursor(HERE)) == RoomChangesRequest(HERE)
