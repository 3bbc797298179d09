"""`rentomatic import`."""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from tqdm import tqdm

from rentomatic.bootstrap import open_repository
from rentomatic.cli.outcome import EXIT_CODES, tell_failure
from rentomatic.config import ConfigError, Settings
from rentomatic.requests.room_fields import FIELDS
from rentomatic.requests.room_import import (
    BadLine,
    ImportOptions,
    RoomImportRequest,
    build_room_import_request,
)
from rentomatic.responses import ResponseTypes, build_response_from_invalid_request
from rentomatic.use_cases.room_import import ImportReport, room_import_use_case

if TYPE_CHECKING:
    from rentomatic.cli.outcome import Commands

_PROGRESS_CHARACTERS = 1 << 20


def add_commands(commands: "Commands") -> None:
    """Describe the command."""
    names = "\n".join(
        f"  {each.name:<10} {', '.join((each.name, *each.aliases))}" for each in FIELDS.values()
    )
    parser = commands.add_parser(
        "import",
        help="add or update rooms from a CSV file",
        description="Add or update the rooms of a CSV file (comma, semicolon or tab; UTF-8),\n"
        "all of them or, when a line is bad, none.",
        epilog=f"columns that are known by name:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run_import)
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file; - for standard input")
    parser.add_argument(
        "--column",
        action="append",
        type=_pair,
        default=[],
        metavar="FIELD=NAME",
        help="the column of a field, such as size=squareMeters",
    )
    parser.add_argument(
        "--default",
        action="append",
        type=_pair,
        default=[],
        metavar="FIELD=VALUE",
        help="the value of a field for which there is no column, such as size=1",
    )
    parser.add_argument(
        "--source", metavar="NAME", help="make UUIDs of other identities, the same ones each time"
    )
    parser.add_argument("--round", action="store_true", help="read 34.5 as 35")
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="import the good lines and write the others to a file",
    )
    parser.add_argument(
        "--rejects",
        type=Path,
        metavar="FILE",
        help="where --skip-bad writes the bad lines (STEM.rejected.csv)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would happen")


def run_import(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add or update rooms."""
    options = ImportOptions(
        columns=dict(arguments.column),
        defaults=dict(arguments.default),
        source=arguments.source,
        round_integers=arguments.round,
    )
    rejects_path = _rejects_path(arguments)
    with ExitStack() as stack:
        text = stack.enter_context(_open(arguments.file))
        request = build_room_import_request(
            text, options, skip_bad=arguments.skip_bad, dry_run=arguments.dry_run
        )
        if not request:
            return tell_failure(build_response_from_invalid_request(request))
        repository = stack.enter_context(open_repository(settings))
        rejects = Rejects(rejects_path, request)
        stack.callback(rejects.close)
        response = room_import_use_case(repository, request, rejects.add)
        if not response:
            return tell_failure(response, repository)
    _tell(response.value, arguments, rejects)
    return EXIT_CODES[ResponseTypes.SUCCESS]


class Rejects:
    """The file of bad lines, made when there is one: the same columns, and why."""

    def __init__(self, path: Path | None, request: RoomImportRequest) -> None:
        self.path = path
        self._request = request
        self._file: IO[str] | None = None

    def add(self, line: BadLine) -> None:
        """Write a bad line, if it is to be kept."""
        if self.path is None:
            return
        first = self._file is None
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        writer = csv.writer(self._file, delimiter=self._request.delimiter)
        if first:
            writer.writerow([*self._request.header, "rejected_because"])
        padding = [""] * (len(self._request.header) - len(line.record))
        writer.writerow([*line.record, *padding, "; ".join(line.problems)])

    def close(self) -> None:
        """Write what is still to be written."""
        if self._file is not None:
            self._file.close()


def _rejects_path(arguments: argparse.Namespace) -> Path | None:
    if arguments.rejects and not arguments.skip_bad:
        msg = "--rejects goes with --skip-bad; without it a bad line stops the import"
        raise ConfigError(msg)
    if not arguments.skip_bad or arguments.dry_run:
        return None
    stem = "stdin" if arguments.file == "-" else Path(arguments.file).stem
    path: Path = arguments.rejects or Path(f"{stem}.rejected.csv")
    if path.exists() and Path(arguments.file).exists() and path.samefile(arguments.file):
        msg = f"{path} is the file to import; give another one for --rejects"
        raise ConfigError(msg)
    return path


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not (field in FIELDS and equals and value):
        msg = f"{text!r} is not FIELD=...; fields are {', '.join(FIELDS)}"
        raise argparse.ArgumentTypeError(msg)
    return field, value


@contextmanager
def _open(name: str) -> Iterator[Iterator[str]]:
    """Open a file of lines, with a progress bar on a terminal."""
    with ExitStack() as stack:
        path = None if name == "-" else Path(name)
        # Bytes that are no UTF-8 pass through as lone surrogates: they spoil only their own value.
        file = stack.enter_context(
            open(
                path or sys.stdin.fileno(),
                encoding="utf-8-sig",
                errors="surrogateescape",
                newline="",
                closefd=path is not None,
            )
        )
        size = path.stat().st_size if path else None
        if not sys.stderr.isatty():
            yield iter(file)
            return
        bar = stack.enter_context(tqdm(total=size, unit="B", unit_scale=True, leave=False))
        yield _counted(file, bar)


def _counted(lines: Iterable[str], bar: "tqdm[NoReturn]") -> Iterator[str]:
    """Pass lines on; tell the bar of them now and then, as telling costs more than a line."""
    waiting = 0
    for line in lines:
        waiting += len(line)
        if waiting >= _PROGRESS_CHARACTERS:
            bar.update(waiting)
            waiting = 0
        yield line


def _tell(report: ImportReport, arguments: argparse.Namespace, rejects: Rejects) -> None:
    saved, rejected = report.saved, report.rejected
    if rejected.count:
        sys.stderr.write(f"{rejected}\n")
    done = f"added {saved.added}, updated {saved.updated}, unchanged {saved.unchanged}"
    note = " (dry run: nothing is changed)" if arguments.dry_run else ""
    sys.stdout.write(f"{done}, rejected {rejected.count}{note}\n")
    if rejected.count and rejects.path:
        sys.stdout.write(f"the rejected lines are in {rejects.path}\n")
