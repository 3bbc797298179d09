"""CSV files become rooms, or lines that say what is wrong with them."""

import io
from uuid import UUID

import pytest

from rentomatic.domain.room import Room
from rentomatic.formats.pieces import LINE_CHARACTERS, MAX_CHARACTERS
from rentomatic.formats.table import IMPORT_FORMATS
from rentomatic.requests.room_import import BadLine
from tests.formats.imports import CODE, HEADER, LINE, ROOM, build, found, problems, read


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_line_makes_a_room(delimiter: str, end: str) -> None:
    """Whatever stands between the values and at the end of the lines."""
    text = "\r\n".join([HEADER, LINE]) + end
    assert read(text.replace(",", delimiter)) == [ROOM]


@pytest.mark.parametrize(
    "header",
    [
        "id,squareMeters,price,lon,lat",
        "CODE,Size,Price,LNG,Latitude",
        " code , area,price , longitude,latitude",
        '"id","area","price","lng","lat"',
    ],
)
def test_columns_are_known_by_name(header: str) -> None:
    """Other usual names of a field are known, in any case."""
    assert read(f"{header}\n{LINE}\n") == [ROOM]


def test_other_columns_and_orders_do_not_matter() -> None:
    """Columns of no field are skipped."""
    text = (
        f'price,place,id,lat,lon,size\n39,"Foo, ""Bar""\nBaz",{CODE},51.75436293,-0.09998975,215\n'
    )
    assert read(text) == [ROOM]


def test_a_fields_own_name_overrides_its_aliases() -> None:
    """A table that is written to a file whole has an id of its own beside the code."""
    assert read(f"id,{HEADER}\n7,{LINE}\n") == [ROOM]


def test_columns_can_be_given() -> None:
    """An option says where a field stands."""
    text = f"code,m2,rent,longitude,latitude\n{LINE}\n"
    assert read(text, columns={"size": "m2", "price": "rent"}) == [ROOM]


def test_a_column_that_is_not_there_can_have_a_default() -> None:
    """The default stands in each line."""
    text = f"code,price,longitude,latitude\n{CODE},39,-0.09998975,51.75436293\n"
    assert read(text, defaults={"size": "215"}) == [ROOM]


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        ("", {}, "file: is empty"),
        ("\n", {}, "code: there is no column code or id; give --column code=NAME; columns are f85"),
        ("code,price,longitude,latitude", {}, "size: there is no column size or squareMeters or"),
        (HEADER, {"columns": {"size": "m2"}}, "column: there is no column 'm2'; columns are code,"),
        (f"{HEADER},Price", {}, "price: is the name of 2 columns"),
        ("size,price,lon,lat", {}, "code: there is no column code or id; give --column code=NAME;"),
        ("size,price,lon,lat", {"defaults": {"code": "x"}}, "default: code must differ"),
        ("\0\1\2", {}, "file: is not UTF-8 text"),
        (HEADER, {"columns": {"colour": "price"}}, "column: there is no field colour; fields are"),
        (HEADER, {"defaults": {"colour": "red"}}, "default: there is no field colour"),
        ("code,price,lon,lat", {"defaults": {"size": "big"}}, "default: size must be an amount"),
    ],
)
def test_a_header_that_cannot_be_used_is_reported(
    header: str, options: dict[str, object], message: str
) -> None:
    """Nothing is read before every field has a place."""
    request = build(f"{header}\n{LINE}\n" if header else "", **options)
    assert not request
    assert str(request.errors[0]).startswith(message)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1200", 1200), ("51.0", 51), ("$1,200.00", 1200), (" 39 ", 39), ("€ 5", 5)),
        *(("0", 0), ("1,234,567", 1234567), ("£7.0000", 7), ("1234.000", 1234)),
    ],
)
def test_amounts_are_read(text: str, value: int) -> None:
    """Currency signs, thousands' commas and zeros behind the point are how people write."""
    (room,) = read(f'{HEADER}\n{CODE},1,"{text}",0,0\n')
    assert isinstance(room, Room)
    assert room.price == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1.200,00",
        "12,34",
        "1e3",
        "5 PLN",
        "NaN",
        "१२",
        "1" * 19,
        "1_0",
        "--1",
        "£7.000",
        "12.345",
    ],
)
def test_other_amounts_are_bad(text: str) -> None:
    """What could be read in two ways, or in none, is not guessed."""
    (message,) = problems(read(f'{HEADER}\n{CODE},1,"{text}",0,0\n'))
    assert message.startswith("line 2: price must be an amount such as 1200 or $1,200.00, not ")
    assert message.endswith(", which may mean 7000") == (text == "£7.000")


def test_coordinates_with_exponents_are_read() -> None:
    """As programs write small ones."""
    assert read(f"{HEADER}\n{CODE},1,2,1e-05,-1.5E-7\n") == [Room(CODE, 1, 2, 1e-05, -1.5e-07)]
    (message,) = problems(read(f"{HEADER}\n{CODE},1,2,1e999,1e99999999999\n"))
    assert message.startswith(
        "line 2: latitude must be a decimal number such as 52.23, not '1e9999"
    )
    assert message.endswith("longitude must be a decimal number such as 52.23, not '1e999'")


def test_a_fraction_is_rounded_only_on_demand() -> None:
    """34.5 is not an integer; with the option it is 35, and 34.4 is 34."""
    text = f"{HEADER}\n{CODE},34.5,34.4,0,0\n"
    (message,) = problems(read(text))
    assert message == (
        "line 2: size must be an integer, not '34.5'; give --round to round it; "
        "price must be an integer, not '34.4'; give --round to round it"
    )
    assert read(text, round_integers=True) == [Room(CODE, 35, 34, 0, 0)]


def test_other_identities_become_uuids_of_their_source() -> None:
    """The same for the same source each time, another for another source."""
    text = f"id,{HEADER.removeprefix('code,')}\n2539,1,149,-73.97,40.64\n"
    (first,), (again,), (other,) = (read(text, source=name) for name in ("nyc", "nyc", "sf"))
    assert isinstance(first, Room)
    assert isinstance(other, Room)
    assert first == again
    assert first.code != other.code
    assert first.code == UUID("bc15bf17-a13e-51f5-a738-16c5791f8f50")
    assert problems(read(text)) == [
        "line 2: id is not a UUID: '2539'; give --source NAME to make one from it"
    ]


def test_a_uuid_is_kept_whatever_the_source() -> None:
    """Also one without hyphens."""
    assert read(f"{HEADER}\n{LINE.replace(str(CODE), CODE.hex)}\n", source="nyc") == [ROOM]


def test_every_problem_of_a_line_is_reported_with_its_column() -> None:
    """In the names that the file uses."""
    text = f"id,area,price,lng,lat\n,0,x,200,\n{LINE}\n"
    bad, good = read(text)
    assert good == ROOM
    assert str(bad) == (
        "line 2: id is empty; "
        "area must be an integer from 1 to 2147483647, not '0'; "
        "price must be an amount such as 1200 or $1,200.00, not 'x'; "
        "lat must be a decimal number such as 52.23, not ''; "
        "lng must be from -180 to 180, not '200'"
    )


def test_an_invalid_room_is_reported_with_the_files_column() -> None:
    """The entity's own complaint, in the file's words."""
    (message,) = problems(read(f"id,sqft,price,lng,lat\n{CODE},0,-5,0,0\n"))
    assert message == (
        "line 2: sqft must be an integer from 1 to 2147483647 in square metres, "
        "not '0', which is 0; price must be an integer from 0 to 9007199254740991, not '-5'"
    )


def test_text_that_is_not_utf8_is_reported_as_such() -> None:
    """Not as a wrong number: that would not show what to change."""
    bad = f"{CODE},30\udca0,75 \udc80,13.4,x\n"
    (message,) = problems(read(f"code,size,price,lng,lat\n{bad}"))
    assert message == (
        r"line 2: size is not UTF-8 text: '30\udca0'; price is not UTF-8 text: '75 \udc80'; "
        "lat must be a decimal number such as 52.23, not 'x'"
    )


def test_lines_are_numbered_as_in_an_editor() -> None:
    """By where a record begins, also behind values with line breaks and empty lines."""
    text = f'note,{HEADER}\n"a\nb",{LINE}\n\n"c",x\n"d\n",x,{LINE}\n'
    good, short, long = read(text)
    assert good == ROOM
    assert str(short) == "line 5: must have 6 values, not 2"
    assert str(long) == "line 6: must have 6 values, not 7"


def test_empty_rows_are_skipped() -> None:
    """As a spreadsheet writes them behind its table, and counted all the same."""
    empty = "," * HEADER.count(",")
    good, bad = read(f"{HEADER}\n{empty}\n\n{LINE}\n{empty}\n,\n,x\n{empty}\n")
    assert good == ROOM
    assert str(bad) == "line 7: must have 5 values, not 2"


@pytest.mark.parametrize("line", [f'"{LINE}', f'"a"b,{LINE}'])
def test_quotes_that_do_not_match_are_reported(line: str) -> None:
    """Quoting is read strictly, so that nothing is swallowed in silence."""
    (message,) = problems(read(f"{HEADER}\n{line}\n"))
    assert message.startswith("line 2: is not CSV, so what follows cannot be read: ")


@pytest.mark.parametrize("value", ["x" * MAX_CHARACTERS, "x\n" * MAX_CHARACTERS, '","\n' * 400_000])
def test_an_endless_value_ends_as_a_bad_line(value: str) -> None:
    """A quote that is never closed does not fill the memory, nor does a record of many lines."""
    (bad,) = read(f'{HEADER}\n"{value}\n{LINE}\n')
    assert isinstance(bad, BadLine)
    assert bad.is_last
    assert str(bad) == (
        "line 2: is not CSV, so what follows cannot be read: it is longer than "
        f"{MAX_CHARACTERS} characters"
    )


def test_a_value_may_be_as_long_as_a_line() -> None:
    """Python's csv module alone would take 131,072 characters."""
    assert read(f"note,{HEADER}\n{'x' * 1_000_000},{LINE}\n") == [ROOM]


def test_an_endless_line_ends_the_file() -> None:
    """It does not fill the memory either, and is not taken for several lines."""
    long = ("x," * MAX_CHARACTERS)[: LINE_CHARACTERS + 10]
    cut = IMPORT_FORMATS["csv"].cut(io.StringIO(f"{HEADER}\n{LINE}\n{long}\n{LINE}\n"))
    request = build(cut)
    assert request
    good, bad = found(request)
    assert good == ROOM
    assert isinstance(bad, BadLine)
    assert bad.is_last
    assert str(bad) == (
        "line 3: is not CSV, so what follows cannot be read: it is longer than "
        f"{MAX_CHARACTERS} characters"
    )
    request = build(long)
    assert not request
    assert str(request.errors[0]).startswith("file: has a header that is longer than")
