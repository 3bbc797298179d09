"""Parsers are stricter than Python's own."""

import math
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.requests.parsers import (
    MAX_LIST,
    as_text,
    parse_degrees,
    parse_integer,
    parse_list,
    parse_uuid,
)

parse_longitude = partial(parse_degrees, most=180)
parse_latitude = partial(parse_degrees, most=90)

CODE = UUID("f853578c-fc0f-4e65-81b8-566c5dffa35a")


@pytest.mark.parametrize("text", ["0", "-0", "60", "-1", "007", "999999999999999999"])
def test_integers_are_read(text: str) -> None:
    """Up to 18 ASCII digits with an optional minus are an integer."""
    assert parse_integer(text) == int(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "+5", "1.0", "1e3", "1_000", " 1", "1 ", "1\n", "0x10", "abc", "NaN"),
        *(
            "१२",
            "\N{FULLWIDTH DIGIT ONE}",
            "²",
            "1" * 19,
            "-" + "1" * 19,
            "9" * 5000,
            "1,000",
            "--1",
            "\0",
        ),
    ],
)
def test_other_text_is_not_an_integer(text: str) -> None:
    """The message says what would be right, and is short even for long text."""
    with pytest.raises(ValueError, match="must be an integer of at most 18 digits such as 60") as e:
        parse_integer(text)
    assert len(str(e.value)) < 250


@pytest.mark.parametrize(
    "text",
    [
        "f853578c-fc0f-4e65-81b8-566c5dffa35a",
        "F853578C-FC0F-4E65-81B8-566C5DFFA35A",
        "f853578cfc0f4e6581b8566c5dffa35a",
        "urn:uuid:f853578c-fc0f-4e65-81b8-566c5dffa35a",
        "{f853578c-fc0f-4e65-81b8-566c5dffa35a}",
    ],
)
def test_uuids_are_read_in_each_standard_spelling(text: str) -> None:
    """Hyphens, bare digits, URN and braces name the same room."""
    assert parse_uuid(text) == CODE


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "f853578c", "f853578c-fc0f-4e65-81b8-566c5dffa35", "uuid:" + CODE.hex),
        *("f-853578cfc0f4e6581b8566c5dffa35a", "{" + CODE.hex, f" {CODE}", f"{CODE}\n"),
        "g853578c-fc0f-4e65-81b8-566c5dffa35a",
    ],
)
def test_other_text_is_not_a_uuid(text: str) -> None:
    """Other spellings are refused, even if Python's UUID accepts them."""
    with pytest.raises(ValueError, match="must be a UUID such as"):
        parse_uuid(text)


@pytest.mark.parametrize("text", ["0", "-0.5", "52.229676", "90", "-90.000", "00.1"])
def test_coordinates_are_read(text: str) -> None:
    """Plain decimals within the range are degrees."""
    assert parse_latitude(text) == float(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1e1",
            "1E-5",
            ".5",
            "5.",
            "+5",
            "1_0",
            " 5",
            "5\n",
        ),
        *("५", "0x1p3", "5,5", "1" * 19, "0." + "1" * 401),
    ],
)
def test_other_text_is_not_a_decimal_number(text: str) -> None:
    """Python's other spellings of floats are refused."""
    with pytest.raises(ValueError, match=r"must be a decimal number such as 52\.23"):
        parse_longitude(text)


def test_a_coordinate_out_of_range_is_refused() -> None:
    """The message names the range."""
    with pytest.raises(ValueError, match=r"^must be from -180 to 180, not '180.5'$"):
        parse_longitude("180.5")


def test_a_longitude_in_a_latitudes_place_gets_a_hint() -> None:
    """Swapped coordinates are the usual mistake, unless the value is not a longitude either."""
    with pytest.raises(ValueError, match="were longitude and latitude swapped"):
        parse_latitude("139.69")
    with pytest.raises(ValueError, match=r"not '400'$"):
        parse_latitude("400")


def test_lists_are_read() -> None:
    """Commas separate the values."""
    assert parse_list("1,2,2", parse_integer) == (1, 2, 2)


@pytest.mark.parametrize("text", ["", "1,", ",1", "1,,2", "1, 2", "1;2"])
def test_a_list_with_a_bad_value_is_refused(text: str) -> None:
    """Each value is parsed as strictly as a single one."""
    with pytest.raises(ValueError, match="must be an integer"):
        parse_list(text, parse_integer)


def test_a_list_has_a_bound() -> None:
    """The longest list is read; one more value is refused."""
    assert len(parse_list(",".join("1" * MAX_LIST), parse_integer)) == MAX_LIST
    with pytest.raises(ValueError, match="at most 100 values, not of 101"):
        parse_list(",".join("1" * (MAX_LIST + 1)), parse_integer)


@given(st.floats(-180, 180))
def test_every_coordinate_survives_being_written(value: float) -> None:
    """A float that is written for a filter is read as the same float."""
    assert parse_longitude(as_text(value)) == value


@given(st.text())
def test_parsers_raise_only_value_errors(text: str) -> None:
    """For any text a parser returns a finite value or raises ValueError."""
    for parse in (parse_integer, parse_uuid, parse_longitude, parse_latitude):
        value: object = None
        with suppress(ValueError):
            value = parse(text)
        assert value is None or isinstance(value, UUID) or math.isfinite(float(str(value)))
