"""`rentomatic import`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields
from functools import partial
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import Any, NoReturn, TextIO

from tqdm import tqdm

from rentomatic.bootstrap import open_repository
from rentomatic.cli.outcome import SUCCESS, account_name, report_failure
from rentomatic.cli.parser import Commands, StorePair, add_command
from rentomatic.cli.rejects import Rejects
from rentomatic.cli.streams import after, describe, note, report
from rentomatic.config import Settings
from rentomatic.domain.room import FIELDS
from rentomatic.domain.units import SQUARE_FOOT
from rentomatic.formats.pieces import LINE_CHARACTERS
from rentomatic.formats.table import (
    GUESSED_CHARACTERS,
    IMPORT_FORMATS,
    ImportFormat,
    guess_format_by_name,
    guess_format_by_text,
)
from rentomatic.repository.errors import CommitInterruptedError
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import ImportOptions, RoomImportRequest
from rentomatic.responses import Response
from rentomatic.use_cases.room_import import ImportReport, room_import_use_case
from rentomatic.variables import ConfigError

_PROGRESS_CHARACTERS = 1 << 20
# Ways to type a tab.
_TABS = {"tab": "\t", r"\t": "\t"}


def _pair(text: str, *, may_be_empty: bool = False) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not (field in FIELDS and equals and (value or may_be_empty)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not FIELD=...; fields are {', '.join(FIELDS)}"
        )
    return field, value


_LIST: Mapping[str, Any] = {"action": "append", "default": []}
_PAIRS: Mapping[str, Any] = {"action": StorePair, "default": {}}
_EXAMPLE = next(each for each in FIELDS.values() if each.aliases and not each.is_identity)

# The arguments, as argparse takes them; those of ImportOptions are stored under its names.
_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "file": {"metavar": "FILE", "help": "the file; - for standard input"},
    "--format": {
        "choices": IMPORT_FORMATS,
        "help": "default: by the extension; of standard input and .json, by the content",
    },
    "--delimiter": {
        "type": lambda text: _TABS.get(text, text),
        "metavar": "CHARACTER",
        "help": "what separates the values of CSV (default: comma, semicolon or tab, as in the"
        " header); `tab` is the tab",
    },
    "--decimal": {
        "choices": (".", ","),
        "help": "the decimal separator of the file, if it is not clear: 1,200 may be 1.2",
    },
    "--column": {
        **_PAIRS,
        "dest": "columns",
        "type": partial(_pair, may_be_empty=True),
        "metavar": "FIELD=NAME",
        "help": f"the column or key of a field, such as {_EXAMPLE.name}={_EXAMPLE.aliases[0]};"
        " code= is the column without a name",
    },
    "--ignore": {
        **_LIST,
        "dest": "ignored",
        "metavar": "NAME",
        "help": "a column or key to ignore, or an optional field to leave out",
    },
    "--default": {
        **_PAIRS,
        "dest": "defaults",
        "type": _pair,
        "metavar": "FIELD=VALUE",
        "help": "the value of a field whose column, cell or key is missing, empty or null, such as"
        f" {_EXAMPLE.name}=1",
    },
    "--null-text": {
        **_LIST,
        "dest": "null_texts",
        "metavar": "TEXT",
        "help": 'text that means "no value", such as NA',
    },
    "--source": {"metavar": "NAME", "help": "make UUIDs of other identities, always the same ones"},
    "--round": {"action": "store_true", "dest": "round_integers", "help": "read 34.5 as 35"},
    "--skip-bad": {
        "action": "store_true",
        "help": "import the good lines; write the bad ones to a file",
    },
    "--rejects": {
        "metavar": "FILE",
        "help": "where --skip-bad writes the bad lines (STEM.rejected.FORMAT); - for standard"
        " output",
    },
    "--dry-run": {"action": "store_true", "help": "only report what would happen"},
}


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    names = "\n".join(f"  {each.name:<14} {', '.join(each.names)}" for each in FIELDS.values())
    parser = add_command(
        commands,
        "import",
        run_import,
        "add or update rooms from a file",
        "Add or update the rooms of a file in UTF-8: CSV (comma, semicolon or tab),\n"
        "NDJSON or GeoJSON; all of them or, if a line is bad, none.",
        epilog=f"columns and keys that are recognized:\n{names}\n"
        f"square feet, if a name says so, become square metres: 1 ft² is {SQUARE_FOOT} m²",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, options in _ARGUMENTS.items():
        parser.add_argument(name, **options)


def run_import(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add or update rooms."""
    given = vars(arguments)
    options = ImportOptions(
        **{each.name: given[each.name] for each in fields(ImportOptions) if each.name in given}
    )
    with ExitStack() as stack:
        with _interruptible():
            file = stack.enter_context(_open(arguments.file))
            request = _read(file, stack, arguments, options)
            if not request:
                return report_failure(request)
            rejects = Rejects(_rejects_path(arguments, request.format), request)
            repository = stack.enter_context(open_repository(settings))
            stack.callback(_close, rejects)
            response = _import(repository, request, rejects)
        if not response:
            return report_failure(response, repository)
        with after("nothing was changed" if arguments.dry_run else "the good lines were imported"):
            rejects.close()
            _report(response.value, arguments, rejects)
    return SUCCESS


def _import(
    repository: RoomRepository, request: RoomImportRequest, rejects: Rejects
) -> Response[ImportReport]:
    try:
        return room_import_use_case(repository, request, rejects.add)
    except OSError as error:
        # If the bad lines cannot be written, the good ones are not imported either.
        raise ConfigError(f"{describe(error)}; nothing was imported") from None


def _close(rejects: Rejects) -> None:
    """Close the file of bad lines after an error, which is the one to report."""
    with suppress(OSError):
        rejects.close()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Report what Ctrl-C leaves behind: nothing, unless the import was just being saved."""
    try:
        yield
    except CommitInterruptedError:
        report("interrupted while saving; import the file again to be sure")
        raise
    except KeyboardInterrupt:
        report("interrupted; nothing was imported")
        raise


def _read(
    file: TextIO, stack: ExitStack, arguments: argparse.Namespace, options: ImportOptions
) -> RoomImportRequest | InvalidRequest:
    start: list[str] = []
    chosen = IMPORT_FORMATS.get(arguments.format) or _guess_format(arguments.file, file, start)
    if isinstance(chosen, InvalidRequest):
        return chosen
    text: Iterator[str] = chain(start, chosen.cut(file))
    if sys.stderr.isatty():
        size = None if arguments.file == "-" else Path(arguments.file).stat().st_size
        bar = stack.enter_context(tqdm(total=size, unit="B", unit_scale=True, leave=False))
        text = _counted(text, bar)
    return chosen.read(text, options)


def _guess_format(name: str, file: TextIO, start: list[str]) -> ImportFormat | InvalidRequest:
    """Guess a file's format from its name, or from its text, whose start is added to `start`."""
    by_name = None if name == "-" else guess_format_by_name(name)
    if by_name is not None:
        return by_name
    missing, first = GUESSED_CHARACTERS, ""
    # No further than necessary: more may take a while to arrive.
    while missing > 0 and first in {"", "{"} and (line := file.readline(LINE_CHARACTERS)):
        start.append(line)
        missing -= len(line)
        first = first or line.lstrip()[:1]
    return guess_format_by_text("".join(start))


def _rejects_path(arguments: argparse.Namespace, suffix: str) -> str | None:
    if arguments.rejects and not arguments.skip_bad:
        raise ConfigError("--rejects needs --skip-bad; without it a bad line stops the import")
    if not arguments.skip_bad or arguments.dry_run:
        return None
    stem = "stdin" if arguments.file == "-" else Path(arguments.file).stem
    path: str = arguments.rejects or f"{stem}.rejected.{suffix}"
    is_same = "-" not in {path, arguments.file} and Path(path).exists()
    if is_same and Path(path).samefile(arguments.file):
        raise ConfigError(f"{path} is the file to import; give another one for --rejects")
    return path


def _open(name: str) -> TextIO:
    # Bytes that are not UTF-8 become lone surrogates, and spoil only their own value.
    try:
        return open(
            sys.stdin.fileno() if name == "-" else Path(name),
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="",
            closefd=name != "-",
        )
    except PermissionError:
        raise ConfigError(
            f"{name}: the account {account_name()}, which runs this command, may not read it; "
            f"use standard input: rentomatic import - <{quote(name)}"
        ) from None


def _counted(lines: Iterable[str], bar: "tqdm[NoReturn]") -> Iterator[str]:
    """Pass lines on; update the bar now and then, as an update costs more than a line."""
    waiting = 0
    for line in lines:
        waiting += len(line)
        if waiting >= _PROGRESS_CHARACTERS:
            bar.update(waiting)
            waiting = 0
        yield line


def _report(imported: ImportReport, arguments: argparse.Namespace, rejects: Rejects) -> None:
    saved, rejected = imported.saved, imported.rejected
    if rejected.count:
        note(str(rejected))
    if any(names != [field] for field, names in imported.used.names.items()):
        note(str(imported.used))
    if imported.ignored.names:
        note(str(imported.ignored))
    done = f"added {saved.added}, updated {saved.updated}, unchanged {saved.unchanged}"
    done += f", repeated {imported.repeated}" if imported.repeated else ""
    aside = " (dry run: nothing was changed)" if arguments.dry_run else ""
    # Standard output may be the file of rejected lines.
    out = sys.stderr if rejects.is_standard_output else sys.stdout
    out.write(f"{done}, rejected {rejected.count}{aside}\n")
    if rejected.count and rejects.path and not rejects.is_standard_output:
        out.write(f"the rejected lines are in {rejects.path}\n")
