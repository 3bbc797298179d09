"""All repositories give the same answers: rooms, order, and summaries of what was saved."""

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.room_fields import FIELDS, FILTER_KEYS
from rentomatic.requests.room_list import build_room_list_request

# Few different values, so that rooms collide with each other and with what is searched for;
# beside them the edges of what is allowed.
VALUES = {
    "code": st.integers(1, 12).map(lambda number: UUID(int=number)),
    "size": st.integers(1, 5) | st.sampled_from([1, MAX_SIZE]),
    "price": st.integers(0, 5) | st.sampled_from([0, MAX_PRICE]),
    "longitude": st.integers(-2, 2).map(float) | st.floats(-180, 180),
    "latitude": st.integers(-2, 2).map(float) | st.floats(-90, 90),
}
OPERANDS: dict[str, st.SearchStrategy[Any]] = VALUES | {
    "size": VALUES["size"] | st.integers(-(10**18) + 1, 10**18 - 1),
    "price": VALUES["price"] | st.integers(-(10**18) + 1, 10**18 - 1),
}
ROOMS = st.lists(st.builds(Room, **VALUES), max_size=12)


@st.composite
def filters(draw: st.DrawFn) -> dict[str, object]:
    """Make up to three filters of the table."""
    keys = draw(st.lists(st.sampled_from(sorted(FILTER_KEYS)), max_size=3, unique=True))
    chosen: dict[str, object] = {}
    for key in keys:
        field, operator = FILTER_KEYS[key]
        operand = OPERANDS[field]
        chosen[key] = draw(
            st.lists(operand, min_size=1, max_size=4) if operator == "in" else operand
        )
    return chosen


@given(
    stock=st.lists(ROOMS, max_size=3),
    removed=st.lists(VALUES["code"], max_size=3),
    searches=st.lists(st.tuples(filters(), st.integers(1, 13) | st.just("none")), min_size=1),
)
def test_repositories_agree(
    repositories: dict[str, RoomRepository],
    stock: list[list[Room]],
    removed: list[UUID],
    searches: list[tuple[dict[str, object], object]],
) -> None:
    """After the same writes, the same searches give the same rooms in the same order."""
    outcomes = {}
    for name, repository in repositories.items():
        for number in range(1, 13):
            repository.remove(UUID(int=number))
        outcome: list[object] = [repository.save(some, dry_run=True) for some in stock[:1]]
        outcome += [repository.save(some) for some in stock]
        outcome += [repository.remove(code) for code in removed]
        outcome += [repository.get(UUID(int=number)) for number in range(1, 13)]
        for wanted, limit in searches:
            request = build_room_list_request(wanted, limit)
            assert request, request
            outcome.append([room.to_dict() for room in repository.search(request)])
        outcomes[name] = outcome
    expected = outcomes.pop("memory")
    assert outcomes == dict.fromkeys(outcomes, expected)


def test_the_table_is_made_up_whole() -> None:
    """A field that is added to the table is searched for here too."""
    assert set(VALUES) == set(FIELDS)
