"""Values that can mean two things, have another unit, or are none: nothing is guessed."""

import json

import pytest

from rentomatic.domain.room import Room
from rentomatic.requests.room_import import BadLine
from tests.formats.imports import CODE, HEADER, build, found

ROOM = {"code": str(CODE), "size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
FORMATS = ["csv", "ndjson", "geojson"]


def read_one(name: str, values: dict[str, object], **options: object) -> Room | str:
    """Read a room with these values in a format, or what is wrong with it."""
    values = {**ROOM, **values}
    values = {key: value for key, value in values.items() if value != "MISSING"}
    if name == "csv":
        cells = ["" if value is None else f'"{value}"' for value in values.values()]
        lines = [",".join(values) + "\n", ",".join(cells) + "\n"]
    elif name == "ndjson":
        lines = [json.dumps(values)]
    else:
        place = [values.pop("longitude"), values.pop("latitude")]
        point = {"type": "Point", "coordinates": place}
        feature = {"type": "Feature", "geometry": point, "properties": values}
        lines = [json.dumps({"type": "FeatureCollection", "features": [feature]})]
    request = build(lines, name, **options)
    assert request
    (line,) = found(request)
    return line.reason if isinstance(line, BadLine) else line


def read_table(delimiter: str, **values: object) -> Room | str:
    """Read a room of a table with this delimiter; an option is what no field is called."""
    options = {key: value for key, value in values.items() if key not in ROOM}
    if delimiter == "|":
        options["delimiter"] = delimiter
    row = {key: str(values.get(key, value)) for key, value in ROOM.items()}
    text = f"{delimiter.join(row)}\n{delimiter.join(row.values())}\n"
    request = build(text, **options)
    assert request
    (line,) = found(request)
    return line.reason if isinstance(line, BadLine) else line


AMOUNT = "price must be an amount such as 1200 or $1,200.00, not "


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("text", ["1,200", "-1,200", "$1,200", "999,000"])
def test_a_comma_that_may_be_a_decimal_sign_is_refused(delimiter: str, text: str) -> None:
    """Where it does not divide values: 1,200 is 1.2 or 1200."""
    message = read_table(delimiter, price=text)
    whole = text.lstrip("-$").partition(",")[0]
    rest = text[-3:]
    means = f"which may mean {whole}.{rest} or {whole}{rest}"
    assert message == f"{AMOUNT}{text!r}, {means}; give --decimal . or --decimal ,"
    assert read_table(delimiter, price=text, advises=False) == f"{AMOUNT}{text!r}, {means}"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,200,300", 1_200_300), ("1,200.00", 1200), ("$1,200.0", 1200), ("1200.000", 1200)],
)
def test_a_comma_that_can_only_separate_thousands_is_read(text: str, value: int) -> None:
    """Whatever divides the values."""
    room = read_table(";", price=text)
    assert isinstance(room, Room)
    assert room.price == value


@pytest.mark.parametrize("text", ["0,200", "0,500", "00,123", "012,345"])
def test_thousands_do_not_begin_with_zero(text: str) -> None:
    """It would be a fraction."""
    for delimiter in (";", "\t"):
        message = read_table(delimiter, price=text)
        assert str(message).startswith(f"{AMOUNT}{text!r}")
    assert str(read_one("csv", {"price": text})).startswith(f"{AMOUNT}{text!r}")


@pytest.mark.parametrize(
    ("decimal", "text", "value"),
    [
        *((",", "1.200,00", 1200), (",", "1.200", 1200), (",", "1,000", 1), (",", "€ 950,0", 950)),
        *((",", "1.234.567", 1_234_567), (",", "1200", 1200), (",", "0,0", 0)),
        *((".", "1,200", 1200), (".", "1.000", 1), (".", "1,200.00", 1200), (".", "7", 7)),
    ],
)
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_decimal_sign_can_be_given(delimiter: str, decimal: str, text: str, value: int) -> None:
    """Then nothing has two meanings."""
    comma = decimal == ","
    place = {"longitude": "13,4", "latitude": "-1,5e-05"} if comma else {"latitude": "-1.5e-05"}
    room = read_table(delimiter, price=text, **place, decimal=decimal)
    assert room == Room(CODE, 20, value, 13.4, -1.5e-05)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"price": "1,2.0"},
            "price must be an amount such as 1200 or $1.200,00, not '1,2.0'",
        ),
        ({"price": "1,2"}, "price must be an integer, not '1,2'; give --round to round it"),
        ({"price": "12.34"}, "price must be an amount such as 1200 or $1.200,00, not '12.34'"),
        ({"latitude": "52.5"}, "latitude must be a decimal number such as 52,23, not '52.5'"),
        ({"latitude": "13.405"}, "latitude must be a decimal number such as 52,23, not '13.405'"),
        ({"latitude": "5,2,5"}, "latitude must be a decimal number such as 52,23, not '5,2,5'"),
        (
            {"latitude": "95,5"},
            "latitude must be from -90 to 90, not '95,5'; were longitude and latitude swapped?",
        ),
    ],
)
def test_with_a_decimal_comma_a_point_is_not_a_decimal_sign(
    values: dict[str, str], message: str
) -> None:
    """Numbers are read in one way, and reported as the file has them."""
    row = {"longitude": "13,4", "latitude": "52,5", **values}
    assert read_table(";", **row, decimal=",") == message


@pytest.mark.parametrize("name", FORMATS)
def test_a_decimal_comma_is_never_guessed(name: str) -> None:
    """The option that reads it is named, where there are options."""
    message = f"{AMOUNT}'1.200,50'"
    advice = "; give --decimal , if the comma is the decimal sign"
    assert read_one(name, {"price": "1.200,50"}) == message + advice
    assert read_one(name, {"price": "1.200,50"}, advises=False) == message
    if name == "geojson":
        return  # in which coordinates are numbers
    message = "latitude must be a decimal number such as 52.23, not '52,5'"
    assert read_one(name, {"latitude": "52,5"}) == message + advice
    assert read_one(name, {"latitude": "52,5"}, advises=False) == message


@pytest.mark.parametrize("name", ["ndjson", "geojson"])
def test_the_decimal_sign_of_a_json_number_is_the_point(name: str) -> None:
    """Whatever the option says of text; 1.000 is one."""
    for decimal in (None, ".", ","):
        room = read_one(name, {"price": 1200.0}, decimal=decimal)
        assert room == Room(CODE, 20, 1200, 13.4, 52.5)
    assert read_one(name, {"price": "1.200,00"}, decimal=",") == room
    text = json.dumps(ROOM).replace("60", "1.000")
    request = build([text], "ndjson")
    assert request
    assert found(request) == [Room(CODE, 20, 1, 13.4, 52.5)]


@pytest.mark.parametrize("decimal", ["", ";", ".,"])
def test_another_decimal_sign_is_refused(decimal: str) -> None:
    """There are two."""
    request = build(f"{HEADER}\n", decimal=decimal)
    assert not request
    assert str(request.errors[0]).startswith("decimal: must be . or ,")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "called", ["sqft", "square_feet", "SqFt", "area (sq. ft.)", "Living area ft²", "size_sf", "ft2"]
)
def test_square_feet_become_square_metres(name: str, called: str) -> None:
    """Where the name says that they are; rounded, as none is a whole number of square metres."""
    columns = {} if called.lower() in {"sqft", "square_feet"} else {"size": called}
    for value, size in [(500, 46), ("1,076.391", 100), (2314, 215), ("6", 1)]:
        room = read_one(name, {"size": "MISSING", called: value}, columns=columns)
        assert isinstance(room, Room)
        assert room.size == size


@pytest.mark.parametrize("called", ["area", "squareMeters", "softness", "shift", "feet", "m2"])
def test_other_names_say_nothing_of_square_feet(called: str) -> None:
    """The number is the size."""
    room = read_one("csv", {"size": "MISSING", called: 500}, columns={"size": called})
    assert isinstance(room, Room)
    assert room.size == 500


def test_a_size_that_rounds_to_zero_is_reported_in_square_metres() -> None:
    """The limit is not one of square feet."""
    message = str(read_one("csv", {"size": "MISSING", "sqft": 5}))
    assert message.startswith("sqft must be an integer from 1 to ")
    assert message.endswith(" in square metres, not '5', which is 0")


def test_a_default_beside_square_feet_is_in_square_metres() -> None:
    """It is the room's value, not the column's."""
    room = read_one("csv", {"size": "MISSING", "sqft": ""}, defaults={"size": "30"})
    assert isinstance(room, Room)
    assert room.size == 30


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", ["", "  ", None, "MISSING"])
def test_a_default_fills_what_is_missing(name: str, value: object) -> None:
    """An empty or blank cell, null, and a field that is not there; what is there stays."""
    room = read_one(name, {"price": value}, defaults={"price": "0", "size": "1"})
    assert room == Room(CODE, 20, 0, 13.4, 52.5)


@pytest.mark.parametrize("name", ["ndjson", "geojson"])
def test_a_default_fills_a_chosen_key_that_an_object_lacks(name: str) -> None:
    """Objects need not have the same keys; the columns of a table are there or not."""
    options = {"columns": {"price": "rent"}, "defaults": {"price": "7"}}
    room = read_one(name, {"price": "MISSING"}, **options)
    assert isinstance(room, Room)
    assert room.price == 7
    request = build(f"{HEADER}\n", **options)
    assert not request
    assert str(request.errors[0]).startswith("column: there is no column 'rent'")


@pytest.mark.parametrize("value", ["x", True, [], {}])
def test_a_default_hides_nothing_else(value: object) -> None:
    """What is wrong stays wrong."""
    assert str(read_one("ndjson", {"price": value}, defaults={"price": "0"})).startswith("price ")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "text", ["NA", "N/A", "n/a", "null", "NULL", "None", "nan", "#N/A", "<NA>", "-", "\\N", " NA "]
)
def test_text_that_means_no_value_is_named(name: str, text: str) -> None:
    """With the options that help; it is not taken for no value until they are given."""
    message = str(read_one(name, {"price": text}))
    assert message.startswith(f"{AMOUNT}{text!r}, which looks like no value; give --null-text")
    assert message.endswith(" and --default price=VALUE")
    message = str(read_one(name, {"price": text}, defaults={"price": "0"}))
    assert message.startswith(f"{AMOUNT}{text!r}, which looks like no value; give --null-text")
    assert "--default" not in message
    given = {"null_texts": ["x", text.strip()]}
    message = f"price is {text!r}, which means that there is no value; give --default price=VALUE"
    assert read_one(name, {"price": text}, **given) == message
    room = read_one(name, {"price": text}, **given, defaults={"price": "0"})
    assert room == Room(CODE, 20, 0, 13.4, 52.5)
    message = f"{AMOUNT}{text!r}, which looks like no value"
    assert read_one(name, {"price": text}, advises=False) == message


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("null_texts", [[], ["NA"]])
def test_a_missing_value_is_not_an_identity(name: str, null_texts: list[str]) -> None:
    """All rooms without one would be the same room."""
    message = str(read_one(name, {"code": "NA"}, source="x", null_texts=null_texts))
    assert message.startswith("code is 'NA', which ")
    assert message.endswith(" no value; each room needs one")


@pytest.mark.parametrize("name", FORMATS)
def test_a_number_can_mean_a_missing_value(name: str) -> None:
    """As -1 does in some files."""
    options = {"null_texts": ["-1"], "defaults": {"price": "5"}}
    for value in (-1, "-1"):
        room = read_one(name, {"price": value}, **options)
        assert isinstance(room, Room)
        assert room.price == 5
