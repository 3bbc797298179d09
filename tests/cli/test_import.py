"""`rentomatic import`, run in this process on a real PostgreSQL."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.cli.conftest import Run
from tests.cli.imports import HEADER, LATITUDE, PRICE, count, everything


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a changed, an unchanged, a new and two bad lines, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "offers.csv"
    path.write_text(
        f"{HEADER}\n"
        "f853578c-fc0f-4e65-81b8-566c5dffa35a,215,40,-0.09998975,51.75436293\n"
        "fe2c3195-aeff-487a-a08f-e0bdc0ec6e9a,405,66,0.18228006,51.74640997\n"
        "7,1,1,0,0\n"
        "00000000-0000-0000-0000-000000000001,1,x,0,95\n"
        "00000000-0000-0000-0000-000000000002,1,1,0,0\n",
        encoding="utf-8-sig",
    )
    return path


def test_import_refuses_a_file_with_bad_lines(
    run: Run, file: Path, postgres_embedded: PostgresRepo
) -> None:
    """Each is reported, and nothing is changed."""
    code, out, err = run("import", file)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "rentomatic: Nothing was imported",
        "line 4: code is not a UUID: '7'; give --source NAME to make one from it",
        f"line 5: {PRICE}; {LATITUDE}",
    ]
    assert count(postgres_embedded) == 4


def test_import_can_skip_bad_lines_and_keeps_them(
    run: Run, file: Path, postgres_embedded: PostgresRepo
) -> None:
    """In a file that can be corrected and imported."""
    code, out, err = run("import", file, "--skip-bad", "--source", "x")
    assert code == 0
    assert out.splitlines() == [
        "added 2, updated 1, unchanged 1, rejected 1",
        "the rejected lines are in offers.rejected.csv",
    ]
    assert err.startswith("line 5: price must be")
    rejected = Path("offers.rejected.csv").read_text()
    assert rejected.startswith(f"{HEADER},rejected_because\n")
    Path("corrected.csv").write_text(rejected.replace(",x,0,95,", ",1,0,9,"))
    assert run("import", "corrected.csv")[1].startswith("added 1, updated 0,")
    assert count(postgres_embedded) == 7


def test_lines_of_one_code_are_not_guessed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_embedded: PostgresRepo
) -> None:
    """Those that differ are bad and name each other; equal ones count once."""
    monkeypatch.chdir(tmp_path)
    lines = ["7,20,60,13.4,52.5,x", "8,20,60,13.4,52.5,x", "8,20,60,13.40,52.5,y"]
    differing = "7,20,61,13.4,52.5,z"
    table = "id,size,price,lon,lat,note\n"
    Path("a.csv").write_text(table + "\n".join([*lines, differing]) + "\n")
    code, out, err = run("import", "a.csv", "--source", "x")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "rentomatic: Nothing was imported",
        "line 2: has the same code as line 5, which differs: price 61, not 60",
        "line 5: has the same code as line 2, which differs: price 60, not 61",
    ]
    assert count(postgres_embedded) == 4
    for done in ("added 1, updated 0, unchanged 0", "added 0, updated 0, unchanged 1"):
        code, out, _ = run("import", "a.csv", "--source", "x", "--skip-bad")
        assert (code, out.splitlines()[0]) == (0, f"{done}, repeated 1, rejected 2")
    rejected = Path("a.rejected.csv").read_text().splitlines()[1:]
    assert [each.partition(",has")[0] for each in rejected] == [
        f'{line},"has the same code as line {other}, which differs: price {price}"'
        for line, other, price in ((lines[0], 5, "61, not 60"), (differing, 2, "60, not 61"))
    ]


def test_rooms_of_pandas_floats_are_found_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_embedded: PostgresRepo
) -> None:
    """Under the code that an earlier release derived from `7.0`, however the file writes it."""
    monkeypatch.chdir(tmp_path)
    stored = Room(UUID("d602fba0-72e0-52f3-90c5-fef3211d2a60"), 20, 60, 13.4, 52.5)
    postgres_embedded.save([stored])
    for identity, price, done in (("7", 61, "updated 1"), ("7.0", 61, "updated 0, unchanged 1")):
        Path("a.csv").write_text(f"id,size,price,lon,lat\n{identity},20,{price},13.4,52.5\n")
        assert f"added 0, {done}" in run("import", "a.csv", "--source", "x")[1]
    assert postgres_embedded.get(stored.code) == replace(stored, price=61, reference="7")
    assert count(postgres_embedded) == 5


@pytest.mark.parametrize("chosen", ["csv", "ndjson", "geojson"])
def test_rejected_lines_can_go_to_standard_output(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    """And nothing else does, so that the next command can read them."""
    monkeypatch.chdir(tmp_path)
    written = run("list", "--limit", "none", "--format", chosen)[1]
    Path("a").write_text(written.replace("39", "-39", 1))
    options = ("--format", chosen, "--skip-bad", "--rejects")
    code, out, err = run("import", "a", *options, "-")
    assert code == 0
    assert err.splitlines()[-1] == "added 0, updated 0, unchanged 3, rejected 1"
    run("import", "a", *options, "b")
    assert out == Path("b").read_bytes().decode()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]


def test_a_dry_run_changes_nothing(run: Run, file: Path, postgres_embedded: PostgresRepo) -> None:
    """Neither rooms nor files."""
    code, out, _ = run("import", file, "--skip-bad", "--dry-run")
    assert code == 0
    assert out == ("added 1, updated 1, unchanged 1, rejected 2 (dry run: nothing was changed)\n")
    assert count(postgres_embedded) == 4
    assert not Path("offers.rejected.csv").exists()


def test_import_reads_standard_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `-`, with columns and defaults as options."""
    path = tmp_path / "stdin.csv"
    path.write_text("id;rent;lng;lat\n7;5;1;2\n")
    with path.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        options = ("--column", "price=rent", "--default", "size=1", "--source", "x")
        assert run("import", "-", *options)[1] == ("added 1, updated 0, unchanged 0, rejected 0\n")


@pytest.mark.parametrize("chosen", ["csv", "ndjson", "geojson"])
@pytest.mark.parametrize("way", ["name", "option", "stdin", "json"])
def test_what_list_writes_import_reads_back(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_embedded: PostgresRepo,
    chosen: str,
    way: str,
) -> None:
    """Unchanged, whichever way the format is found; and again after the rooms were removed."""
    postgres_embedded.save([Room(UUID(int=9), 1, 0, 1e-05, -1.5e-07)])
    rooms = everything(postgres_embedded)
    written = run("list", "--limit", "none", "--format", chosen)[1]
    path = tmp_path / {"name": f"a.{chosen}", "json": "a.json"}.get(way, "a")
    path.write_text(written)
    options = ["--format", chosen] if way == "option" or chosen == "csv" else []
    with path.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        named = "-" if way == "stdin" else path
        counted = run("import", named, *options)[1]
    assert counted == "added 0, updated 0, unchanged 5, rejected 0\n"
    for room in rooms:
        postgres_embedded.remove(room.code)
    assert run("import", path, "--format", chosen)[1].startswith("added 5, updated 0, unchanged 0,")
    assert everything(postgres_embedded) == rooms


@pytest.mark.parametrize("chosen", ["ndjson", "geojson"])
def test_rejected_objects_are_written_as_they_were(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_embedded: PostgresRepo,
    chosen: str,
) -> None:
    """With the reason, once, in a file that can be corrected and imported."""
    monkeypatch.chdir(tmp_path)
    written = run("list", "--limit", "none", "--format", chosen)[1]
    bad = written.replace('"price":39', '"price":-3.90,"note":"a}"').replace(
        '"size":93', '"size":"x"'
    )
    Path("a.txt").write_text(bad)
    options = ("--format", chosen, "--skip-bad", "--rejects")
    unit = {"ndjson": "line", "geojson": "feature"}[chosen]
    code, out, err = run("import", "a.txt", *options, "b.txt")
    assert code == 0
    assert out.startswith("added 0, updated 0, unchanged 2, rejected 2\n")
    assert err.startswith(f"{unit} 1: price must be an integer, not '-3.90'; give --round")
    code, out, err = run("import", "b.txt", *options, "c.txt")
    assert out.startswith("added 0, updated 0, unchanged 0, rejected 2\n")
    rejected = Path("c.txt").read_text()
    assert rejected == Path("b.txt").read_text()
    assert '"price":-3.90,"note":"a}"' in rejected
    assert rejected.count('"rejected_because":"price must be an integer, not \'-3.90\';') == 1
    corrected = rejected.replace("-3.90", "39").replace('"x"', "94")
    Path("c.txt").write_text(corrected)
    assert run("import", "c.txt", "--format", chosen)[1].startswith(
        "added 0, updated 1, unchanged 1,"
    )
    assert count(postgres_embedded) == 4


def test_other_rejected_lines_are_wrapped_in_objects(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, so that the file of rejected lines is also NDJSON."""
    monkeypatch.chdir(tmp_path)
    deep = b"[" * 60_000
    Path("a.ndjson").write_bytes(b'\n{"code":\n[1]\n{}\n{"x":"\xff"}\n\xff"\n' + deep)
    code, out, err = run("import", "a.ndjson", "--skip-bad")
    assert code == 0
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        f"line {n}" for n in range(2, 8)
    ]
    assert out.splitlines() == [
        "added 0, updated 0, unchanged 0, rejected 6",
        "the rejected lines are in a.rejected.ndjson",
    ]
    lines = Path("a.rejected.ndjson").read_bytes().splitlines()
    assert json.loads(lines[0])["rejected_line"] == '{"code":'
    assert json.loads(lines[1])["rejected_line"] == "[1]"
    assert list(json.loads(lines[2])) == ["rejected_because"]
    assert lines[3] == b'{"x":"\xff","rejected_because":"is not UTF-8 text"}'
    assert lines[4].startswith(b'{"rejected_line":"\xff\\"","rejected_because":')
    assert json.loads(lines[5])["rejected_line"] == deep.decode()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.csv"], "missing.csv: No such file or directory"),
        (
            ["offers.csv", "--column", "size=m2"],
            "column: there is no column 'm2'; columns are",
        ),
        (["offers.csv", "--rejects", "x.csv"], "--rejects needs --skip-bad"),
        (["offers.csv", "--skip-bad", "--rejects", "offers.csv"], "is the file to import"),
        (["offers.txt"], "format: 'offers.txt' does not end in one of .geojson .csv"),
        (["offers.json"], "format: a JSON array is not one of geojson, csv, ndjson"),
        (
            ["offers.txt", "--format", "geojson", "--default", "latitude=1"],
            "default: latitude comes from the Points in GeoJSON; it cannot be given",
        ),
        (["offers.csv", "--format", "geojson"], "file: is not GeoJSON, so what follows cannot be"),
    ],
)
def test_import_reports_what_cannot_be_read(
    run: Run, file: Path, arguments: list[str], problem: str
) -> None:
    """On one line, with an exit code other than 0."""
    Path("offers.txt").write_text("")
    Path("offers.json").write_text("[]")
    code, out, err = run("import", *arguments)
    assert code != 0
    assert out == ""
    assert problem in err
    assert err.removeprefix("rentomatic: Nothing was imported\n").count("\n") == 1


def test_the_delimiter_of_a_table_can_be_given(run: Run, tmp_path: Path) -> None:
    """A tab also by its name."""
    path = tmp_path / "a.csv"
    for delimiter, given in [("|", "|"), ("\t", "tab"), ("\t", r"\t"), (";", ";")]:
        path.write_text(f"{HEADER}\n{UUID(int=1)},1,1,0,0\n".replace(",", delimiter))
        code, out, _ = run("import", path, "--delimiter", given, "--dry-run")
        assert (code, out.partition(",")[0]) == (0, "added 1")
    code, _, err = run("import", path, "--delimiter", "||")
    assert code == 2
    assert err.startswith("rentomatic: delimiter: must be one character, and not a letter")


def test_import_names_the_columns_that_are_not_used(run: Run, tmp_path: Path) -> None:
    """Except those to ignore; the unnamed index of pandas may be unused, or be the code."""
    path = tmp_path / "a.csv"
    path.write_text(f",size,floor,price,lon,lat,rooms\n{UUID(int=1)},1,x,1,0,0,3\n")
    options = ("--column", "code=", "--dry-run")
    code, out, err = run("import", path, *options)
    assert (code, out.partition(",")[0]) == (0, "added 1")
    used = "code from Unnamed: 0, size, price, latitude from lat, longitude from lon"
    assert err == f"fields: {used}\nignored columns: floor, rooms\n"
    err = run("import", path, *options, "--ignore", "floor", "--ignore", "ROOMS")[2]
    assert err == f"fields: {used}\n"
    _, _, err = run("import", path, "--column", "code=floor", "--source", "x", "--dry-run")
    assert err.splitlines()[1:] == ["ignored columns: Unnamed: 0, rooms"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--column", "size=a", "--column", "size=b"], "--column: size is given more than once: "),
        (["--default", "size=1", "--default", "size=1"], "--default: size is given more than once"),
        (["--source", "a", "--source", "b"], "--source: is given more than once"),
        (["--format", "csv", "--format=csv"], "--format: is given more than once"),
        (["--delimiter", ";", "--delimiter", ","], "--delimiter: is given more than once"),
    ],
)
def test_an_option_that_is_given_twice_is_refused(
    run: Run, file: Path, options: list[str], problem: str
) -> None:
    """The last one would silently win."""
    code, out, err = run("import", file, *options)
    assert (code, out) == (2, "")
    assert f"error: argument {problem}" in err


def test_no_command_uses_the_last_of_two_values(run: Run) -> None:
    """For any option."""
    code, out, err = run("list", "--limit", "1", "--sort=price", "--limit", "2")
    assert (code, out) == (2, "")
    assert err.endswith("error: argument --limit: is given more than once\n")


def test_import_reads_what_a_spreadsheet_exports(
    run: Run, tmp_path: Path, postgres_embedded: PostgresRepo
) -> None:
    """With decimal commas and gaps, once options say what they mean."""
    path = tmp_path / "a.csv"
    path.write_text(
        "sep=;\r\nid;Superficie (m2);Precio (mes, EUR);lon;lat\r\n"
        f'{UUID(int=1)};52,5;"1.200,00";-3,70379;40,41678\r\n'
        f"{UUID(int=2)};#N/A;950;-3,7;40,4\r\n;;;;\r\n",
        encoding="utf-8-sig",
        newline="",
    )
    columns = ("--column", "size=Superficie (m2)", "--column", "price=Precio (mes, EUR)")
    code, _, err = run("import", path, *columns)
    assert code == 2
    assert "; give --decimal , if the comma is the decimal sign" in err
    assert "looks like no value; give --null-text '#N/A' and --default size=VALUE" in err
    options = ("--decimal", ",", "--round", "--null-text", "#N/A", "--default", "size=1")
    outcome = run("import", path, *columns, *options)
    assert outcome[:2] == (0, "added 2, updated 0, unchanged 0, rejected 0\n")
    rooms = {room.code.int: room for room in everything(postgres_embedded)}
    assert rooms[1] == Room(UUID(int=1), 53, 1200, -3.70379, 40.41678)
    assert rooms[2].size == 1
