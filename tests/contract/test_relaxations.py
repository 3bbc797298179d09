"""What every repository guarantees for relaxations: each finds as many rooms as it says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from rentomatic.domain.geography import Box
from rentomatic.domain.relaxation import REMOVAL, CountKind, Relaxation
from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Page
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.requests.room_relaxations import build_room_relaxations_request
from rentomatic.serializers.room_relaxations import value_to_text
from rentomatic.use_cases.room_relaxations import room_relaxations_use_case
from tests.contract.test_agreement import ROOMS, empty, selections

MakeRoom = Callable[..., Room]


def relaxed(
    repository: RoomRepository,
    **search: Any,  # noqa: ANN401 - as the builder has them
) -> tuple[Relaxation, ...]:
    """Relax a search."""
    request = build_room_relaxations_request(**search)
    assert request, request
    response = room_relaxations_use_case(repository, request)
    assert response, response
    return response.value.relaxations


def changes_of(
    repository: RoomRepository,
    **search: Any,  # noqa: ANN401 - as above
) -> list[tuple[str, str | None, int]]:
    """Return the parameters, new values and counts of relaxations."""
    found = relaxed(repository, **search)
    return [(each.key, value_to_text(each.value), each.count) for each in found]


def changed(search: dict[str, Any], relaxation: Relaxation) -> dict[str, Any]:
    """Return a search with a relaxation, as a client makes it: with the value as text."""
    value, key = value_to_text(relaxation.value), relaxation.key
    if key not in FILTER_KEYS:
        others = {name: each for name, each in search.items() if name != key}
        return others if value is None else {**others, key: value}
    filters = {name: each for name, each in search["filters"].items() if name != key}
    return {**search, "filters": filters if value is None else {**filters, key: value}}


def found(repository: RoomRepository, search: dict[str, Any]) -> set[Room]:
    """Return the rooms that a search finds."""
    request = build_room_list_request(**search, limit="none")
    assert request, request
    return set(repository.search(request).rooms)


@given(saved=ROOMS, search=selections())
def test_a_relaxation_finds_what_it_says(
    repositories: dict[str, RoomRepository], saved: list[Room], search: dict[str, Any]
) -> None:
    """Exactly as many rooms, more than before, the same in every repository, the cheapest first."""
    expected: tuple[Relaxation, ...] | None = None
    for name, repository in repositories.items():
        empty(repository)
        repository.save(saved)
        relaxations = relaxed(repository, **search)
        before = found(repository, search)
        for each in relaxations:
            after = found(repository, changed(search, each))
            assert len(after) == each.count, (name, each)
            assert before < after, (name, each)
            assert each.kind is CountKind.EXACT
        assert sorted(each.change for each in relaxations) == [each.change for each in relaxations]
        expected = relaxations if expected is None else expected
        assert relaxations == expected, name


@given(saved=ROOMS, search=selections())
def test_no_relaxation_is_missing(
    memory: RoomRepository, saved: list[Room], search: dict[str, Any]
) -> None:
    """A condition without one finds no further room, even if it is removed."""
    empty(memory)
    memory.save(saved)
    keys = {each.key for each in relaxed(memory, **search)}
    before = found(memory, search)
    parameters = [*search.get("filters", {}), *(search.keys() - {"filters", "near"})]
    for key in parameters:
        if key not in keys:
            without = changed(search, Relaxation(key, None, REMOVAL, 0))
            assert found(memory, without) == before, key


@given(saved=ROOMS, search=selections())
def test_no_nearer_value_finds_a_room(
    memory: RoomRepository, saved: list[Room], search: dict[str, Any]
) -> None:
    """A limit moves no farther than to the nearest room that it excludes."""
    empty(memory)
    memory.save(saved)
    before = found(memory, search)
    for each in relaxed(memory, **search):
        if each.key in FILTER_KEYS and isinstance(each.value, int) and each.change < REMOVAL:
            _, operator = FILTER_KEYS[each.key]
            nearer = each.value - 1 if operator in {"lt", "lte"} else each.value + 1
            if abs(nearer) < 10**18 and nearer != search["filters"][each.key]:
                assert found(memory, changed(search, replace(each, value=nearer))) == before


def test_the_cheapest_change_comes_first(repository: RoomRepository, make_room: MakeRoom) -> None:
    """By relative change; removals come last, first the one that finds the most rooms."""
    repository.save(
        [
            make_room(1, price=650, size=50, city="Paris"),
            make_room(2, price=500, size=49, city="Paris"),
            *(make_room(number, price=400, size=60, city="Ghent") for number in (3, 4)),
            make_room(5, price=400, size=60, city="Paris", title="Loft", bedrooms=3),
            make_room(6, price=400, size=60, city="Paris", title="Studio", bedrooms=2),
        ]
    )
    filters = {"price__lte": 500, "size__gte": 50, "city__eq": "paris", "title__null": True}
    assert changes_of(repository, filters=filters) == [
        ("size__gte", "49", 1),
        ("price__lte", "650", 1),
        ("city__eq", None, 2),
        ("title__null", None, 2),
    ]


def test_limits_that_exclude_each_other_are_relaxed_one_by_one(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Each moves beyond the other one, to a room that passes both."""
    repository.save(make_room(number, price=price) for number, price in enumerate((350, 520, 530)))
    search = {"filters": {"price__gt": 500, "price__lt": 400}}
    assert changes_of(repository, **search) == [
        ("price__gt", "349", 1),
        ("price__lt", "521", 1),
    ]


def test_equality_lists_words_and_expressions_are_removed(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Each of them only if that finds a room."""
    repository.save([make_room(1, title="Quiet loft", city="Ghent", price=70)])
    filters = {"city__eq": "Ghent", "price__ne": 70, "code__in": [make_room(1).code]}
    assert changes_of(repository, filters=filters) == [("price__ne", None, 1)]
    assert changes_of(repository, filters={"city__in": ["Paris", "Rome"]}) == [
        ("city__in", None, 1)
    ]
    assert changes_of(repository, q="garden") == [("q", None, 1)]
    assert changes_of(repository, q="loft", filter="price < 60 AND city = 'Ghent'") == [
        ("filter", None, 1)
    ]


def test_two_changes_together_are_not_suggested(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """If no single change finds a room, there are no relaxations; nor are there without rooms."""
    search = {"filters": {"price__lt": 50, "city__eq": "Paris"}}
    assert not relaxed(repository, **search)
    repository.save([make_room(1, price=60, city="Ghent")])
    assert not relaxed(repository, **search)
    assert not relaxed(repository)


def test_a_search_that_finds_rooms_is_relaxed_to_find_more(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """The count has all rooms of the changed search."""
    repository.save(make_room(number, price=price) for number, price in enumerate((40, 50, 60)))
    assert changes_of(repository, filters={"price__lte": 40}) == [("price__lte", "50", 2)]
    assert changes_of(repository, filters={"price__eq": 50}) == [("price__eq", None, 3)]
    assert not relaxed(repository, filters={"price__lte": 60})


def test_a_room_that_lacks_the_value_is_found_without_the_limit(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """Only if no room has a value that a changed limit would let pass."""
    repository.save([make_room(1), make_room(2)])
    search = {"filters": {"bedrooms__gte": 2}}
    assert changes_of(repository, **search) == [("bedrooms__gte", None, 2)]
    repository.save([make_room(3, bedrooms=1)])
    assert changes_of(repository, **search) == [("bedrooms__gte", "1", 1)]


@pytest.mark.parametrize(
    ("key", "given", "value", "expected"),
    [
        ("price__lt", 50, 50, "51"),
        ("price__gt", 50, 50, "49"),
        ("size__gte", 60, 50, "50"),
        ("latitude__lt", 10, 51.5, "51.500001"),
        ("latitude__lt", 10, 51.7543630000001, "51.754364"),
        ("latitude__gt", 60, 51.754363, "51.754362"),
        ("latitude__lt", 10, 90.0, None),
        ("longitude__gt", 10, -180.0, None),
        ("longitude__lte", -20.0, -5e-324, "-0." + "0" * 323 + "5"),
        ("available_from__lt", date(2026, 1, 1), date(2027, 1, 31), "2027-02-01"),
        ("available_from__lt", date(2026, 1, 1), date.max, None),
        ("available_from__gte", date(2027, 2, 1), date(2027, 1, 31), "2027-01-31"),
    ],
)
def test_the_new_value_is_the_nearest_that_lets_the_room_pass(
    repository: RoomRepository,
    make_room: MakeRoom,
    key: str,
    given: object,
    value: object,
    expected: str | None,
) -> None:
    """The room's own, or the next one for "less than"; if there is none, the limit is removed."""
    repository.save([make_room(1, **{FILTER_KEYS[key][0]: value})])
    search: dict[str, Any] = {"filters": {key: given}}
    (relaxation,) = relaxed(repository, **search)
    assert value_to_text(relaxation.value) == expected
    assert len(found(repository, changed(search, relaxation))) == 1


def test_a_radius_grows_to_the_nearest_room_outside(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """In whole metres, from a kilometre on in hundreds; the least distance shrinks."""
    repository.save(
        [
            make_room(1, longitude=0.0, latitude=0.001),
            make_room(2, longitude=0.0, latitude=0.026, price=7),
            make_room(3, longitude=0.0, latitude=-0.026),
        ]
    )
    assert changes_of(repository, near="0,0", radius=100) == [("radius", "112", 1)]
    assert changes_of(repository, near="0,0", radius=100, filters={"price__eq": 7}) == [
        ("radius", "2900", 1)
    ]
    assert changes_of(repository, near="0,0", radius=200, radius_min=150) == [
        ("radius_min", "111", 1),
        ("radius", "2900", 2),
    ]
    assert changes_of(repository, near="0,0", radius_min=5_000) == [("radius_min", "2800", 2)]
    assert not relaxed(repository, near="0,0")


@pytest.mark.parametrize(
    ("box", "place", "expected"),
    [
        ((10, 50, 11, 51), (11.1234567, 50.5), (10, 50, 11.12346, 51)),
        ((10, 50, 11, 51), (9.5, 51.5), (9.5, 50, 11, 51.5)),
        ((170, 0, 179, 1), (-179.5, 0), (170, 0, -179.5, 1)),
        ((170, 0, 179, 1), (-180, 0), (170, 0, -180, 1)),
        ((-180, 0, -170, 1), (179.999999, 0), (179.99999, 0, -170, 1)),
        ((10, 0, 9.999995, 1), (9.999998, 0), (-180, 0, 180, 1)),
        ((0, 0, 0, 0), (0, 90), (0, 0, 0, 90)),
    ],
)
def test_a_box_grows_to_the_nearest_room_outside(
    repository: RoomRepository,
    make_room: MakeRoom,
    box: tuple[float, ...],
    place: tuple[float, float],
    expected: tuple[float, ...],
) -> None:
    """The shorter way around the earth, rounded outward to 0.00001 degrees."""
    repository.save([make_room(1, longitude=place[0], latitude=place[1])])
    search: dict[str, Any] = {"bbox": box}
    (relaxation,) = relaxed(repository, **search)
    assert relaxation.value == Box(*map(float, expected))
    assert len(found(repository, changed(search, relaxation))) == 1


def test_the_nearest_room_outside_a_box_is_that_to_its_centre_or_to_a_place(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """A box may be combined with `near`, which decides then."""
    repository.save(
        [make_room(1, longitude=12.0, latitude=0.0), make_room(2, longitude=-3.0, latitude=0.0)]
    )
    (to_east,) = relaxed(repository, bbox="2,-1,10,1")
    assert to_east.value == Box(2, -1, 12, 1)
    (to_west,) = relaxed(repository, bbox="2,-1,10,1", near="0,0")
    assert to_west.value == Box(-3, -1, 10, 1)


def test_more_rooms_than_are_counted_are_said_to_be_more(
    repository: RoomRepository, make_room: MakeRoom
) -> None:
    """The count stops at 1,001."""
    repository.save(make_room(number, price=60) for number in range(1_100))
    (relaxation,) = relaxed(repository, filters={"price__lt": 50})
    assert relaxation == Relaxation("price__lt", 61, 0.22, 1_001, CountKind.AT_LEAST)


def test_every_field_can_be_relaxed() -> None:
    """A new kind of value that can be limited needs a line in the table above."""
    limited = {name for name, each in FIELDS.items() if "lte" in each.operators}
    assert limited == {"size", "price", "latitude", "longitude", "bedrooms", "available_from"}


def test_what_the_other_conditions_exclude_is_not_searched(
    memory: RoomRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If two pairs of limits exclude each other, no single change can help."""
    searches = []
    monkeypatch.setattr(
        type(memory), "search", lambda _, request: searches.append(request) or Page([])
    )
    filters = {"price__lt": 1, "price__gt": 2, "size__lt": 1, "size__gt": 2, "city__eq": "x"}
    assert not relaxed(memory, filters=filters)
    assert len(searches) == 1
