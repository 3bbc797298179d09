"""The command line, in this process, on a real PostgreSQL."""

import json
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from rentomatic import __version__
from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.database import create_database
from rentomatic.tokens import token_line
from rentomatic.variables import SETTINGS
from tests.cli.conftest import Run


def test_version_is_the_packages(run: Run) -> None:
    """One line."""
    assert run("--version") == (0, f"rentomatic {__version__}\n", "")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PORT", "x"),
        ("WEB_CONCURRENCY", "auto"),
        ("DATABASE_URL", "nonsense"),
        ("RENTOMATIC_ENV_FILE", "/nonexistent"),
        ("GUNICORN_CMD_ARGS", "--nonsense"),
    ],
)
def test_version_and_help_need_no_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    """The help shows how to correct a setting."""
    monkeypatch.setenv(name, wrong)
    assert run("--version") == (0, f"rentomatic {__version__}\n", "")
    assert run("help", "check")[0] == 0


def test_help_is_shown_to_whoever_asks_for_nothing(run: Run) -> None:
    """And by `help`, of a command too."""
    everything = run("--help")
    assert everything[0] == 0
    assert run() == run("help") == everything
    assert run("help", "list") == run("list", "--help")
    assert run("help", "token", "new") == run("token", "new", "--help")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["list"],
        ["summary"],
        ["relax"],
        ["get"],
        ["export"],
        ["add"],
        ["update"],
        ["remove"],
        ["import"],
        ["token"],
        ["init-postgres"],
        ["check"],
        ["serve"],
        ["psql"],
    ],
)
def test_help_names_command_and_arguments(run: Run, command: list[str]) -> None:
    """For every command; the first line is its usage."""
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: {' '.join(['rentomatic', *command])} ")


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["nothing"],
            ["help", "nothing"],
            ["list", "--nothing"],
            ["get"],
            ["serve", "--port", "0"],
        ),
        *(["add"], ["update", "x"], ["remove"], ["remove", "x", "y"]),
        *(["import", "x", "--column", "size"], ["import", "x", "--default", "colour=red"]),
    ],
)
def test_wrong_arguments_end_with_2(run: Run, arguments: list[str]) -> None:
    """And the usage."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: rentomatic")


def test_list_writes_json_in_a_pipe(run: Run, rooms: list[Room]) -> None:
    """The same array as over HTTP, on one line."""
    code, out, _ = run("list", "price__lt=60", "size__gte=90", "--limit", "10")
    assert code == 0
    assert [room["code"] for room in json.loads(out)] == [str(rooms[0].code), str(rooms[3].code)]
    assert out.count("\n") == 1


def test_list_writes_a_table_on_demand(run: Run) -> None:
    """With the fields as its header, or a note that there are no rooms."""
    code, out, _ = run("list", "price__eq=39", "--format", "table")
    header, _, line = out.splitlines()
    assert code == 0
    assert header.split() == ["code", "size", "price", "latitude", "longitude"]
    assert line.split() == [
        *("f853578c-fc0f-4e65-81b8-566c5dffa35a", "215", "39", "51.754363", "-0.099990"),
    ]
    assert run("list", "price__eq=1", "--format", "table") == (0, "no rooms\n", "")


def test_list_reports_all_errors_at_once(run: Run) -> None:
    """In the same words as HTTP."""
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


def test_get_reports_a_missing_room(run: Run) -> None:
    """3 for an unknown room, 2 for an invalid code."""
    code, out, err = run("get", "00000000-0000-0000-0000-000000000000")
    assert (code, out) == (3, "")
    assert err.startswith("rentomatic: There is no room with the code 0000")
    assert run("get", "abc")[0] == 2


def test_check_shows_every_setting_and_no_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, embedded_rooms: PostgresDatabase
) -> None:
    """One line each, and one for each thing that the service needs."""
    url = embedded_rooms.url.replace("@/", ":hidden@/")
    monkeypatch.setenv("DATABASE_URL", url)
    code, out, _ = run("check")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        *(setting.name for setting in SETTINGS),
        *("sign-in", "gis", "database", "migrations", "webhooks"),
        *("indexes", "connections", "clock"),
    ]
    assert "hidden" not in out
    assert "PORT                          8000 (default)" in out
    assert "migrations                    all applied\n" in out
    assert "indexes                       all valid\n" in out


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({}, "not possible without a token; make one: rentomatic token new"),
        (
            {"RENTOMATIC_TOKENS": token_line("office", "x")},
            (
                "not possible: RENTOMATIC_PUBLIC_URL is not set; set it to the site's address,"
                " such as https://rooms.example.com"
            ),
        ),
        (
            {
                "RENTOMATIC_TOKENS": token_line("office", "x"),
                "RENTOMATIC_PUBLIC_URL": "http://a.example",
            },
            (
                "not possible: RENTOMATIC_PUBLIC_URL is http://a.example; set it to the site's"
                " address, such as https://rooms.example.com"
            ),
        ),
        (
            {
                "RENTOMATIC_TOKENS": token_line("office", "x"),
                "RENTOMATIC_PUBLIC_URL": "https://a.example",
            },
            "https://a.example/sign-in",
        ),
    ],
    ids=["no-token", "no-url", "no-https", "possible"],
)
def test_check_says_where_people_can_sign_in(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    embedded_rooms: PostgresDatabase,
    settings: dict[str, str],
    state: str,
) -> None:
    """Or what is missing; the rest of the service works without."""
    for name, value in {"DATABASE_URL": embedded_rooms.url, **settings}.items():
        monkeypatch.setenv(name, value)
    code, out, _ = run("check")
    assert code == 0
    assert f"sign-in                       {state}\n" in out


@pytest.mark.parametrize(
    ("public_url", "state"),
    [
        (
            "",
            (
                "RENTOMATIC_PUBLIC_URL is not set, so the links at /ogc are relative: QGIS and"
                " older releases of GDAL cannot open the layer; set it to the site's address, such"
                " as https://rooms.example.com"
            ),
        ),
        ("https://a.example/", "https://a.example/ogc"),
    ],
    ids=["no-url", "url"],
)
def test_check_says_which_address_gis_clients_open(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    embedded_rooms: PostgresDatabase,
    public_url: str,
    state: str,
) -> None:
    """Or what relative links cost them; the rest of the service works without."""
    monkeypatch.setenv("DATABASE_URL", embedded_rooms.url)
    monkeypatch.setenv("RENTOMATIC_PUBLIC_URL", public_url)
    code, out, _ = run("check")
    assert code == 0
    assert f"gis                           {state}\n" in out


def test_an_unreachable_database_ends_with_4(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, but without a password or a traceback."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/rooms")
    for command in (["list"], ["get", "f853578c-fc0f-4e65-81b8-566c5dffa35a"], ["init-postgres"]):
        code, out, err = run(*command)
        assert (code, out) == (4, "")
        assert "hidden" not in err
        assert "Traceback" not in err
    code, out, _ = run("check")
    assert code == 4
    assert "database                      FAILED: configured PostgreSQL: connection failed: " in out
    assert "hidden" not in out
    assert run("check", "--before-start")[0] == 0


def test_check_reports_what_would_not_work(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    new_database: Callable[[], PostgresDatabase],
    tmp_path: Path,
) -> None:
    """And what would; the service may start nevertheless, and serves once that is fixed."""
    database = new_database()
    create_database(database)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("create table room (code int)")
        connection.execute("insert into room values (1), (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("create unique index concurrently broken on room (code)")
    with socket.socket(socket.AF_UNIX) as open_socket:
        open_socket.bind(str(tmp_path / "open.sock"))
        (tmp_path / "open.sock").chmod(0o666)
        monkeypatch.setenv("DATABASE_URL", database.url)
        monkeypatch.setenv("WEB_CONCURRENCY", "100")
        monkeypatch.setenv("RENTOMATIC_SOCKET", str(tmp_path / "open.sock"))
        code, out, _ = run("check")
        assert run("check", "--before-start")[0] == 0
    assert code == 4
    failed = dict(re.findall(r"^(\w+) +FAILED: (.*)", out, re.MULTILINE))
    assert failed.keys() == {"migrations", "indexes", "connections", "socket"}
    assert failed["migrations"].startswith("The database lacks 0001.create-room")
    assert failed["indexes"] == "invalid: broken; run: REINDEX INDEX CONCURRENTLY"
    assert failed["connections"].endswith("; lower WEB_CONCURRENCY or RENTOMATIC_THREADS")
    assert failed["socket"].endswith(
        "open.sock has mode 0666: every account may connect; use 0660 at most"
    )


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda _path: None, "No such file or directory; run: systemctl start rentomatic.socket"),
        (Path.touch, "is not a socket; remove it"),
    ],
)
def test_check_looks_for_the_socket(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    embedded_rooms: PostgresDatabase,
    tmp_path: Path,
    make: Callable[[Path], None],
    problem: str,
) -> None:
    """A proxy could not connect to a missing file, or to one that is not a socket."""
    make(tmp_path / "a.sock")
    monkeypatch.setenv("DATABASE_URL", embedded_rooms.url)
    monkeypatch.setenv("RENTOMATIC_SOCKET", str(tmp_path / "a.sock"))
    code, out, _ = run("check")
    assert code == 4
    assert out.endswith(f"{problem}\n")


def test_an_unmigrated_database_is_reported_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], PostgresDatabase]
) -> None:
    """Commands do not migrate a configured database."""
    monkeypatch.setenv("DATABASE_URL", new_database().url)
    assert run("init-postgres")[1].endswith(" created; next: rentomatic migrate\n")
    code, out, err = run("list")
    assert (code, out) == (4, "")
    assert "The database lacks 0001.create-room, " in err
    assert "; run: rentomatic migrate" in err


def test_init_postgres_is_idempotent(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], PostgresDatabase]
) -> None:
    """The second time it says that the database exists, and changes nothing."""
    database = new_database()
    monkeypatch.setenv("DATABASE_URL", database.url)
    assert run("init-postgres") == (
        *(0, f"database {database.name} created; next: rentomatic migrate\n", ""),
    )
    for _ in range(2):
        assert run("init-postgres") == (
            *(0, f"database {database.name} already exists; nothing changed\n", ""),
        )


def test_psql_opens_the_same_database(run: Run) -> None:
    """All arguments are psql's, and so is the exit code."""
    assert run("psql", "-X", "-A", "-t", "-c", "select count(*) from room")[:2] == (0, "4\n")
    before = signal.getsignal(signal.SIGINT)
    assert run("psql", "-X", "-c", "selekt")[0] == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_what_needs_postgresql_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """MongoDB has no psql and no database to create."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("MONGODB_URL", "mongodb://nowhere.invalid/rooms")
    for command in ("psql", "init-postgres"):
        code, _, err = run(command)
        assert code == 1
        assert err == "rentomatic: this needs PostgreSQL, but MONGODB_URL selects MongoDB\n"


def test_wrong_settings_end_with_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the command."""
    monkeypatch.setenv("PORT", "x")
    for command in ("list", "check", "serve"):
        code, out, err = run(command)
        assert (code, out) == (1, "")
        assert err == "rentomatic: PORT must be an integer from 1 to 65535, not 'x'\n"


@pytest.mark.parametrize(
    ("variables", "options", "state"),
    [
        ({}, [], "4 workers of 4 threads use up to 23 of the 97 connections that max_connections"),
        (
            {"RENTOMATIC_MACHINES": "3"},
            [],
            "3 machines with 4 workers of 4 threads use up to 63 of the 97 connections that max_",
        ),
        (
            {"RENTOMATIC_MACHINES": "3"},
            ["--machines", "5"],
            "FAILED: 5 machines with 4 workers of 4 threads use up to 103 of the 97 connections",
        ),
    ],
)
def test_check_counts_the_connections_of_all_machines(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    embedded_rooms: PostgresDatabase,
    variables: dict[str, str],
    options: list[str],
    state: str,
) -> None:
    """Each thread has one, each worker one for its probe; a command has some too."""
    for name, value in ({"DATABASE_URL": embedded_rooms.url} | variables).items():
        monkeypatch.setenv(name, value)
    code, out, _ = run("check", *options)
    assert f"connections                   {state}" in out
    assert code == (4 if "FAILED" in state else 0)


@pytest.mark.parametrize("machines", ["0", "two", "1001"])
def test_check_refuses_an_impossible_number_of_machines(run: Run, machines: str) -> None:
    """The message says which numbers are possible."""
    code, _, err = run("check", "--machines", machines)
    assert code == 2
    assert f"must be an integer from 1 to 1000, not '{machines}'" in err


@pytest.mark.parametrize(
    ("limited", "limit"),
    [("role clerk", "the role may have"), ("database {}", "the database may have")],
)
def test_check_names_the_limit_that_counts(
    run: Run, monkeypatch: pytest.MonkeyPatch, database: PostgresDatabase, limited: str, limit: str
) -> None:
    """The smallest of the server's, the role's and the database's."""
    named = limited.format(database.name)
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        connection.execute("drop role if exists clerk")
        connection.execute("create role clerk superuser login")
        connection.execute(f"alter {named} connection limit 22".encode())
    try:
        monkeypatch.setenv("DATABASE_URL", database.url.replace("rentomatic@", "clerk@"))
        code, out, _ = run("check")
    finally:
        with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
            connection.execute("drop role clerk")
    assert code == 4
    assert f"use up to 23 of the 22 connections that {limit}; lower WEB_CONCURRENCY" in out
