"""`rentomatic list` and `rentomatic get`."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tabulate import tabulate

from rentomatic.bootstrap import open_repository
from rentomatic.cli.outcome import EXIT_CODES, tell_failure
from rentomatic.config import Settings
from rentomatic.domain.room import Room
from rentomatic.requests.base import InvalidRequest, ParameterError, with_errors
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_fields import FIELDS, OPERATORS
from rentomatic.requests.room_get import build_room_get_request
from rentomatic.requests.room_list import (
    MAX_LIMIT,
    UNLIMITED,
    RoomListRequest,
    build_room_list_request,
)
from rentomatic.responses import ResponseTypes, build_response_from_invalid_request
from rentomatic.serializers.json import stream_rooms
from rentomatic.serializers.room import RoomJsonEncoder, room_to_wire
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case

if TYPE_CHECKING:
    from rentomatic.cli.outcome import Commands

FORMATS = ("json", "table")


def add_commands(commands: "Commands") -> None:
    """Describe the commands."""
    fields = "\n".join(f"  {each.name:<10} {each.help}" for each in FIELDS.values())
    operators = "\n".join(f"  {each.name:<10} {each.meaning}" for each in OPERATORS.values())
    search = commands.add_parser(
        "list",
        help="search rooms",
        description="Search rooms: those that pass all filters, in the order of adding.",
        epilog=f"fields:\n{fields}\n\noperators:\n{operators}\n\n"
        "example:\n  rentomatic list price__lt=60 size__gte=30 --limit 10",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    search.add_argument("filters", nargs="*", metavar="FIELD__OPERATOR=VALUE")
    search.add_argument("--limit", help=f"1 to {MAX_LIMIT}, or {UNLIMITED}")
    search.set_defaults(run=run_list)
    one = commands.add_parser("get", help="show one room", description="Show one room.")
    one.add_argument("code", metavar="CODE")
    one.set_defaults(run=run_get)
    for parser in (search, one):
        parser.add_argument(
            "--format", choices=FORMATS, help="default: a table on a terminal, else JSON"
        )


def run_list(arguments: argparse.Namespace, settings: Settings) -> int:
    """Search rooms."""
    limit = settings.default_limit if arguments.limit is None else arguments.limit
    request = _read_search(arguments.filters, limit)
    if not request:
        return tell_failure(build_response_from_invalid_request(request))
    with open_repository(settings) as repository:
        response = room_list_use_case(repository, request)
        if not response:
            return tell_failure(response, repository)
        if _wants_table(arguments):
            _write_table(response.value)
        else:
            for chunk in stream_rooms(response.value):
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.write(b"\n")
    return EXIT_CODES[ResponseTypes.SUCCESS]


def _read_search(filters: Sequence[str], limit: object) -> RoomListRequest | InvalidRequest:
    read: dict[str, str] = {}
    errors = []
    for text in filters:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            errors.append(ParameterError("filters", f"{shown(text)} is not FIELD__OPERATOR=VALUE"))
        elif key in read:
            errors.append(ParameterError("filters", f"{key} is given more than once", key))
        else:
            read[key] = value
    return with_errors(build_room_list_request(read, limit), errors)


def run_get(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show one room."""
    request = build_room_get_request(arguments.code)
    if not request:
        return tell_failure(build_response_from_invalid_request(request))
    with open_repository(settings) as repository:
        response = room_get_use_case(repository, request)
        if not response:
            return tell_failure(response, repository)
        if _wants_table(arguments):
            _write_table([response.value])
        else:
            sys.stdout.write(json.dumps(response.value, cls=RoomJsonEncoder, indent=2) + "\n")
    return EXIT_CODES[ResponseTypes.SUCCESS]


def _wants_table(arguments: argparse.Namespace) -> bool:
    chosen: str = arguments.format or ("table" if sys.stdout.isatty() else "json")
    return chosen == "table"


def _write_table(rooms: Iterable[Room]) -> None:
    rows = [room_to_wire(room) for room in rooms]
    table = tabulate(rows, headers="keys", floatfmt=".6f") if rows else "no rooms"
    sys.stdout.write(f"{table}\n")
