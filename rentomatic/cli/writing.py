"""`rentomatic add`, `update` and `remove`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from rentomatic.cli.outcome import report_failure, run_use_case
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.rooms import add_format, write_room
from rentomatic.cli.streams import after, report
from rentomatic.config import Settings
from rentomatic.demo import EXAMPLE_CHANGE, example_values
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, Room
from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_fields import Value, parser_of
from rentomatic.requests.room_write import (
    CODE,
    build_room_add_request,
    build_room_remove_request,
    build_room_update_request,
)
from rentomatic.responses import ResponseFailure, ResponseTypes
from rentomatic.use_cases.room_write import (
    room_add_use_case,
    room_remove_use_case,
    room_update_use_case,
)

_UNASKED = "cannot ask for confirmation, as standard input is not a terminal; give --yes"


def add_commands(commands: Commands) -> None:
    """Describe the commands."""
    fields = {each.name: f"  {each.name:<14} {each.help}" for each in FIELDS.values()}
    changeable = [line for name, line in fields.items() if name != CODE]
    values = " ".join(f"{name}={value}" for name, value in example_values().items())
    code, name, value = EXAMPLE_CHANGE
    _add_writing(
        commands,
        "add",
        run_add,
        "add a room",
        "\n".join(["fields (without a code, the room gets a new one):", *fields.values()]),
        f"rentomatic add {values}",
    )
    _add_writing(
        commands,
        "update",
        run_update,
        "change some fields of a room",
        "\n".join(["fields:", *changeable]),
        f"rentomatic update {code} {name}={value}",
        has_code=True,
    )
    remove = add_command(commands, "remove", run_remove, "remove a room")
    remove.add_argument("code", metavar="CODE")
    remove.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _add_writing(  # noqa: PLR0913, PLR0917 - one for each text of a command
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace, Settings], int],
    short: str,
    fields: str,
    example: str,
    *,
    has_code: bool = False,
) -> None:
    parser = add_command(
        commands,
        name,
        run,
        short,
        epilog=f"{fields}\n\nexample:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if has_code:
        parser.add_argument("code", metavar="CODE")
    parser.add_argument(
        "fields", nargs="+", metavar="FIELD=VALUE", help="FIELD= removes an optional one"
    )
    add_format(parser)


def run_add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add a room."""
    request = build_room_add_request(*_read_fields(arguments.fields))
    write = partial(_write_changed, arguments=arguments, rent=settings.rent, done="added")
    return run_use_case(room_add_use_case, request, settings, write)


def run_update(arguments: argparse.Namespace, settings: Settings) -> int:
    """Change some fields of a room."""
    values, unreadable = _read_fields(arguments.fields)
    request = build_room_update_request(arguments.code, values, unreadable=unreadable)
    write = partial(_write_changed, arguments=arguments, rent=settings.rent, done="changed")
    return run_use_case(room_update_use_case, request, settings, write)


def _write_changed(room: Room, arguments: argparse.Namespace, rent: Rent, done: str) -> None:
    with after(f"the room was {done}"):
        write_room(room, arguments, rent)


def run_remove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Remove a room, if the user confirms it."""
    request = build_room_remove_request(arguments.code)
    if not request:
        return report_failure(request)
    if not (arguments.yes or sys.stdin.isatty()):
        return report_failure(ResponseFailure(ResponseTypes.PARAMETERS_ERROR, _UNASKED))
    if not (arguments.yes or _is_confirmed(arguments.code)):
        report("nothing was removed")
        raise KeyboardInterrupt
    return run_use_case(room_remove_use_case, request, settings, _write_removed)


def _write_removed(code: UUID) -> None:
    with after("the room was removed"):
        sys.stdout.write(f"removed {code}\n")


def _is_confirmed(code: str) -> bool:
    sys.stderr.write(f"Remove the room {code}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _read_fields(given: Sequence[str]) -> tuple[dict[str, Value | None], list[ParameterError]]:
    """Read the values of fields; return those of unknown fields as text."""
    read: dict[str, Value | None] = {}
    errors = []
    for text in given:
        name, equals, value = text.partition("=")
        if name in OPTIONAL_FIELDS and equals and not value and name not in read:
            read[name] = None  # which removes it
        elif name in FIELDS and equals and not value:
            errors.append(ParameterError(name, "has no value"))
        elif not (name and equals and value):
            errors.append(ParameterError("fields", f"{shown(text)} is not FIELD=VALUE"))
        elif name in read or name in {each.parameter for each in errors}:
            errors.append(ParameterError(name, "is given more than once"))
        elif name not in FIELDS:
            read[name] = value
        else:
            try:
                read[name] = parser_of(FIELDS[name].kind)(value)
            except ValueError as problem:
                errors.append(ParameterError(name, str(problem)))
    return read, errors
