"""How a CSV file begins: its header, and what divides its values."""

import csv
import tracemalloc
from itertools import chain, islice, repeat

import pytest

from rentomatic.formats.csv import MAX_COLUMNS
from rentomatic.formats.pieces import MAX_CHARACTERS
from rentomatic.requests.room_import import RoomLine
from tests.formats.imports import CODE, HEADER, LINE, ROOM, build, problems, read

VALUES = LINE.split(",")
SEMICOLONS = ";".join(VALUES)


@pytest.mark.parametrize("text", [HEADER, f"note,{HEADER}{LINE}", f"{HEADER}{LINE}", "sep=;"])
def test_text_without_a_line_break_is_refused(text: str) -> None:
    """`curl -d @FILE` removes the line breaks: the header would swallow the rooms."""
    request = build(text)
    assert not request
    assert str(request.errors[0]) == (
        "file: has no line break, so all of it is a header; curl keeps line breaks with "
        "--data-binary, not with -d"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_header_alone_is_a_file_without_rooms(end: str) -> None:
    """As a search that finds nothing writes it."""
    assert read(HEADER + end) == []


@pytest.mark.parametrize(
    "header",
    [
        'code;size;price;longitude;latitude;"a,b,c,d,e,f"',
        "code;size;price;longitude;latitude;a,b,c,d,e,f",
        "code;size;price;longitude;latitude;a\tb\tc\td\te\tf",
        'code;size;price;longitude;latitude;"a\n,b,c,""d"",e,f"',
    ],
)
def test_the_delimiter_is_the_one_with_which_the_fields_are_found(header: str) -> None:
    """However often another one stands in a column's name."""
    good, bad = read(f"{header}\n{SEMICOLONS};x\n1;2\n")
    assert good == ROOM
    number = 4 if "\n" in header else 3
    assert str(bad) == f"line {number}: must have 6 values, not 2"


def test_a_column_whose_name_has_a_comma_can_be_chosen() -> None:
    """It makes a file with semicolons no file with commas."""
    text = f"code;Superficie;Precio (mes, EUR);longitude;latitude\n{SEMICOLONS}\n"
    columns = {"size": "superficie", "price": "Precio (mes, EUR)"}
    assert read(text, columns=columns) == [ROOM]
    request = build(text)
    assert not request
    assert [error.parameter for error in request.errors] == ["size", "price"]
    assert "columns are code, Superficie, Precio (mes, EUR), longitude" in str(request.errors[0])


def test_a_column_may_have_a_name_of_several_lines() -> None:
    """As in spreadsheets; it is chosen by its words."""
    text = f'code,size,"Price\n per  month",longitude,latitude\n{LINE}\nx\n'
    good, bad = read(text, columns={"price": "Price per month"})
    assert good == ROOM
    assert str(bad) == "line 4: must have 5 values, not 1"


@pytest.mark.parametrize("delimiter", ["|", "^", " ", "\t", ";", ",", "\u00a6"])
def test_the_delimiter_can_be_given(delimiter: str) -> None:
    """By the option or by Excel's first line."""
    table = "\n".join([HEADER, LINE, ""]).replace(",", delimiter)
    assert read(table, delimiter=delimiter) == [ROOM]
    for excel in (f"sep={delimiter}\n", f'\n"SEP={delimiter}"\r\n'):
        good, bad = read(f"{excel}{table}x{delimiter}y\n")
        assert good == ROOM
        assert str(bad) == f"line {3 + excel.count(chr(10))}: must have 5 values, not 2"


@pytest.mark.parametrize("blank", [" ", "\t", ";"])
def test_a_long_first_line_is_read_once(blank: str) -> None:
    """Not again from each of its characters, which would take hours."""
    long = f"sep={blank * (MAX_CHARACTERS // 2)}x\n"
    assert not build(f"{long}{HEADER}\n{LINE}\n")


def test_the_option_overrides_excels_line() -> None:
    """What the sender says is right."""
    assert read(f"sep=;\n{HEADER}\n{LINE}\n", delimiter=",") == [ROOM]


@pytest.mark.parametrize("delimiter", ["", ";;", "x", "1", '"', "\n", "\r", "\0"])
def test_what_cannot_be_a_delimiter_is_refused(delimiter: str) -> None:
    """It would be part of the values."""
    request = build(f"{HEADER}\n{LINE}\n", delimiter=delimiter)
    assert not request
    assert str(request.errors[0]).startswith("delimiter: must be one character, and not a letter")


@pytest.mark.parametrize("name", ["ndjson", "geojson"])
def test_json_has_no_delimiter(name: str) -> None:
    """An option that could do nothing is refused."""
    request = build([], name, delimiter=";")
    assert not request
    assert str(request.errors[0]) == "delimiter: is for CSV; JSON has none"


def test_a_header_may_have_one_column() -> None:
    """The option that helps is named, where there are options."""
    text = f"{HEADER}\n{LINE}\n".replace(",", "|")
    message = "delimiter: no comma, semicolon or tab separates the names in the header"
    with_advice, without = build(text), build(text, advises=False)
    assert not with_advice
    assert not without
    assert str(with_advice.errors[-1]) == f"{message}; give --delimiter if another character does"
    assert str(without.errors[-1]) == message


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "  \t\n", ",,,,\n", ";;;\r\n", '"",""\n'])
def test_blank_lines_are_skipped(blank: str) -> None:
    """Before the header and behind it, and counted."""
    lines = blank.count("\n")
    good, bad = read(f"{blank}{HEADER}\n \t \n{LINE}\n , ,,,\n\u00a0\nx\n   ")
    assert good == ROOM
    assert str(bad) == f"line {lines + 6}: must have 5 values, not 1"


@pytest.mark.parametrize("text", ["\n\n", "  ", " \n;;;;\n"])
def test_blank_lines_alone_are_an_empty_file(text: str) -> None:
    """It has no header."""
    request = build(text)
    assert not request
    assert str(request.errors[0]) == "file: is empty; it must begin with a header"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ('code,"size', "unexpected end of data"),
        ('code,"a"b', "',' expected after '\"'"),
        ('code,"' + "x\n" * MAX_CHARACTERS, "unexpected end of data"),
    ],
)
def test_a_header_that_is_not_csv_is_refused(header: str, message: str) -> None:
    """It swallows no rooms, and does not fill the memory."""
    request = build(f"{header}\n{LINE}\n")
    assert not request
    assert str(request.errors[0]) == f"file: has a header that is not CSV: {message}"


def test_a_long_header_is_refused() -> None:
    """It is not read to its end."""
    for text in ("x" * (MAX_CHARACTERS + 1), "\n" + "x," * MAX_CHARACTERS):
        request = build(text)
        assert not request
        message = f"file: has a header that is longer than {MAX_CHARACTERS} characters"
        assert str(request.errors[0]) == message


def test_records_of_many_lines_are_read_in_constant_memory() -> None:
    """What was read is forgotten, also of values with line breaks."""
    note = "note\n" * 10
    record = f'"{note}",{LINE}\n'.splitlines(keepends=True)
    text = chain([f"note,{HEADER}\n"], *repeat(record, 5_000))
    request = build(text)
    assert request
    tracemalloc.start()
    try:
        assert sum(isinstance(each, RoomLine) for each in islice(request.lines, 5_000)) == 5_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 500_000


def test_the_csv_module_does_not_limit_values_further() -> None:
    """Its limit is one for the whole process."""
    assert csv.field_size_limit() >= MAX_CHARACTERS
    assert problems(read(f"{HEADER}\n{CODE},{'1' * 200_000},1,0,0\n"))[0].startswith(
        "line 2: size must be an amount such as 1200"
    )


def test_a_header_of_too_many_columns_is_refused() -> None:
    """Each column takes memory, also one without a name."""
    wide = "," * (MAX_COLUMNS - HEADER.count(",") - 1)
    assert read(f"{HEADER}{wide}\n{LINE}{wide}\n") == [ROOM]
    tracemalloc.start()
    try:
        request = build(HEADER + "," * (MAX_CHARACTERS - 100) + "\n")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not request
    message = f"file: has a header that is not CSV: it has more than {MAX_COLUMNS} columns"
    assert str(request.errors[0]) == message
    assert peak < 50_000_000
