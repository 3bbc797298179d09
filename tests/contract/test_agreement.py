"""All repositories return the same rooms, order, pages, counts, summaries and maps."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from unicodedata import normalize
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.kinds import Address, Date, Degrees, Identity, Integer, Text
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, TEXTS, PartialRoom, Room
from rentomatic.domain.words import words_of
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.cql2_comparisons import Literal, is_like
from rentomatic.requests.room_conditions import Condition, Filter, all_of, any_of, negated
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import DISTANCE, FILTER_KEYS, OPERATORS, Takes
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_map import build_room_map_request
from rentomatic.requests.room_order import SORT_NAMES
from rentomatic.requests.room_summary import build_room_summary_request

_CODES = [UUID(int=number) for number in range(1, 13)]
CODES = st.sampled_from(_CODES)


def _integers(kind: Integer) -> st.SearchStrategy[int]:
    return st.integers(kind.least, kind.least + 5) | st.sampled_from([kind.least, kind.most])


def _degrees(kind: Degrees) -> st.SearchStrategy[float]:
    edges = st.sampled_from([float(kind.most), float(-kind.most), kind.most - 0.1, 0.1 - kind.most])
    return st.integers(-2, 2).map(float) | edges | st.floats(-kind.most, kind.most)


# Words whose case, accents and code points sort in different ways; CSV needs quotes for some.
WORDS = (
    *("Zürich", "zurich", "ZURICH", "Äb", "ab", "abc", "a", "Größe", "GROSSE", "Łódź"),
    *(
        "Αθήνα",
        "αθηνα",
        "Москва",
        "москва",
        "東京",
        "ガーデン",
        "ｶﾞｰﾃﾞﾝ",
        "القاهرة",
        "مُدَرِّس في القاهرة",
        "新宿3丁目 tower",
        "東京都港区、京都",
        "한국어",
        "\U0001d4b5",
        "\uffee",
    ),
    *('a,b "c"', "=1+1", "-5 %", "\\ {x}", "NULL", "' or 1=1 --"),
)


# What of these a search for words may have.
SEARCHED_WORDS = [each for word in WORDS for each in re.findall(r"\w+", word) if words_of(each)]


def _texts(kind: Text) -> st.SearchStrategy[str]:
    any_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=4)
    words = st.sampled_from([*WORDS, "x" * kind.most, "ﷺ" * kind.most])
    return words | any_text.filter(lambda text: not kind.problem(text) and kind.normal(text))


ADDRESSES = ["https://example.com", "https://ex.example:8443/a,b?q=%20#x", "https://192.0.2.1/é"]


# Few different values, so that rooms collide with each other and with what is searched for;
# beside them the edges of what is allowed. A new kind of value needs a line here.
STRATEGIES: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    Identity: lambda _kind: CODES,
    Integer: _integers,
    Degrees: _degrees,
    Text: _texts,
    Address: lambda _kind: st.sampled_from(ADDRESSES),
    Date: lambda _kind: st.dates() | st.sampled_from([date.min, date.max, date(2026, 9, 1)]),
}
PRESENT = {name: STRATEGIES[type(each.kind)](each.kind) for name, each in FIELDS.items()}
VALUES = {
    name: PRESENT[name] | st.none() if each.is_optional else PRESENT[name]
    for name, each in FIELDS.items()
}
OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    name: PRESENT[name] | st.integers(-(10**18) + 1, 10**18 - 1)
    if isinstance(each.kind, Integer)
    else PRESENT[name]
    for name, each in FIELDS.items()
}


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """Make a room, or one of which a file does not mention all optional fields."""
    room = draw(st.builds(Room, **VALUES))
    keeps = [name for name in OPTIONAL_FIELDS if draw(st.booleans())]
    if not keeps:
        return room
    return PartialRoom.of(replace(room, **dict.fromkeys(keeps)), frozenset(keeps))


ROOMS = st.lists(rooms(), max_size=12)
RADII = st.sampled_from([0.0, 1.0, 111_195.0, 250_000.0, 5e6, 15e6, 2.1e7]) | st.floats(0, 2.1e7)


@st.composite
def filters(draw: st.DrawFn) -> dict[str, object]:
    """Make up to three filters of the table."""
    keys = draw(st.lists(st.sampled_from(sorted(FILTER_KEYS)), max_size=3, unique=True))
    chosen: dict[str, object] = {}
    for key in keys:
        field, operator = FILTER_KEYS[key]
        operand = OPERANDS[field]
        operands = {
            Takes.VALUE: operand,
            Takes.LIST: st.lists(operand, min_size=1, max_size=4),
            Takes.FLAG: st.booleans(),
        }
        chosen[key] = draw(operands[OPERATORS[operator].takes])
    return chosen


def _filters_of_conditions() -> st.SearchStrategy[Filter]:
    """Make a filter of the table, or a comparison that only a condition has."""
    filters = [
        st.builds(Filter, st.just(name), st.just(operator), _operand_of(name, operator))
        for name, field in FIELDS.items()
        for operator in field.operators
    ]
    texts = [name for name in TEXTS if FIELDS[name].kind.operators]
    ordered = [
        st.builds(
            Filter, st.just(name), st.sampled_from(["lt", "lte", "gt", "gte"]), OPERANDS[name]
        )
        for name in texts
    ]
    like = [
        st.builds(is_like, st.just(FIELDS[name]), PATTERNS, is_folded=st.booleans())
        for name in texts
    ]
    return st.one_of(*filters, *ordered, *like)


def _operand_of(name: str, operator: str) -> st.SearchStrategy[Any]:
    operand = OPERANDS[name].map(FIELDS[name].kind.compared)
    operands = {
        Takes.VALUE: operand,
        Takes.LIST: st.lists(operand, min_size=1, max_size=4).map(tuple),
        Takes.FLAG: st.booleans(),
    }
    return operands[OPERATORS[operator].takes]


@st.composite
def patterns(draw: st.DrawFn) -> Literal:
    """Make a pattern of LIKE that some texts match."""
    word = draw(st.sampled_from([*WORDS, *ADDRESSES]))
    start, end = draw(st.integers(0, len(word) - 1)), draw(st.integers(1, len(word)))
    part = re.sub(r"([%_\\])", r"\\\1", word[start:end])
    shapes = ["{}", "%{}", "{}%", "%{}%", "_{}", "{}_%", "%", "_%", r"\%{}"]
    return Literal(draw(st.sampled_from(shapes)).format(part), 1)


PATTERNS = patterns()


def conditions() -> st.SearchStrategy[Condition]:
    """Make a boolean expression, with NOT moved to its filters."""
    return st.recursive(
        _filters_of_conditions(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(all_of),
            st.lists(inner, max_size=3).map(any_of),
            inner.map(negated),
        ),
        max_leaves=6,
    )


@st.composite
def selections(draw: st.DrawFn) -> dict[str, Any]:
    """Make filters, a box, a place near which to search, words and a condition, each or none."""
    chosen: dict[str, Any] = {"filters": draw(filters())}
    if draw(st.booleans()):
        south, north = sorted((draw(VALUES["latitude"]), draw(VALUES["latitude"])))
        chosen["bbox"] = [draw(VALUES["longitude"]), south, draw(VALUES["longitude"]), north]
    if draw(st.booleans()):
        chosen["near"] = [draw(VALUES["longitude"]), draw(VALUES["latitude"])]
        least, most = sorted((draw(RADII), draw(RADII)))
        chosen |= draw(st.sampled_from([{}, {"radius": most}, {"radius_min": least}]))
        chosen |= draw(st.sampled_from([{}, {"radius": most, "radius_min": least}]))
    if draw(st.booleans()):
        words = draw(st.lists(_searched(), min_size=1, max_size=3))
        chosen["q"] = " ".join(words)
    if draw(st.booleans()):
        chosen["filter"] = draw(conditions())
    return chosen


@st.composite
def _searched(draw: st.DrawFn) -> str:
    """Make a part of a word that texts have, mostly of its beginning."""
    word = draw(st.sampled_from(SEARCHED_WORDS))
    start, end = draw(st.integers(0, len(word) - 1)), draw(st.integers(1, len(word)))
    part = word[start:end] if words_of(word[start:end]) else word
    return draw(
        st.sampled_from(
            [
                part,
                word[:end] if words_of(word[:end]) else word,
                part.upper(),
                normalize("NFD", word),
            ]
        )
    )


@st.composite
def searches(draw: st.DrawFn) -> dict[str, Any]:
    """Make a search with everything that the interface supports."""
    chosen = draw(selections())
    known = [name for name in SORT_NAMES if name != DISTANCE or "near" in chosen]
    names = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
    if names:
        chosen["sort"] = [draw(st.sampled_from(["", "-"])) + name for name in names]
    return chosen


def empty(repository: RoomRepository) -> None:
    """Remove the rooms of the previous example."""
    for code in list(repository.existing(_CODES)):
        repository.remove(code)


def outcome_of(repository: RoomRepository, search: dict[str, Any], limit: object) -> list[object]:
    """Search; return the codes, the position of the next page, and the total."""
    request = build_room_list_request(**search, limit=limit, count="exact")
    assert request, request
    page = repository.search(request)
    codes = [room.code.int for room in page.rooms]
    return [codes, page.next and _comparable(page.next), page.total]


def _comparable(position: tuple[Any, ...]) -> tuple[Any, ...]:
    # Each repository numbers rooms in its own way.
    return () if len(position) == 1 and isinstance(position[0], int) else position


@given(
    saved=st.lists(ROOMS, max_size=3),
    removed=st.lists(VALUES["code"], max_size=3),
    wanted=st.lists(st.tuples(searches(), st.integers(1, 13) | st.just("none")), min_size=1),
    summed=selections(),
    mapped=selections(),
    zoom=st.integers(0, 4) | st.none(),
)
def test_repositories_agree(
    repositories: dict[str, RoomRepository],
    saved: list[list[Room]],
    removed: list[UUID],
    wanted: list[tuple[dict[str, Any], object]],
    summed: dict[str, Any],
    mapped: dict[str, Any],
    zoom: int | None,
) -> None:
    """After the same writes, the same searches return the same rooms in the same order."""
    outcomes = {}
    for name, repository in repositories.items():
        empty(repository)
        outcome: list[object] = [repository.save(some, dry_run=True) for some in saved[:1]]
        outcome += [repository.save(some) for some in saved]
        outcome += [repository.remove(code) for code in removed]
        outcome += [repository.get(code) for code in _CODES]
        outcome += [outcome_of(repository, *each) for each in wanted]
        summary = build_room_summary_request(**summed)
        assert summary, summary
        summarized = repository.summarize(summary)
        outcome += [summarized.summary, summarized.is_exact]
        asked = build_room_map_request(**mapped, zoom=zoom)
        assert asked, asked
        outcome.append(repository.map_rooms(asked).cells)
        outcome.append(repository.count_some(asked, 3))
        outcomes[name] = outcome
    expected = outcomes.pop("memory")
    assert outcomes == dict.fromkeys(outcomes, expected)


EDGES = st.sampled_from([-180.0, 180.0, 179.9, -179.9, 0.0])


@given(longitudes=st.lists(EDGES, min_size=1, max_size=12), west=EDGES, east=EDGES)
def test_a_box_does_not_depend_on_how_the_antimeridian_is_written(
    repositories: dict[str, RoomRepository],
    make_room: Callable[..., Room],
    longitudes: list[float],
    west: float,
    east: float,
) -> None:
    """A room at 180 and one at -180 are found together, in every repository."""
    rooms = [make_room(n, longitude=x) for n, x in enumerate(longitudes, 1)]
    moved = [
        make_room(n, longitude=-x if abs(x) == 180 else x) for n, x in enumerate(longitudes, 1)
    ]
    search = {"bbox": [west, -90, east, 90], "sort": ["code"]}
    for name, repository in repositories.items():
        found = []
        for saved in (rooms, moved):
            empty(repository)
            repository.save(saved)
            found.append(outcome_of(repository, search, "none"))
        assert found[0] == found[1], name


@given(saved=ROOMS, search=searches(), size=st.integers(1, 5))
def test_pages_add_up_to_the_unpaged_result(
    repositories: dict[str, RoomRepository],
    saved: list[Room],
    search: dict[str, Any],
    size: int,
) -> None:
    """Following pages of any size finds each room once, in the same order."""
    for name, repository in repositories.items():
        empty(repository)
        repository.save(saved)
        whole = build_room_list_request(**search, limit="none")
        assert whole, whole
        walked = walk(repository, search, size)
        assert walked == list(repository.search(whole).rooms), name


def walk(repository: RoomRepository, search: dict[str, Any], size: int) -> list[Room]:
    """Follow the pages of a search to the last one, with cursors as clients get them."""
    rooms: list[Room] = []
    after = None
    while True:
        request = build_room_list_request(**search, limit=size, after=after)
        assert isinstance(request, RoomListRequest), request
        page = repository.search(request)
        rooms += page.rooms
        if page.next is None:
            return rooms
        after = write_cursor(request, request.order, page.next)


def test_all_fields_have_values() -> None:
    """No field of the table is left out of these tests."""
    assert set(VALUES) == set(FIELDS)
