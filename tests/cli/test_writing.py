"""Writing on the command line follows the same rules as over HTTP."""

import json
import os
import pty
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from uuid import UUID

import pytest

from rentomatic.cli.outcome import EXIT_CODES, INTERRUPTED
from rentomatic.domain.room import FIELDS, Room
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.tokens import digest_of
from tests.cli.conftest import Run

VALUES = ["size=20", "price=60", "longitude=13.4", "latitude=-52"]
UNUSED = UUID(int=0)


def test_a_room_is_added(run: Run, postgres_embedded: PostgresRepo) -> None:
    """And shown, with its new code."""
    code, out, err = run("add", *VALUES)
    assert (code, err) == (0, "")
    shown = json.loads(out)
    room = Room(UUID(shown["code"]), 20, 60, 13.4, -52.0)
    assert postgres_embedded.get(room.code) == room
    assert run("get", room.code)[1] == out


def test_a_code_is_taken_once(run: Run, rooms: list[Room]) -> None:
    """The second time it ends with 6, and the stored room is unchanged."""
    assert run("add", *VALUES, f"code={UNUSED}", "--format", "csv")[1].splitlines() == [
        ",".join(FIELDS),
        f"{UNUSED},20,60,-52.0,13.4,,,,,,,,",
    ]
    for taken in (UNUSED, rooms[0].code):
        before = run("get", taken)[1]
        code, out, err = run("add", "size=1", *VALUES[1:], f"code={taken}")
        assert (code, out) == (6, "")
        assert err == f"rentomatic: There is already a room with the code {taken}\n"
        assert run("get", taken)[1] == before


def test_all_errors_are_reported_at_once(run: Run) -> None:
    """Unknown, unreadable, repeated, missing and invalid values; 2."""
    code, out, err = run("add", "size=1e3", "size=5", "prise=1", "latitude=120", "code", "price=-1")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "rentomatic: size: must be an integer of at most 18 digits such as 60, not '1e3'",
        "size: is given more than once",
        ("latitude: must be from -90 to 90, not '120'; were longitude and latitude swapped?"),
        "fields: 'code' is not FIELD=VALUE",
        (f"prise: is not a field of a room; fields are {', '.join(FIELDS)}; did you mean price?"),
        "longitude: is missing",
        "price: must be an integer from 0 to 9007199254740991, not -1",
    ]


def test_an_empty_value_is_not_also_reported_as_missing(run: Run) -> None:
    """One cause, one line."""
    code, _, err = run("add", "size=1", "price=", "longitude=13.4", "latitude=52.5")
    assert (code, err) == (2, "rentomatic: price: has no value\n")


@pytest.mark.parametrize(("command", "names"), [("add", [*FIELDS]), ("update", [*FIELDS][1:])])
def test_the_help_lists_the_fields_that_can_be_given(
    run: Run, command: str, names: list[str]
) -> None:
    """The code of an existing room cannot."""
    listed = run(command, "--help")[1].partition("\nfields")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()[1:]] == names


def test_some_fields_are_changed(run: Run, rooms: list[Room]) -> None:
    """And the room is shown; 3 if there is none, 2 if the values are invalid."""
    code, out, _ = run("update", rooms[0].code, "price=41", "size=9")
    assert code == 0
    assert json.loads(out) | {"price": 41, "size": 9} == json.loads(out)
    assert run("get", rooms[0].code)[1] == out
    assert run("update", UNUSED, "price=41")[0] == 3
    code, out, err = run("update", "abc", "price=x", f"code={UNUSED}")
    assert (code, out) == (2, "")
    assert [line.split(": ")[-2] for line in err.splitlines()] == ["code", "price", "code"]


def test_a_room_is_removed(run: Run, rooms: list[Room]) -> None:
    """Once; then it does not exist."""
    assert run("remove", rooms[0].code, "--yes") == (0, f"removed {rooms[0].code}\n", "")
    assert run("remove", rooms[0].code, "--yes")[0] == 3
    assert run("remove", "abc", "--yes")[0] == 2
    assert len(json.loads(run("list")[1])) == 3


def test_no_room_is_removed_by_accident(
    run: Run, rooms: list[Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal to ask on, --yes is needed."""
    monkeypatch.setattr(sys, "stdin", StringIO("y\n"))
    code, out, err = run("remove", rooms[0].code)
    assert (code, out) == (2, "")
    assert err.endswith("give --yes\n")
    assert len(json.loads(run("list")[1])) == 4


@pytest.fixture
def type_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Make standard input a terminal, and return what types on it."""
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "wb", buffering=0) as keys, os.fdopen(terminal) as read:
        monkeypatch.setattr(sys, "stdin", read)
        yield keys.write


@pytest.mark.parametrize(
    ("typed", "is_removed"),
    [(b"y\n", True), (b"Yes\n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)],
)
def test_a_removal_must_be_confirmed(
    run: Run,
    rooms: list[Room],
    type_on_a_terminal: Callable[[bytes], None],
    typed: bytes,
    is_removed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Only a yes removes the room."""
    type_on_a_terminal(typed)
    code, _, err = run("remove", rooms[0].code)
    assert err.startswith(f"Remove the room {rooms[0].code}? [y/N] ")
    assert code == (0 if is_removed else EXIT_CODES[INTERRUPTED])
    assert (run("get", rooms[0].code)[0] == 3) == is_removed


def test_export_writes_all_rooms(run: Run, postgres_embedded: PostgresRepo) -> None:
    """More than a page, in any format and order, like `list --limit none`."""
    more = [Room(UUID(int=n), n, n, 0.0, 0.0) for n in range(1, 1_500)]
    postgres_embedded.save(more)
    code, out, err = run("export", "--format", "csv", "--sort", "-price")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 1 + 4 + len(more)
    assert run("export")[1] == run("list", "--limit", "none")[1]
    assert len(json.loads(run("export", "price__lt=10")[1])) == 9
    assert run("export", "--limit", "3")[0] == 2


def test_what_is_exported_can_be_imported(run: Run, rooms: list[Room], tmp_path: object) -> None:
    """And changes nothing."""
    file = f"{tmp_path}/rooms.csv"
    with open(file, "w", encoding="utf-8", newline="") as exported:  # noqa: PTH123 - of any kind
        exported.write(run("export", "--format", "csv")[1])
    assert run("import", file)[1] == f"added 0, updated 0, unchanged {len(rooms)}, rejected 0\n"


def test_a_token_is_shown_once_next_to_its_line(run: Run) -> None:
    """The line to configure is on standard output, the token on standard error."""
    code, out, err = run("token", "new", "--name", "office")
    assert code == 0
    token = err.splitlines()[0].rpartition(" ")[2]
    assert out == f"office:{digest_of(token)}\n"
    assert token not in out


@pytest.mark.parametrize(
    "arguments", [["token"], ["token", "new"], ["token", "new", "--name", "a,b"]]
)
def test_a_token_needs_a_name(run: Run, arguments: list[str]) -> None:
    """One that fits a line."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: rentomatic token")
