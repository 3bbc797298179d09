"""`rentomatic import`, run in this process on a real PostgreSQL."""

import sys
from pathlib import Path

import pytest

from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from tests.cli.conftest import Run

HEADER = "code,size,price,longitude,latitude"
PRICE = "price must be an amount such as 1200 or $1,200.00, not 'x'"
LATITUDE = "latitude must be from -90 to 90, not '95'; were longitude and latitude swapped?"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a changed, an unchanged, a new and two bad lines, in the present folder."""
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


def count(repository: PostgresRepo) -> int:
    """Count the rooms."""
    return len(list(repository.search(RoomListRequest(limit=None)).rooms))


def test_import_refuses_a_file_with_bad_lines(
    run: Run, file: Path, postgres_embedded: PostgresRepo
) -> None:
    """Each is told, and nothing is changed."""
    code, out, err = run("import", file)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "rentomatic: Nothing is imported",
        "line 4: code is no UUID: '7'; give --source NAME to make one of it",
        f"line 5: {PRICE}; {LATITUDE}",
    ]
    assert count(postgres_embedded) == 4


def test_import_can_skip_bad_lines_and_keeps_them(
    run: Run, file: Path, postgres_embedded: PostgresRepo
) -> None:
    """In a file that can be mended and imported again."""
    code, out, err = run("import", file, "--skip-bad", "--source", "x")
    assert code == 0
    assert out.splitlines() == [
        "added 2, updated 1, unchanged 1, rejected 1",
        "the rejected lines are in offers.rejected.csv",
    ]
    assert err.startswith("line 5: price must be")
    rejected = Path("offers.rejected.csv").read_text()
    assert rejected.startswith(f"{HEADER},rejected_because\n")
    Path("mended.csv").write_text(rejected.replace(",x,0,95,", ",1,0,9,"))
    assert run("import", "mended.csv")[1].startswith("added 1, updated 0,")
    assert count(postgres_embedded) == 7


def test_a_dry_run_changes_nothing(run: Run, file: Path, postgres_embedded: PostgresRepo) -> None:
    """No room and no file."""
    code, out, _ = run("import", file, "--skip-bad", "--dry-run")
    assert code == 0
    assert out == ("added 1, updated 1, unchanged 1, rejected 2 (dry run: nothing is changed)\n")
    assert count(postgres_embedded) == 4
    assert not Path("offers.rejected.csv").exists()


def test_import_reads_standard_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named `-`; columns and defaults are given as options."""
    path = tmp_path / "stdin.csv"
    path.write_text("id;rent;lng;lat\n7;5;1;2\n")
    with path.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        options = ("--column", "price=rent", "--default", "size=1", "--source", "x")
        assert run("import", "-", *options)[1] == ("added 1, updated 0, unchanged 0, rejected 0\n")


def test_import_changes_nothing_when_a_file_cannot_be_read_to_its_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_embedded: PostgresRepo
) -> None:
    """Not even with --skip-bad: nobody knows what the rest would have been."""
    monkeypatch.chdir(tmp_path)
    good = [f"00000000-0000-0000-0000-{n:012d},1,1,0,0" for n in range(9)]
    lines = [HEADER, *good[:3], f'"{good[3]}', *good[4:]]
    Path("torn.csv").write_text("\n".join(lines))
    code, out, err = run("import", "torn.csv", "--skip-bad")
    assert (code, out) == (2, "")
    assert "line 5: is not CSV, so what follows cannot be read" in err
    assert count(postgres_embedded) == 4
    assert not Path("torn.rejected.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.csv"], "missing.csv: No such file or directory"),
        (
            ["offers.csv", "--column", "size=m2"],
            "column: there is no column 'm2'; columns are",
        ),
        (["offers.csv", "--rejects", "x.csv"], "--rejects goes with --skip-bad"),
        (["offers.csv", "--skip-bad", "--rejects", "offers.csv"], "is the file to import"),
    ],
)
def test_import_tells_what_cannot_be_read(
    run: Run, file: Path, arguments: list[str], told: str
) -> None:
    """In one line, with a status that is not 0."""
    code, out, err = run("import", *arguments)
    assert code != 0
    assert out == ""
    assert told in err
    assert err.count("\n") == 1
