"""Which column or key is which field: nothing is guessed, and what is not used is named."""

import json

import pytest

from rentomatic.domain.room import Room
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import (
    MAX_IGNORED,
    BadLine,
    RoomImportRequest,
)
from tests.formats.imports import CODE, HEADER, LINE, ROOM, build, found, read

VALUES = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
JSON_FORMATS = ["ndjson", "geojson"]


def table(values: dict[str, str]) -> str:
    """Write a table of one line."""
    return f"{','.join(values)}\n{','.join(values.values())}\n"


def text_of(name: str, values: dict[str, str]) -> str:
    """Write values in a format; GeoJSON says the place by a Point too."""
    if name == "csv":
        return table(values)
    if name == "ndjson":
        return json.dumps(values)
    point = {"type": "Point", "coordinates": [ROOM.longitude, ROOM.latitude]}
    feature = {"type": "Feature", "geometry": point, "properties": values}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def build_any(
    name: str, values: dict[str, str], **options: object
) -> RoomImportRequest | InvalidRequest:
    """Build a request from values in a format."""
    text = [text_of(name, values)] if name != "csv" else table(values).splitlines(keepends=True)
    return build(text, name, **options)


def outcome(name: str, values: dict[str, str], **options: object) -> Room | str:
    """Give the room of the values, or all that is wrong."""
    request = build_any(name, values, **options)
    if not request:
        return "; ".join(map(str, request.errors))
    (line,) = found(request)
    return line.reason if isinstance(line, BadLine) else line


def without(*names: str) -> dict[str, str]:
    """Give the values of a room but for some."""
    return {name: value for name, value in VALUES.items() if name not in names}


@pytest.mark.parametrize("name", ["csv", *JSON_FORMATS])
@pytest.mark.parametrize("order", [1, -1])
def test_two_places_of_one_field_are_refused(name: str, order: int) -> None:
    """Whichever comes first; one is chosen or ignored."""
    noun = "column" if name == "csv" else "key"
    values = dict([*VALUES.items(), ("area", "99")][::order])
    advice = "give --column size=NAME, or --ignore NAME"
    message = f"size: could be any of the {noun}s size and area; {advice}"
    assert outcome(name, values) == message
    assert outcome(name, values, advises=False) == message.replace(advice, "keep one")
    assert outcome(name, values, columns={"size": "size"}) == ROOM
    assert outcome(name, values, ignored=["AREA"]) == ROOM
    room = outcome(name, values, ignored=["size"])
    assert isinstance(room, Room)
    assert room.size == 99


def test_two_places_of_a_coordinate_are_refused() -> None:
    """In GeoJSON the Point says where a room is, whatever the properties say."""
    values = {**VALUES, "lon": "5", "lng": "6"}
    message = "longitude: could be any of the columns longitude and lon and lng"
    assert str(outcome("csv", values)).startswith(message)
    assert str(outcome("ndjson", values)).startswith(message.replace("columns", "keys"))
    assert outcome("geojson", values) == ROOM


@pytest.mark.parametrize("name", ["csv", *JSON_FORMATS])
def test_a_code_overrides_an_id(name: str) -> None:
    """A table often has an id of its own; it is named as ignored."""
    request = build_any(name, {"id": str(CODE), **VALUES})
    assert request
    assert found(request) == [ROOM]
    assert "id" in request.ignored.names


def test_names_may_differ_only_in_case() -> None:
    """By an option in the case of the file; equal ones cannot."""
    values = {**VALUES, "Size": "99"}
    assert outcome("csv", values) == "size: is the name of 2 columns"
    assert outcome("csv", values, columns={"size": "size"}) == ROOM
    assert outcome("csv", values, ignored=["Size"]) == ROOM
    assert outcome("csv", values, columns={"size": "SIZE"}) == "size: is the name of 2 columns"
    request = build(f"{HEADER},size\n{LINE},1\n", columns={"size": "size"})
    assert not request
    assert [*map(str, request.errors)] == ["size: is the name of 2 columns"]


@pytest.mark.parametrize("name", ["csv", *JSON_FORMATS])
def test_a_chosen_column_belongs_to_one_field(name: str) -> None:
    """Else one column would be two fields."""
    values = {**without("price", "size"), "area": "39"}
    message = str(outcome(name, values, columns={"price": "area"}))
    assert message.startswith("size: there is no ")
    room = outcome(name, {**values, "size": "215"}, columns={"price": "area"})
    assert room == ROOM


def test_ignored_columns_must_exist() -> None:
    """In a table, of which all lines have the same columns; objects have the keys they have."""
    message = f"ignore: there is no column 'm2'; columns are {HEADER.replace(',', ', ')}"
    assert outcome("csv", VALUES, ignored=["m2"]) == message
    assert outcome("ndjson", VALUES, ignored=["m2"]) == ROOM
    message = outcome("csv", VALUES, ignored=["size"], columns={"size": "size"})
    assert str(message).startswith("column: there is no column 'size'")


@pytest.mark.parametrize("given", ["Unnamed: 0", "unnamed: 0", ""])
def test_a_column_without_a_name_can_be_chosen(given: str) -> None:
    """As pandas writes the index of a table, by the name that pandas gives to it."""
    values = {"": str(CODE), **without("code")}
    assert outcome("csv", values, columns={"code": given}) == ROOM
    message = str(outcome("csv", values))
    assert message.endswith("columns are Unnamed: 0, size, price, longitude, latitude")


def test_a_column_may_have_no_name() -> None:
    """Of several each has a name by its place."""
    text = f",{HEADER},\n7,{LINE},x\n"
    request = build(text, columns={"code": ""})
    assert not request
    message = "code: could be any of the columns Unnamed: 0 and Unnamed: 6; give --column code=NAME"
    assert str(request.errors[0]).startswith(message)
    assert read(text) == [ROOM]


@pytest.mark.parametrize("name", ["csv", *JSON_FORMATS])
def test_unused_columns_are_named(name: str) -> None:
    """Each once, in the order of the file, but for what is to be ignored."""
    values = {"note": "x", **VALUES, "a\nb": "y", "rooms": "3"}
    if name == "csv":
        del values["a\nb"]
    request = build_any(name, values, ignored=["rooms"])
    assert request
    assert found(request) == [ROOM]
    noun, more = ("column", "") if name == "csv" else ("key", r", 'a\nb'")
    assert str(request.ignored) == f"ignored {noun}s: note{more}"
    request = build_any(name, VALUES)
    assert request
    assert found(request) == [ROOM]
    assert str(request.ignored) == ""


def test_keys_that_are_not_used_take_no_more_memory() -> None:
    """However many there are: a file may have others in each line."""
    lines = (f'{{"key {number}":1,"again":2}}\n' for number in range(10_000))
    request = build(lines, "ndjson")
    assert request
    assert all(isinstance(each, BadLine) for each in request.lines)
    assert len(request.ignored.names) == MAX_IGNORED + 1
    assert request.ignored.names[:3] == ["key 0", "again", "key 1"]
    assert request.ignored.names[-1] == "…"
