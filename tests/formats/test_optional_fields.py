"""What files say, or do not say, of a field that a room may lack."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rentomatic.domain.room import FIELDS
from rentomatic.formats.table import FORMATS, IMPORT_FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.memrepo import MemRepo
from rentomatic.requests.room_import import ImportOptions
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.use_cases.room_import import room_import_use_case
from tests.formats.imports import CODE, HEADER, LINE

# Imports files, each its format, text and options; returns the texts of the rooms that are stored
# then, by format, and what the last import reported.
Import = Callable[..., dict[str, Any]]

VALUES = dict(zip(HEADER.split(","), LINE.split(","), strict=True))
WITHOUT = f"{HEADER}\n{LINE}\n"


def table(value: str, name: str = "bedrooms", **others: str) -> str:
    """Write a room with a value of the field, maybe under another name, as CSV."""
    values = VALUES | {name: value} | others
    return f"{','.join(values)}\n{','.join(values.values())}\n"


def line(**values: object) -> str:
    """Write a room with some values as NDJSON."""
    return json.dumps(VALUES | values) + "\n"


def collection(**values: object) -> str:
    """Write a room with some values as GeoJSON."""
    point = {"type": "Point", "coordinates": [float(VALUES["longitude"]), 51.75436293]}
    properties = {name: VALUES[name] for name in ("code", "size", "price")} | values
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Import:
    """Import files one after the other into one repository; bedrooms have other names, too."""
    bedrooms = replace(FIELDS["bedrooms"], aliases=("beds", "br"))
    monkeypatch.setitem(FIELDS, "bedrooms", bedrooms)  # type: ignore[arg-type]

    def run(*files: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
        repository, report = MemRepo(), None
        for file in files:
            name, text, options = (*file, {})[:3]
            lines = text.splitlines(keepends=True)
            request = IMPORT_FORMATS[name].read(lines, ImportOptions(**options))
            response = room_import_use_case(repository, request)
            ignored = response and response.value.ignored.names
            report = ignored if response else response.message.splitlines()[-1]
        rooms = list(repository.search(RoomListRequest(limit=None)).rooms)
        pieces = {name: each.stream_rooms(rooms, View()) for name, each in FORMATS.items()}
        texts = {name: b"".join(each).decode() for name, each in pieces.items()}
        return {"texts": texts, "report": report}

    return run


def bedrooms(found: dict[str, Any]) -> list[int | None]:
    """Return the field of all rooms that are stored."""
    return [room.get("bedrooms") for room in json.loads(found["texts"]["json"])]


ABSENT = [("csv", WITHOUT), ("ndjson", line()), ("geojson", collection())]
EMPTY = [
    ("csv", table(" ")),
    ("csv", table("NA"), {"null_texts": ["NA"]}),
    ("ndjson", line(bedrooms=None)),
    ("ndjson", line(bedrooms="")),
    ("geojson", collection(bedrooms=None)),
]
PRESENT = [
    ("csv", table("3")),
    ("csv", table("3", "BEDS")),
    ("csv", table("3", "rooms"), {"columns": {"bedrooms": "rooms"}}),
    ("ndjson", line(bedrooms=3)),
    ("geojson", collection(beds=3)),
]


@pytest.mark.parametrize("file", PRESENT)
def test_a_value_is_read(imported: Import, file: tuple[str, str]) -> None:
    """From a column or key of any of its names; another import replaces it."""
    assert bedrooms(imported(file)) == [3]
    assert bedrooms(imported(("csv", table("5")), file)) == [3]


@pytest.mark.parametrize("file", ABSENT)
def test_fields_that_a_file_lacks_are_kept(imported: Import, file: tuple[str, str]) -> None:
    """A room that is stored keeps its value; a new one has none."""
    assert bedrooms(imported(("csv", table("3")), file)) == [3]
    assert bedrooms(imported(file)) == [None]


@pytest.mark.parametrize("file", EMPTY)
def test_an_empty_value_removes_what_is_stored(imported: Import, file: tuple[str, str]) -> None:
    """An empty cell, a text that stands for no value, and null."""
    assert bedrooms(imported(("csv", table("3")), file)) == [None]


@pytest.mark.parametrize("file", [*ABSENT, *EMPTY])
def test_a_default_is_the_value_where_there_is_none(
    imported: Import, file: tuple[str, str] | tuple[str, str, dict[str, Any]]
) -> None:
    """Whether the column or key is absent or empty, as for other fields."""
    name, text, options = (*file, {})[:3]
    given = (name, text, {**options, "defaults": {"bedrooms": "2"}})
    assert bedrooms(imported(("csv", table("3")), given)) == [2]


def test_each_object_says_what_it_keeps(imported: Import) -> None:
    """Lines of one file may mention the field and not."""
    codes = [str(CODE)[:-1] + digit for digit in "123"]
    before = [line(code=code, bedrooms=3) for code in codes]
    after = [
        line(code=codes[0]),
        line(code=codes[1], bedrooms=None),
        line(code=codes[2], bedrooms=4),
    ]
    found = imported(("ndjson", "".join(before)), ("ndjson", "".join(after)))
    assert bedrooms(found) == [3, None, 4]


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (line(), line(bedrooms=None), "bedrooms absent, not empty"),
        (line(bedrooms=2), line(), "bedrooms 2, not absent"),
        (line(bedrooms=None), line(bedrooms=2), "bedrooms empty, not 2"),
    ],
)
def test_lines_of_one_code_may_not_differ_in_what_they_keep(
    imported: Import, first: str, second: str, difference: str
) -> None:
    """Which of them is meant is not guessed."""
    found = imported(("ndjson", first + second))
    assert found["report"].startswith("line 2: has the same code as line 1, which differs: ")
    assert found["report"].endswith(f": {difference}")
    assert bedrooms(imported(("ndjson", first * 2))) == bedrooms(imported(("ndjson", first)))


def test_of_two_columns_the_first_name_wins(imported: Import) -> None:
    """The other one is reported as ignored; one name twice is an error."""
    found = imported(("csv", table("3", "br", beds="4")))
    assert (bedrooms(found), found["report"]) == ([4], ["br"])
    found = imported(("csv", table("3", "beds", bedrooms="4")))
    assert (bedrooms(found), found["report"]) == ([4], ["beds"])
    found = imported(("csv", table("3", "beds", Beds="4")))
    assert found["report"] == "beds: is the name of 2 columns"


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (("csv", table("x")), "line 2: bedrooms must be an integer from 0 to 99, not 'x'"),
        (("csv", table("100")), "line 2: bedrooms must be an integer from 0 to 99, not '100'"),
        (("ndjson", line(bedrooms=True)), "line 1: bedrooms must be a number or text, not true"),
        (("csv", WITHOUT, {"columns": {"bedrooms": "b"}}), "column: there is no column 'b'"),
        (("csv", WITHOUT, {"defaults": {"bedrooms": "x"}}), "default: bedrooms must be an integer"),
        (("csv", WITHOUT, {"defaults": {"bedrooms": "100"}}), "default: bedrooms must be an int"),
    ],
)
def test_a_wrong_value_is_an_error(imported: Import, file: tuple[str, str], problem: str) -> None:
    """As of any field."""
    assert imported(file)["report"].startswith(problem)


@pytest.mark.parametrize("value", ["x", "2.5", "100", "\udca0"])
def test_an_error_says_how_to_leave_the_field_out(imported: Import, value: str) -> None:
    """A column may have an optional field's name, and other values in every line."""
    advice = "; give --ignore bedrooms to leave it out"
    assert imported(("csv", table(value)))["report"].endswith(advice)
    left_out = ("csv", table(value), {"ignored": ("bedrooms",)})
    assert bedrooms(imported(left_out)) == [None]
    quiet = ("csv", table(value), {"advises": False})
    assert "--ignore" not in imported(quiet)["report"]


def test_a_text_that_looks_like_no_value_needs_no_default(imported: Import) -> None:
    """One option is enough, as a room may lack the field."""
    report = imported(("csv", table("n/a")))["report"]
    assert report.endswith(", which looks like no value; give --null-text n/a")


def test_every_format_writes_the_field_behind_the_others(imported: Import) -> None:
    """JSON only where a room has it; CSV has a column in any case."""
    code = f"{str(CODE)[:-1]}1"
    found = imported(("ndjson", line(bedrooms=3)), ("ndjson", line(code=code)))["texts"]
    object_ = '"size":215,"price":39,"latitude":51.75436293,"longitude":-0.09998975'
    assert found["json"] == (
        f'[{{"code":"{CODE}",{object_},"bedrooms":3}},{{"code":"{code}",{object_}}}]'
    )
    assert found["ndjson"].splitlines() == found["json"][1:-1].replace("},{", "}\n{").splitlines()
    assert found["csv"].splitlines() == [
        ",".join(FIELDS),
        f"{CODE},215,39,51.75436293,-0.09998975,,,,,,3,,",
        f"{code},215,39,51.75436293,-0.09998975,,,,,,,,",
    ]
    first, second = (each["properties"] for each in json.loads(found["geojson"])["features"])
    assert list(first) == ["code", "size", "price", "bedrooms"]
    assert list(second) == ["code", "size", "price"]


@pytest.mark.parametrize("name", ["csv", "ndjson", "geojson"])
def test_what_is_written_is_read_back(imported: Import, name: str) -> None:
    """With the field and without it."""
    rooms = line(bedrooms=3) + line(code=f"{str(CODE)[:-1]}1")
    written = imported(("ndjson", rooms))["texts"]
    assert imported((name, written[name]))["texts"] == written
