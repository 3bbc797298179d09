"""The request for a search: what is accepted, and how errors are reported."""

from datetime import date
from uuid import UUID

import pytest

from rentomatic.domain.room import FIELDS, TEXTS
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_conditions import Filter
from rentomatic.requests.room_fields import FILTER_KEYS, OPERATORS, Takes
from rentomatic.requests.room_list import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    RoomListRequest,
    build_room_list_request,
)
from tests.operands import OPERANDS

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")
# Other spellings of the direction of a sort.
DESCENDING = (
    ":desc",
    " desc",
    ".desc",
    "_desc",
    "-desc",
    ";DESC",
    " descending",
    "-",
    ":-1",
    "Desc",
)
ASCENDING = (":asc", " ASC", ".asc", "_asc", "(asc)", " ascending", ":1")


def messages(request: RoomListRequest | InvalidRequest) -> list[str]:
    """Return the errors of an invalid request."""
    assert not request
    return [str(error) for error in request.errors]


def test_without_parameters_it_asks_for_the_first_rooms() -> None:
    """No filter and the default limit; a valid request is true."""
    request = build_room_list_request()
    assert request
    assert request == RoomListRequest(filters=(), limit=DEFAULT_LIMIT)
    assert build_room_list_request({}) == request


@pytest.mark.parametrize("key", FILTER_KEYS)
def test_every_filter_of_the_table_is_accepted(key: str) -> None:
    """Each operator of each field accepts text and values."""
    field, operator = FILTER_KEYS[key]
    value: object = OPERANDS[type(FIELDS[field].kind)]
    text = str(value)
    takes = OPERATORS[operator].takes
    if takes is Takes.FLAG:
        text, value = "true", True
    expected = (value,) if takes is Takes.LIST else value
    for operand in (text, value):
        request = build_room_list_request({key: operand})
        assert request == RoomListRequest((Filter(field, operator, expected),))


def test_only_numbers_and_dates_have_an_order() -> None:
    """Codes and texts are equal, unequal or one of several, as far as they can be compared."""
    assert FIELDS["code"].operators == ("eq", "ne", "in")
    comparisons = OPERATORS.keys() - {"null"}
    for field in FIELDS.values():
        if field.kind.type in {int, float, date}:
            assert set(field.operators) - {"null"} == comparisons
        else:
            assert not set(field.operators) & {"lt", "lte", "gt", "gte"}
    texts = {name: FIELDS[name].operators for name in TEXTS}
    assert texts == {
        "title": ("eq", "ne", "in", "null"),
        "description": ("null",),
        "url": ("eq", "ne", "in", "null"),
        "image": ("null",),
        "city": ("eq", "ne", "in", "null"),
        "reference": ("eq", "in", "null"),
    }


def test_lists_may_be_given_as_values() -> None:
    """Python callers need no commas."""
    expected = RoomListRequest((Filter("size", "in", (1, 2)),))
    assert build_room_list_request({"size__in": [1, 2]}) == expected
    assert build_room_list_request({"size__in": "1,2"}) == expected


def test_filters_must_be_a_mapping() -> None:
    """The book's answer to a caller's mistake."""
    assert messages(build_room_list_request(5)) == ["filters: Is not iterable"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("prise__lq", "price__lt"),
        ("price", "price__eq"),
        ("price__less", "price__lte"),
        ("Size__gt", "size__gt"),
        ("lattitude__gte", "latitude__gte"),
        ("code__lt", "code__eq"),
        ("price_lt", "price__lt"),
        ("prise__lte", "price__lte"),
        ("price__min", "price__gte"),
        ("price__max", "price__lte"),
        ("min_price", "price__gte"),
        ("price_to", "price__lte"),
        ("size__from", "size__gte"),
        ("size__under", "size__lt"),
        ("size__above", "size__gt"),
        ("size__less_than", "size__lt"),
        ("size__greater_than_or_equal", "size__gte"),
        ("code__not_in", "code__ne"),
        ("code__nin", "code__ne"),
        ("code__not", "code__ne"),
        ("code__max", "code__eq"),
        ("price__not_less_than", "price__gte"),
        ("price__no_more_than", "price__lte"),
        ("price__ngt", "price__lte"),
        ("price__nequal", "price__ne"),
        ("price__exclude", "price__ne"),
        ("price__without", "price__ne"),
        ("price__unequal", "price__ne"),
        ("price__is_not", "price__ne"),
        ("code__none_of", "code__ne"),
        ("price!", "price__ne"),
        ("price<>", "price__ne"),
        ("price>", "price__gte"),
        ("prise_not", "price__ne"),
        ("price__least", "price__gte"),
        ("price__any_of", "price__in"),
    ],
)
def test_an_unknown_filter_gets_a_suggestion(key: str, suggestion: str) -> None:
    """The book's sentence, then what was probably meant; never the opposite."""
    expected = f"filters: Key {key} cannot be used; did you mean {suggestion}?"
    assert messages(build_room_list_request({key: "60"})) == [expected]


@pytest.mark.parametrize(
    ("sort", "suggestion"),
    [
        *((f"{name}{way}", f"-{name}") for name in ("price", "latitude") for way in DESCENDING),
        *((f"{name}{way}", name) for name in ("price", "distance") for way in ASCENDING),
        ("desc(price)", "-price"),
        ("desc:price", "-price"),
        ("asc price", "price"),
        ("price,desc", "-price"),
        ("price,asc", "price"),
        ("size,prise desc", "-price"),
        ("-prise", "-price"),
        ("-Price", "-price"),
        ("-price:desc", "-price"),
        ("+price", "price"),
        (" price", "price"),
    ],
)
def test_an_unknown_sort_gets_a_suggestion_in_its_direction(sort: str, suggestion: str) -> None:
    """In any spelling of the direction; never the opposite."""
    request = build_room_list_request(sort=sort, near="0,0")
    assert isinstance(request, InvalidRequest)
    assert [each.suggestion for each in request.errors] == [suggestion]


@pytest.mark.parametrize(
    ("key", "usable"),
    [
        ("colour__eq", f"fields are {', '.join(FIELDS)}"),
        ("price__avoid", "operators of price are eq, ne, lt, lte, gt, gte, in"),
        ("title__contains", "operators of title are eq, ne, in, null"),
        ("description__eq", "operators of description are null"),
        ("reference__ne", "operators of reference are eq, in, null"),
    ],
)
def test_what_resembles_nothing_gets_no_suggestion(key: str, usable: str) -> None:
    """A wild guess would mislead, so the message lists what there is."""
    expected = [f"filters: Key {key} cannot be used; {usable}"]
    assert messages(build_room_list_request({key: "60"})) == expected


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        *(("name__eq", "title__eq"), ("link__null", "url__null"), ("Town__eq", "city__eq")),
        *(("id__eq", "code__eq"), ("area__gte", "size__gte"), ("thumbnail__null", "image__null")),
        *(("name", "title__eq"), ("available__lte", "available_from__lte"), ("sqft__gte", None)),
    ],
)
def test_the_names_that_files_use_get_the_fields_name(key: str, suggestion: str | None) -> None:
    """Whoever knows a field from a file may use its name there, but not with another unit."""
    request = build_room_list_request({key: "60"})
    assert isinstance(request, InvalidRequest)
    assert [each.suggestion for each in request.errors] == [suggestion]


def test_a_value_that_cannot_be_read_is_reported_with_its_filter() -> None:
    """The message names the filter, what would be right, and what was given."""
    (message,) = messages(build_room_list_request({"price__lt": "abc"}))
    assert message == (
        "filters: price__lt must be an integer of at most 18 digits such as 60, not 'abc'"
    )


@pytest.mark.parametrize("value", [True, 60.5, None, float("nan"), [1]])
def test_a_value_of_another_type_is_refused(value: object) -> None:
    """A caller's value is read as strictly as text."""
    assert len(messages(build_room_list_request({"price__lt": value}))) == 1


def test_all_errors_are_reported_at_once() -> None:
    """One line for each error, in the order given."""
    filters = {"prise__lt": "60", "size__gt": "big", "latitude__lt": "91", "price__eq": "60"}
    errors = messages(build_room_list_request(filters, limit="0"))
    assert [line.split()[0] for line in errors] == ["filters:"] * 3 + ["limit:"]


@pytest.mark.parametrize("limit", [1, "1", MAX_LIMIT, str(MAX_LIMIT), 20])
def test_limits_are_read(limit: object) -> None:
    """From one room to the largest page."""
    request = build_room_list_request(limit=limit)
    assert request
    assert request.limit == int(str(limit))


def test_no_limit_is_a_limit_too() -> None:
    """`none` asks for everything."""
    request = build_room_list_request(limit="none")
    assert request
    assert request.limit is None


@pytest.mark.parametrize(
    "limit",
    ["-1", "0", "1001", "1e3", "१२", "1_000", "+5", str(2**63), "9" * 5000, "", "None", "10 ", 1.5],
)
def test_other_limits_are_refused(limit: object) -> None:
    """The message names the range and the word `none`."""
    (message,) = messages(build_room_list_request(limit=limit))
    assert message.startswith("limit: must be an integer from 1 to 1000, or none, not ")
    assert len(message) < 150
