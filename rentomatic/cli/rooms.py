"""`rentomatic list`, `summary`, `relax`, `get`, `similar` and `export`."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from rentomatic.cli.outcome import run_use_case
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.streams import report
from rentomatic.cli.tables import relaxation_table, room_table, summary_table
from rentomatic.config import Settings
from rentomatic.demo import BOOK, EXAMPLE_FILTER
from rentomatic.domain.relaxation import Relaxation
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS, Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.results import Page, Summarized
from rentomatic.requests.base import ParameterError, with_errors
from rentomatic.requests.parameters import (
    SEARCH_PARAMETERS,
    SELECTION_PARAMETERS,
    SIMILAR_PARAMETERS,
    Parameter,
)
from rentomatic.requests.parsers import as_list_text, shown
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import AMOUNTS, OPERATORS
from rentomatic.requests.room_get import build_room_get_request
from rentomatic.requests.room_list import UNLIMITED, RoomListRequest, build_room_list_request
from rentomatic.requests.room_relaxations import build_room_relaxations_request
from rentomatic.requests.room_similar import build_room_similar_request
from rentomatic.requests.room_summary import build_room_summary_request
from rentomatic.serializers.room import RoomJsonEncoder
from rentomatic.serializers.room_relaxations import relaxation_to_wire, value_to_text
from rentomatic.serializers.room_summary import summary_to_wire
from rentomatic.use_cases.room_get import room_get_use_case
from rentomatic.use_cases.room_list import room_list_use_case
from rentomatic.use_cases.room_relaxations import Relaxed, room_relaxations_use_case
from rentomatic.use_cases.room_similar import Similar, room_similar_use_case
from rentomatic.use_cases.room_summary import room_summary_use_case

TABLE = "table"
_LIMIT = "limit"


def add_commands(commands: Commands) -> None:
    """Describe the commands."""
    search = _add_search(
        commands,
        "list",
        run_list,
        "search rooms",
        "Search rooms: those that pass all filters.",
        _example("list", "sort", "near", "radius"),
        SEARCH_PARAMETERS,
    )
    summary = _add_search(
        commands,
        "summary",
        run_summary,
        "summarize the rooms of a search",
        f"Summarize rooms: how many, where, and how {' and '.join(AMOUNTS)} are distributed.",
        _example("summary", "bbox"),
        SELECTION_PARAMETERS,
    )
    relax = _add_search(
        commands,
        "relax",
        run_relax,
        "say which single change of a search finds more rooms",
        "Change one condition of a search at a time: say what finds more rooms, and how many.",
        _example("relax", "near", "radius"),
        SELECTION_PARAMETERS,
    )
    one = add_command(commands, "get", run_get, "show one room")
    one.add_argument("code", metavar="CODE")
    similar = _add_search(
        commands,
        "similar",
        run_similar,
        "find rooms that are similar to a room",
        "Find similar rooms: near the room, for a similar price and of a similar size.",
        f"rentomatic similar {BOOK[0][0]} --limit 4",
        SIMILAR_PARAMETERS,
        takes_code=True,
    )
    export = _add_search(
        commands,
        "export",
        run_list,
        "write all rooms of a search",
        "Write all rooms, or those that pass all filters.",
        "rentomatic export --format csv >rooms.csv",
        [each for each in SEARCH_PARAMETERS if each.name != _LIMIT],
    )
    export.set_defaults(limit=UNLIMITED)
    for parser in (search, one, similar, export):
        add_format(parser)
    for parser in (summary, relax):
        add_format(parser, ("json",))


def add_format(parser: argparse.ArgumentParser, formats: Collection[str] = tuple(FORMATS)) -> None:
    """Describe the option that chooses how rooms are written."""
    parser.add_argument(
        "--format",
        choices=(TABLE, *formats),
        help="default: a table on a terminal, otherwise JSON",
    )


def _example(command: str, *options: str) -> str:
    values = {each.name: as_list_text(each.example) for each in SEARCH_PARAMETERS}
    key, value = EXAMPLE_FILTER
    words = [f"{key}={value}", *(f"--{name} {values[name]}" for name in options)]
    return " ".join(["rentomatic", command, *words])


def _add_search(  # noqa: PLR0913, PLR0917 - one for each text of a command
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace, Settings], int],
    short: str,
    description: str,
    example: str,
    parameters: Sequence[Parameter],
    *,
    takes_code: bool = False,
) -> argparse.ArgumentParser:
    fields = "\n".join(f"  {each.name:<14} {each.help}" for each in FIELDS.values())
    operators = "\n".join(f"  {each.name:<14} {each.meaning}" for each in OPERATORS.values())
    parser = add_command(
        commands,
        name,
        run,
        short,
        description,
        epilog=f"fields:\n{fields}\n\noperators:\n{operators}\n\nexample:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if takes_code:
        parser.add_argument("code", metavar="CODE")
    parser.add_argument("filters", nargs="*", metavar="FIELD__OPERATOR=VALUE")
    for each in parameters:
        parser.add_argument(
            option_of(each.name), metavar=each.form.upper(), help=each.help.replace("%", "%%")
        )
    return parser


def option_of(name: str) -> str:
    """Return the option for a parameter."""
    return f"--{name.replace('_', '-')}"


def run_list(arguments: argparse.Namespace, settings: Settings) -> int:
    """Search rooms."""
    filters, errors = _read_filters(arguments.filters)
    given = _given(arguments, SEARCH_PARAMETERS)
    given.setdefault(_LIMIT, settings.default_limit)
    request = with_errors(build_room_list_request(filters, **given), errors)

    def write(page: Page) -> None:
        if request:
            view = View(request.fields, request.near)
            _write_rooms(page.rooms, _format(arguments), view, settings.rent)
            _report_more(page, request)

    return run_use_case(room_list_use_case, request, settings, write)


def run_summary(arguments: argparse.Namespace, settings: Settings) -> int:
    """Summarize the rooms of a search."""
    filters, errors = _read_filters(arguments.filters)
    given = _given(arguments, SELECTION_PARAMETERS)
    request = with_errors(build_room_summary_request(filters, **given), errors)

    def write(found: Summarized) -> None:
        if _format(arguments) == TABLE:
            sys.stdout.write(f"{summary_table(found, settings.rent)}\n")
        else:
            sys.stdout.write(json.dumps(summary_to_wire(found), indent=2) + "\n")

    return run_use_case(room_summary_use_case, request, settings, write)


def run_relax(arguments: argparse.Namespace, settings: Settings) -> int:
    """Say which single change of a search finds more rooms."""
    filters, errors = _read_filters(arguments.filters)
    given = _given(arguments, SELECTION_PARAMETERS)
    request = with_errors(build_room_relaxations_request(filters, **given), errors)

    def write(found: Relaxed) -> None:
        wire = [_relaxation(each, filters, given) for each in found.relaxations]
        if _format(arguments) == TABLE:
            sys.stdout.write(f"{relaxation_table(wire)}\n" if wire else "no relaxations\n")
        else:
            sys.stdout.write(json.dumps(wire, indent=2, ensure_ascii=False) + "\n")

    return run_use_case(room_relaxations_use_case, request, settings, write)


def _relaxation(
    relaxation: Relaxation, filters: Mapping[str, str], options: Mapping[str, str]
) -> dict[str, Any]:
    """Return a relaxation with the command that finds its rooms."""
    key = relaxation.key
    change = {key: value_to_text(relaxation.value)}
    is_filter = key in filters
    pairs = {**filters, **change} if is_filter else filters
    named = options if is_filter else {**options, **change}
    words = [f"{name}={value}" for name, value in pairs.items() if value is not None]
    for name, value in named.items():
        words += [] if value is None else [option_of(name), value]
    command = shlex.join(["rentomatic", "list", *words])
    given = filters[key] if is_filter else options[key]
    return relaxation_to_wire(relaxation, key, given, command=command)


def run_get(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show one room."""
    request = build_room_get_request(arguments.code)
    write = partial(write_room, arguments=arguments, rent=settings.rent)
    return run_use_case(room_get_use_case, request, settings, write)


def run_similar(arguments: argparse.Namespace, settings: Settings) -> int:
    """Find rooms that are similar to a room."""
    filters, errors = _read_filters(arguments.filters)
    given = _given(arguments, SIMILAR_PARAMETERS)
    given.setdefault(_LIMIT, settings.default_limit)
    request = with_errors(build_room_similar_request(arguments.code, filters, **given), errors)

    def write(found: Similar) -> None:
        if request:
            view = View(request.fields, found.near)
            _write_rooms(found.rooms, _format(arguments), view, settings.rent)

    return run_use_case(room_similar_use_case, request, settings, write)


def write_room(room: Room, arguments: argparse.Namespace, rent: Rent) -> None:
    """Write a room in the requested format."""
    if (chosen := _format(arguments)) == "json":
        sys.stdout.write(json.dumps(room, cls=RoomJsonEncoder, indent=2) + "\n")
    elif chosen == TABLE:
        _write_rooms([room], chosen, View(), rent)
    else:
        sys.stdout.buffer.write(FORMATS[chosen].dump_room(room, View()))


def _read_filters(given: Sequence[str]) -> tuple[dict[str, str], list[ParameterError]]:
    read: dict[str, str] = {}
    errors = []
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            errors.append(ParameterError("filters", f"{shown(text)} is not FIELD__OPERATOR=VALUE"))
        elif key in read:
            errors.append(ParameterError("filters", f"{key} is given more than once", key))
        else:
            read[key] = value
    return read, errors


def _given(arguments: argparse.Namespace, parameters: Sequence[Parameter]) -> dict[str, Any]:
    values = {each.name: getattr(arguments, each.name) for each in parameters}
    return {name: value for name, value in values.items() if value is not None}


def _format(arguments: argparse.Namespace) -> str:
    return arguments.format or (TABLE if sys.stdout.isatty() else "json")


def _write_rooms(rooms: Iterable[Room], chosen: str, view: View, rent: Rent) -> None:
    if chosen == TABLE:
        shown = [view.show(room) for room in rooms]
        if not shown:
            sys.stdout.write("no rooms\n")
            return
        table, left_out = room_table(shown, are_chosen=not set(FIELDS) <= set(view.fields))
        sys.stdout.write(f"{table}\n")
        if "price" in view.fields:
            sys.stdout.flush()  # the table comes first, and if it fails, only that is reported
            report(f"price is {rent}")
        if left_out:
            report(f"not shown: {', '.join(left_out)}; --fields and --format json show all")
        return
    piece = b"\n"
    for piece in FORMATS[chosen].stream_rooms(rooms, view):
        sys.stdout.buffer.write(piece)
    if not piece.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")


def _report_more(page: Page, request: RoomListRequest) -> None:
    """Report what is not a room on standard error, so that a file contains only rooms."""
    if page.total:
        kind = "" if page.total.is_exact else "about "
        report(f"{kind}{page.total.count} rooms in all")
    if page.next:
        cursor = write_cursor(request, request.order, page.next)
        report(f"there are more rooms: --after {cursor}")
