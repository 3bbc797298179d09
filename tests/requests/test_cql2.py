"""CQL2 text: what it means, and where it is wrong."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date

import cql2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.domain.room import Room
from rentomatic.repository.selection import meets
from rentomatic.requests.cql2 import MAX_DEPTH, MAX_VALUES, parse_cql2
from rentomatic.requests.room_conditions import AllOf, AnyOf, Filter, combine

EXAMPLES = {
    "price = 5": Filter("price", "eq", 5),
    "price <> 5": Filter("price", "ne", 5),
    "5 < price": Filter("price", "gt", 5),
    '"price" <= 5': Filter("price", "lte", 5),
    "price >= 1.5e3": Filter("price", "gte", 1500),
    "price < 2.5": Filter("price", "lte", 2),
    "price > -2.5": Filter("price", "gt", -3),
    "price = 2.5": AllOf((Filter("price", "gt", 2), Filter("price", "lt", 3))),
    "price <> 2.5": AnyOf((Filter("price", "lte", 2), Filter("price", "gte", 3))),
    "price < 1e400": Filter("price", "lt", 10**18 - 1),
    "longitude>-1e-1": Filter("longitude", "gt", -0.1),
    "longitude < 1e9": Filter("longitude", "lt", 1000.0),
    "city = 'PARÍS'": Filter("city", "eq", "paris"),
    "title = 'It''s ''here'''": Filter("title", "eq", "It's 'here'"),
    "title = ''": Filter("title", "eq", ""),
    "title < 'M'": Filter("title", "lt", "M"),
    "title ILIKE 'Ä_%'": Filter("title", "ilike", "a_%"),
    "title NOT ILIKE 'Ä'": Filter("title", "unilike", "a"),
    "title LIKE 'A_%'": Filter("title", "like", "A_%"),
    "city NOT LIKE '\\%Ä\uff05%'": Filter("city", "unlike", r"\%a\%%"),
    "available_from = DATE('2027-01-31')": Filter("available_from", "eq", date(2027, 1, 31)),
    "available_from > '2027-01-31'": Filter("available_from", "gt", date(2027, 1, 31)),
    "available_from >= '2027-01-31T'": Filter("available_from", "gte", date(2027, 1, 31)),
    "available_from < TIMESTAMP('2027-01-31T00:00:00Z')": Filter(
        "available_from", "lt", date(2027, 1, 31)
    ),
    "bedrooms IS NULL": Filter("bedrooms", "null", value=True),
    "bedrooms is not null": Filter("bedrooms", "null", value=False),
    "NOT (description IS NULL)": Filter("description", "null", value=False),
    "price IS NULL": AnyOf(),
    "price IS NOT NULL": AllOf(),
    "TRUE": AllOf(),
    "NOT true": AnyOf(),
    "bedrooms BETWEEN 1 AND 2": AllOf((Filter("bedrooms", "gte", 1), Filter("bedrooms", "lte", 2))),
    "bedrooms NOT BETWEEN 1 AND 2": AnyOf(
        (Filter("bedrooms", "lt", 1), Filter("bedrooms", "gt", 2))
    ),
    "bedrooms IN (1, 2, 1)": Filter("bedrooms", "in", (1, 2)),
    "bedrooms NOT IN (1, 2)": AllOf((Filter("bedrooms", "ne", 1), Filter("bedrooms", "ne", 2))),
    "price = 1 OR price = 2 AND size = 3": AnyOf(
        (
            Filter("price", "eq", 1),
            AllOf((Filter("price", "eq", 2), Filter("size", "eq", 3))),
        )
    ),
    "NOT (price < 1 OR NOT (size > 2))": AllOf(
        (Filter("price", "gte", 1), Filter("size", "gt", 2))
    ),
    "((price = 1) OR (price = 2)) OR (price = 3)": AnyOf(
        tuple(Filter("price", "eq", number) for number in (1, 2, 3))
    ),
    "S_INTERSECTS(geometry,BBOX(-1e0,50,1.5,52))": AllOf(
        (
            Filter("latitude", "gte", 50.0),
            Filter("latitude", "lte", 52.0),
            Filter("longitude", "gte", -1.0),
            Filter("longitude", "lte", 1.5),
        )
    ),
    's_intersects("geometry", bbox(170,-1,0,-170,1,9))': AllOf(
        (
            Filter("latitude", "gte", -1.0),
            Filter("latitude", "lte", 1.0),
            AnyOf((Filter("longitude", "gte", 170.0), Filter("longitude", "lte", -170.0))),
        )
    ),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_text_becomes_a_condition(text: str) -> None:
    """NOT is moved to the comparisons."""
    assert parse_cql2(text) == EXAMPLES[text]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "at character 1: a field or ( is expected, not the end"),
        ("price <", "at character 8: a number, text in single quotes, or a date"),
        ("price < 60 OR", "at character 14: a field or ( is expected, not the end"),
        ("price < 60 size > 1", "at character 12: AND, OR or the end is expected, not 'size'"),
        ("(price < 60", "at character 12: ) is expected, not the end"),
        ("price ! 60", "at character 7: '!' has no meaning here"),
        ("price = 12a", "at character 9: a number must be such as 60, -0.5 or 1e3, not '12a'"),
        ("price = 1e9999", "at character 9: a number must be such as 60"),
        ("title = 'x", "at character 9: the text has no closing '"),
        ("title = 'a''b", "at character 9: the text has no closing '"),
        ("prise = 1", "at character 1: 'prise' is not a field; did you mean price?"),
        ("rent(price) = 1", "at character 1: 'rent' is not a function; S_INTERSECTS is one"),
        ("price = '5'", "at character 9: price must be compared with a number such as 60, not '5'"),
        ("price = TRUE", "at character 9: price must be compared with a number such as 60"),
        ("price = size", "at character 9: a number, text in single quotes, or a date"),
        ("price BETWEEN 1 OR 2", "at character 17: AND is expected, not 'OR'"),
        ("price NOT 5", "at character 11: BETWEEN, IN or LIKE is expected, not '5'"),
        ("price IS 5", "at character 10: NULL is expected, not '5'"),
        ("price IN (1 2)", "at character 13: ) is expected, not '2'"),
        ("price LIKE '1%'", "at character 12: price is not text"),
        ("title LIKE 5", "at character 12: title must be compared with text in single quotes"),
        ("title LIKE 'a\\'", "at character 12: a pattern must not end in a single \\"),
        ("title = 'a\0'", "at character 9: title must be compared with text in UTF-8 without NUL"),
        ("title = 'a\ud800'", "at character 9: title must be compared with text in UTF-8"),
        ("title = DATE('2027-01-31')", "at character 9: title must be compared with text"),
        ("description = 'x'", "at character 15: description can only be compared by IS NULL"),
        ("code = 'x'", "at character 8: code must be a UUID such as"),
        ("code < 'x'", "at character 8: code has no order; use =, <> or IN"),
        ("available_from = 5", "at character 18: available_from must be compared with a date"),
        ("available_from = '2027-02-30'", "at character 18: available_from is not a day"),
        ("available_from > '2027-01-31T12:00:00Z'", "available_from must be a date such as"),
        ("NOT NOT price = 1", "at character 5: a field or ( is expected, not 'NOT'"),
        ("geometry = 1", "at character 1: geometry can only be compared by S_INTERSECTS"),
        ("S_INTERSECTS(geometry,POINT(1))", "at character 30: a number of degrees is expected"),
        ("S_INTERSECTS(geometry,BBOX(1,2,3))", "at character 23: BBOX must be west,south,east"),
        ("S_INTERSECTS(geometry,BBOX(1,2,3,91))", "at character 23: BBOX must have latitudes"),
        ("S_INTERSECTS(geometry,BBOX(1,2,181,3))", "at character 23: BBOX must have longitudes"),
        ("S_INTERSECTS(geometry,LINESTRING(1 2,3 4))", "at character 23: BBOX or POINT"),
        ("S_INTERSECTS(price,POINT(1 2))", "at character 14: geometry is expected, not 'price'"),
        (
            f"{'(' * 1000}price = 1{')' * 1000}",
            f"character {MAX_DEPTH + 1}: parentheses are nested",
        ),
        (" OR ".join(["price = 1"] * 201), f"there are more than {MAX_VALUES} values"),
        (
            f"price IN ({','.join(['1'] * 101)})",
            "character 10: a list must have at most 100 values",
        ),
    ],
)
def test_errors_say_where_and_what_would_be_right(text: str, problem: str) -> None:
    """Nothing is guessed or ignored."""
    with pytest.raises(ValueError, match=r"^is wrong at character ") as caught:
        parse_cql2(text)
    assert problem in str(caught.value)


def test_deep_and_long_filters_are_accepted_up_to_the_limits() -> None:
    """GDAL writes a pair of parentheses for each OR."""
    assert parse_cql2(f"{'(' * MAX_DEPTH}price = 1{')' * MAX_DEPTH}") == Filter("price", "eq", 1)
    many = parse_cql2(" OR ".join(["price = 1"] * MAX_VALUES))
    assert isinstance(many, AnyOf)
    assert len(many.parts) == MAX_VALUES


@pytest.mark.parametrize(
    ("text", "filters", "has_rest"),
    [
        ("price < 60 AND size > 5", {"price_lt": 60, "size_gt": 5}, False),
        ("price < 60 AND price < 50", {"price_lt": 60, "price_lte": 50}, True),
        ("price = 1 OR price BETWEEN 5 AND 7", {"price_gte": 1, "price_lte": 7}, True),
        ("price IN (3, 9) OR price = 5", {"price_gte": 3, "price_lte": 9}, True),
        ("price < 5 OR price > 7", {}, True),
        ("price > 5 OR price > 7", {"price_gte": 5}, True),
        ("price > 5 OR size > 7", {}, True),
        (
            "(price > 5 AND size = 2) OR (price > 7 AND size = 4)",
            {"price_gte": 5, "size_gte": 2, "size_lte": 4},
            True,
        ),
        ("price <> 5 OR price = 7", {}, True),
        ("title = 'a' OR title = 'b'", {}, True),
        ("TRUE", {}, False),
        ("FALSE", {}, True),
    ],
)
def test_what_indexes_can_use_becomes_filters(
    text: str, filters: dict[str, object], *, has_rest: bool
) -> None:
    """Comparisons that are joined by AND, and the ranges that contain the alternatives."""
    found, rest = combine((), parse_cql2(text))
    assert {each.parameter: each.value for each in found} == filters
    assert (rest is not None) == has_rest


NUMBERS = st.integers(-3, 3).map(str) | st.sampled_from(["1.5", "-0.5", "2e0"])
TEXTS = st.sampled_from(["''", "'a'", "'b''s'", "'B'"])
PATTERNS = st.sampled_from(["'a%'", "'_'", "'%''_'"])
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """Make a comparison with a field that each room, or not each room, has."""
    name = draw(st.sampled_from(["price", "bedrooms", "title"]))
    values = TEXTS if name == "title" else NUMBERS
    a, b, sign = draw(values), draw(values), draw(SIGNS)
    no = draw(st.sampled_from(["", "NOT "]))
    forms = [
        f"{name} {sign} {a}",
        f"{name} {no}BETWEEN {a} AND {b}",
        f"{name} {no}IN ({a}, {b})",
        f"{name} IS {no}NULL",
        *([f"{name} {no}LIKE {draw(PATTERNS)}"] if name == "title" else []),
    ]
    return draw(st.sampled_from(forms))


FILTERS = st.recursive(
    comparisons() | st.sampled_from(["TRUE", "FALSE"]),
    lambda inner: st.one_of(
        st.builds("({}) AND ({})".format, inner, inner),
        st.builds("({}) OR ({})".format, inner, inner),
        inner.map("NOT ({})".format),
    ),
    max_leaves=8,
)


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    """An empty database, whose LIKE is case-sensitive."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("pragma case_sensitive_like = on")
        yield connection


@given(
    text=FILTERS,
    price=st.integers(0, 3),
    bedrooms=st.integers(0, 3) | st.none(),
    title=st.sampled_from([None, "a", "ab", "B", "b's"]),
)
def test_a_filter_means_what_it_means_to_others(
    make_room: Callable[..., Room],
    sqlite: sqlite3.Connection,
    text: str,
    price: int,
    bedrooms: int | None,
    title: str | None,
) -> None:
    """Another parser reads the same text, and SQLite has the three-valued logic of SQL."""
    room = make_room(price=price, bedrooms=bedrooms, title=title)
    read = cql2.parse_text(text).to_text()
    found = sqlite.execute(
        f"select 1 from (select ? as price, ? as bedrooms, ? as title) where {read}",
        (price, bedrooms, title),
    ).fetchone()
    assert meets(room, parse_cql2(text)) == (found is not None)
