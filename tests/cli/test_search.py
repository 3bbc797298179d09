"""`rentomatic list` and `summary`: a search like over HTTP, on a terminal and in pipes."""

import json
import re
from collections.abc import Callable

import pytest

from rentomatic.demo import BOOK
from rentomatic.domain.room import Room
from rentomatic.formats.table import FORMATS
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.cli.conftest import Run


def test_rooms_are_sorted_and_near(run: Run) -> None:
    """As in the example of the help; a value may begin with a hyphen."""
    code, out, err = run(
        *("list", "--sort", "-price", "--near", "-0.1,51.7", "--radius", "50000", "--limit", "9")
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [room["price"] for room in found] == [66, 60, 48, 39]
    assert all(0 < room["distance"] <= 50_000 for room in found)


def test_a_box_may_begin_with_a_hyphen(run: Run) -> None:
    """With `=` or without."""
    for arguments in (["--bbox", "-0.2,51.7,0.1,52"], ["--bbox=-0.2,51.7,0.1,52"]):
        _, out, _ = run("list", *arguments)
        assert [room["price"] for room in json.loads(out)] == [39]


def test_words_are_found(
    run: Run, postgres_embedded: PostgresRepo, make_room: Callable[..., Room]
) -> None:
    """Also by a summary and an export, and together with filters."""
    postgres_embedded.save([make_room(1, price=7, title="Ático"), make_room(2, city="Atlanta")])
    _, out, _ = run("list", "--q", "ATICO")
    assert [room["price"] for room in json.loads(out)] == [7]
    assert json.loads(run("summary", "--q", "at")[1])["count"] == 2
    assert run("export", "price__lt=9", "--q", "at", "--format", "csv")[1].count("\n") == 2


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_its_last_line(run: Run, name: str) -> None:
    """So that the shell's prompt is on a line of its own."""
    for command in (["list"], ["list", "--limit", "none"], ["list", "price__eq=1"]):
        code, out, _ = run(*command, "--format", name)
        assert code == 0
        assert out.endswith("\n") or (name == "ndjson" and not out)
    code, out, _ = run("get", "f853578c-fc0f-4e65-81b8-566c5dffa35a", "--format", name)
    assert code == 0
    assert "f853578c-fc0f-4e65-81b8-566c5dffa35a" in out


def test_pages_follow_one_another(run: Run) -> None:
    """The cursor of the next page is reported on standard error, until there is none."""
    found: list[int] = []
    after: list[str] = []
    while True:
        code, out, err = run("list", "--sort", "price", "--limit", "3", *after)
        assert code == 0
        found += [room["price"] for room in json.loads(out)]
        more = re.fullmatch(r"rentomatic: there are more rooms: --after (\S+)\n", err)
        if not more:
            assert err == ""
            break
        after = ["--after", more[1]]
    assert found == [39, 48, 60, 66]


def test_totals_are_reported_on_standard_error(run: Run) -> None:
    """Exact or approximate."""
    assert run("list", "--count", "exact", "price__gt=40")[2] == "rentomatic: 3 rooms in all\n"
    assert run("list", "--count", "estimate")[2].startswith("rentomatic: about ")


def test_a_table_has_the_fields_that_are_wanted(run: Run) -> None:
    """And the distance."""
    _, out, _ = run(
        *("list", "--format", "table", "--fields", "price,distance"),
        *("--near", "0.33894476,51.39916678", "--sort", "distance"),
    )
    header, _, first, *_ = out.splitlines()
    assert (header.split(), first.split()) == (["price", "distance"], ["48", "0"])


def test_a_table_of_prices_names_their_currency(
    run: Run, monkeypatch: pytest.MonkeyPatch, rooms: list[Room]
) -> None:
    """On standard error, beside the table; other formats and tables without prices do not."""
    monkeypatch.setenv("RENTOMATIC_CURRENCY", "PLN")
    monkeypatch.setenv("RENTOMATIC_PERIOD", "week")
    said = "rentomatic: price is in whole PLN per week\n"
    table = ("--format", "table")
    assert run("list", *table)[2] == said
    assert run("get", str(rooms[0].code), *table)[2] == said
    assert run("list", "--fields", "code,size", *table)[2] == ""
    assert run("list", "--format", "csv")[2] == ""


def test_a_summary_is_json(run: Run, rooms: list[Room]) -> None:
    """As over HTTP, indented to be read."""
    code, out, _ = run("summary", "price__lt=50", "--bbox", "-1,51,1,52")
    summary = json.loads(out)
    assert code == 0
    assert (summary["count"], summary["price"]["max"]) == (2, 48)
    assert out.count("\n") > 10


SWAPPED = "must be from -90 to 90, not '113'; were longitude and latitude swapped?"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--sort", "prise"], "sort: prise is not a sort key; did you mean price?"),
        (
            ["list", "--sort", "price:desc"],
            "sort: price:desc is not a sort key; did you mean -price?",
        ),
        (["list", "--near", "52,113"], f"near: latitude {SWAPPED}"),
        (["list", "--bbox", "0,50,1,113"], f"bbox: north {SWAPPED}"),
        (["export", "latitude__gt=113"], f"filters: latitude__gt {SWAPPED}"),
        (["list", "--near", "1"], "near: must be longitude,latitude"),
        (["list", "--after", "x"], "after: must be a cursor of this search"),
        (["list", "--radius", "5"], "radius: needs near=longitude,latitude"),
        (["summary", "--bbox", "1"], "bbox: must be west,south,east,north"),
        (["list", "--q", "garden --"], "q: must be words such as balcony garden; no letter"),
        (["summary", "--q", "\udcff"], "q: must be words in UTF-8 without NUL, not"),
        (["export", "--q", "a" * 101], "q: must be words of at most 100 characters"),
        (["summary", "prise__lt=1"], "filters: Key prise__lt cannot be used; did you mean"),
    ],
)
def test_what_cannot_be_read_ends_with_2(run: Run, arguments: list[str], message: str) -> None:
    """Reported as over HTTP."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"rentomatic: {message}")


def test_a_table_fits_a_terminal_of_80_columns(
    run: Run, postgres_embedded: PostgresRepo, make_room: Callable[..., Room]
) -> None:
    """Also with distances, anywhere on earth."""
    far = make_room(1, size=12_345, price=99_999, longitude=-179.123456, latitude=-89.123456)
    postgres_embedded.save([far])
    near = ("--near", "179,89", "--sort", "distance")
    for arguments in ((), near):
        code, out, _ = run("list", *arguments, "--format", "table")
        assert code == 0
        assert str(far.code) in out
        assert {len(line) <= 80 for line in out.splitlines()} == {True}
    assert re.search(r"-89\.123456 -179\.123456 +19\d{6}$", out, re.MULTILINE)


def test_a_summary_is_a_table_on_demand(run: Run) -> None:
    """How many rooms, where, how their amounts are spread, and bars; of no rooms too."""
    code, out, err = run("summary", "price__lt=50", "--format", "table")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["rooms", "2"]
    assert lines[1][0] == "bbox"
    assert ["price", "39", "41.2", "43.5", "45.8", "48", "43.5"] in lines
    assert ["price", "from", "rooms"] in lines
    assert {len(line) <= 80 for line in out.splitlines()} == {True}
    assert run("summary", "price__lt=1", "--format", "table")[1].startswith("rooms  0\n")


def test_similar_rooms_are_found(run: Run) -> None:
    """As over HTTP: with filters, options and formats; the distance is from the room."""
    code, out, err = run("similar", BOOK[3][0], "price__lt=65", "--limit", "1", "--format", "csv")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith(BOOK[2][0])
    _, out, _ = run("similar", BOOK[3][0], "--radius", "5000")
    assert json.loads(out) == []
    _, out, _ = run("similar", BOOK[3][0], "--fields", "distance")
    assert [each["distance"] for each in json.loads(out)] == [7936.4, 40101.0, 49799.1]


def test_a_room_without_similar_ones_is_an_error_if_it_does_not_exist(run: Run) -> None:
    """An unknown code and a malformed one are named, together with other mistakes."""
    unknown = "00000000-0000-0000-0000-000000000000"
    assert run("similar", unknown) == (
        3,
        "",
        f"rentomatic: There is no room with the code {unknown}\n",
    )
    code, _, err = run("similar", "7", "prise__lt=1", "--radius", "60000")
    assert code == 2
    assert "filters: Key prise__lt" in err
    assert "code: must be a UUID" in err
    assert "radius: must be at most 50000" in err
