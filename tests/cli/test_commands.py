"""The command line, run in this process on a real PostgreSQL."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rentomatic import __version__
from rentomatic.cli import main
from rentomatic.config import SETTINGS, PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest

HEADER = "code,size,price,longitude,latitude"
PRICE = "price must be an amount such as 1200 or $1,200.00, not 'x'"
LATITUDE = "latitude must be from -90 to 90, not '95'; were longitude and latitude swapped?"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    postgres_embedded: PostgresRepo,
    embedded_rooms: PostgresDatabase,
    rooms: list[Room],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command on a database with the book's rooms; give exit code, output and errors."""
    monkeypatch.setenv("DATABASE_URL", embedded_rooms.url)
    postgres_embedded.save(rooms)

    def run_command(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        return (code, *capfd.readouterr())

    return run_command


def test_version_is_the_packages(run: Run) -> None:
    """One line."""
    assert run("--version") == (0, f"rentomatic {__version__}\n", "")


@pytest.mark.parametrize(
    "command",
    [[], ["list"], ["get"], ["import"], ["init-postgres"], ["check"], ["serve"], ["psql"]],
)
def test_help_names_command_and_arguments(run: Run, command: list[str]) -> None:
    """For every command; the first line is its usage."""
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: {' '.join(['rentomatic', *command])} ")


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["list", "--nothing"], ["get"]])
def test_wrong_arguments_end_with_2(run: Run, arguments: list[str]) -> None:
    """And the usage."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: rentomatic")


def test_list_gives_json_in_a_pipe(run: Run, rooms: list[Room]) -> None:
    """The array that HTTP gives, as one line."""
    code, out, _ = run("list", "price__lt=60", "size__gte=90", "--limit", "10")
    assert code == 0
    assert [room["code"] for room in json.loads(out)] == [str(rooms[0].code), str(rooms[3].code)]
    assert out.count("\n") == 1


def test_list_gives_a_table_on_demand(run: Run) -> None:
    """With the fields as its header; of no rooms it says so."""
    code, out, _ = run("list", "price__eq=39", "--format", "table")
    header, _, line = out.splitlines()
    assert code == 0
    assert header.split() == ["code", "size", "price", "latitude", "longitude"]
    assert line.split() == [
        *("f853578c-fc0f-4e65-81b8-566c5dffa35a", "215", "39", "51.754363", "-0.099990"),
    ]
    assert run("list", "price__eq=1", "--format", "table") == (0, "no rooms\n", "")


def test_list_tells_every_error_at_once(run: Run) -> None:
    """In the words of HTTP."""
    code, out, err = run(
        *("list", "prise__lt=1", "price__lt=x", "price", "size__eq=1", "size__eq=2", "--limit", "0")
    )
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "rentomatic: filters: 'price' is not FIELD__OPERATOR=VALUE",
        "filters: size__eq is given more than once",
        "filters: Key prise__lt cannot be used; did you mean price__lt?",
        "filters: price__lt must be an integer of at most 18 digits such as 60, not 'x'",
        "limit: must be an integer from 1 to 1000, or none, not '0'",
    ]


def test_get_shows_one_room(run: Run, rooms: list[Room]) -> None:
    """As JSON in a pipe, as a table on demand."""
    code, out, _ = run("get", rooms[0].code)
    assert code == 0
    assert json.loads(out)["price"] == 39
    assert "215" in run("get", rooms[0].code, "--format", "table")[1]


def test_get_tells_what_there_is_not(run: Run) -> None:
    """3 for no such room, 2 for no such code."""
    code, out, err = run("get", "00000000-0000-0000-0000-000000000000")
    assert (code, out) == (3, "")
    assert err.startswith("rentomatic: There is no room with the code 0000")
    assert run("get", "abc")[0] == 2


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
    return len(list(repository.search(RoomListRequest(limit=None))))


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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.csv"], "No such file or directory: 'missing.csv'"),
        (["offers.csv", "--column", "size"], "--column wants FIELD=..., such as --column size=1"),
        (["offers.csv", "--default", "=1"], "there is no field ; fields are code, size"),
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


def test_check_shows_every_setting_and_no_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, embedded_rooms: PostgresDatabase
) -> None:
    """A line each, and one for the database."""
    url = embedded_rooms.url.replace("@/", ":hidden@/")
    monkeypatch.setenv("DATABASE_URL", url)
    code, out, _ = run("check")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        *(setting.name for setting in SETTINGS),
        "database",
    ]
    assert "hidden" not in out
    assert "PORT                      8000 (default)" in out
    assert out.splitlines()[-1].endswith("ok, fully migrated")


def test_a_database_that_is_away_ends_with_4(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reason is for whoever has the terminal."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/rooms")
    for command in (["list"], ["get", "f853578c-fc0f-4e65-81b8-566c5dffa35a"], ["init-postgres"]):
        code, out, err = run(*command)
        assert (code, out) == (4, "")
        assert "hidden" not in err
        assert "Traceback" not in err
    code, out, _ = run("check")
    assert code == 4
    assert "FAILED: The database cannot answer now" in out


def test_an_unmigrated_database_is_told_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], PostgresDatabase]
) -> None:
    """A configured database is migrated by whoever owns it."""
    monkeypatch.setenv("DATABASE_URL", new_database().url)
    assert run("init-postgres")[1].endswith(" is created; next: yoyo apply\n")
    code, out, err = run("list")
    assert (code, out) == (4, "")
    assert "The database lacks 0001.create-room; run: yoyo apply" in err


def test_init_postgres_is_idempotent(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], PostgresDatabase]
) -> None:
    """The second time it says that the database exists, and changes nothing."""
    database = new_database()
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert run("init-postgres") == (
        *(0, f"database {database.name} is created; next: yoyo apply\n", ""),
    )
    for _ in range(2):
        assert run("init-postgres") == (
            *(0, f"database {database.name} exists already; nothing is changed\n", ""),
        )


def test_psql_opens_the_same_database(run: Run) -> None:
    """All arguments are psql's, and so is the exit code."""
    assert run("psql", "-X", "-A", "-t", "-c", "select count(*) from room")[:2] == (0, "4\n")
    assert run("psql", "-X", "-c", "selekt")[0] == 1


def test_what_needs_postgresql_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """MongoDB has no psql and no database to create."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("MONGODB_URL", "mongodb://nowhere.invalid/rooms")
    for command in ("psql", "init-postgres"):
        code, _, err = run(command)
        assert code == 1
        assert err == f"rentomatic: {command} needs PostgreSQL, and MONGODB_URL names MongoDB\n"


def test_wrong_settings_end_with_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the command."""
    monkeypatch.setenv("PORT", "x")
    for command in ("list", "check", "serve"):
        code, out, err = run(command)
        assert (code, out) == (1, "")
        assert err == "rentomatic: PORT must be an integer from 1 to 65535, not 'x'\n"
