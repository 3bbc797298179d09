"""The command line: the same use cases, for terminals and pipes."""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence

from rentomatic import __version__
from rentomatic.cli import (
    administration,
    checking,
    importing,
    notifying,
    rooms,
    searches,
    serving,
    tokens,
    writing,
)
from rentomatic.cli.outcome import EXIT_CODES, INTERRUPTED, account_name
from rentomatic.cli.parser import Parser
from rentomatic.cli.streams import describe, let_go, open_closed_streams, report
from rentomatic.config import read_settings
from rentomatic.embedded.binaries import EmbeddedError
from rentomatic.environment import prepare_environment
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.responses import ResponseTypes
from rentomatic.variables import ConfigError

# Their values may begin with a hyphen: a descending key, a western longitude.
_SIGNED_OPTIONS = {"--sort", "--near", "--bbox"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    open_closed_streams()
    # SIGTERM ends a command like Ctrl-C, so that no server of its own is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(format="rentomatic: %(message)s", level=logging.WARNING)
    # It warns of errors that it ignores in favour of another one, which is reported.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except (ConfigError, EmbeddedError) as error:
        return _fail(ResponseTypes.SYSTEM_ERROR, error)
    except RepositoryUnavailableError as error:
        return _fail(ResponseTypes.UNAVAILABLE_ERROR, error)
    except BrokenPipeError:
        # The reader has read enough (`rentomatic list | head`).
        let_go(sys.stdout)
        return EXIT_CODES[ResponseTypes.SUCCESS]
    except OSError as error:
        let_go(sys.stdout)
        account = f" for the account {account_name()}" if isinstance(error, PermissionError) else ""
        return _fail(ResponseTypes.SYSTEM_ERROR, f"{describe(error)}{account}")
    except KeyboardInterrupt:
        return EXIT_CODES[INTERRUPTED]
    return code


def _run(typed: Sequence[str]) -> int:
    """Run a command; return its exit code, or that of argparse if it ends the command."""
    parser = build_parser()
    try:
        given, rest = parser.parse_known_args(_with_values_joined(_with_help(typed)))
        if rest and given.run is not administration.run_psql:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
    except SystemExit as end:
        return int(end.code or 0)
    given.rest = rest
    if given.run is not administration.run_psql:  # psql reads libpq's variables itself
        prepare_environment(os.environ)
    code: int = given.run(given, read_settings(os.environ))
    return code


def _with_help(typed: Sequence[str]) -> Sequence[str]:
    """Replace `help`, or no command at all, by `--help`."""
    if not typed:
        return ["--help"]
    return [*typed[1:], "--help"] if typed[0] == "help" else typed


def _with_values_joined(arguments: Sequence[str]) -> list[str]:
    """Join options with values that begin with a hyphen, which argparse would read as options."""
    joined: list[str] = []
    for each in arguments:
        if joined and joined[-1] in _SIGNED_OPTIONS and re.match("-[^-]", each):
            joined[-1] += f"={each}"
        else:
            joined.append(each)
    return joined


def _fail(kind: ResponseTypes, error: Exception | str) -> int:
    report(str(error))
    return EXIT_CODES[kind]


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = Parser(
        prog="rentomatic",
        description="The room search service of a company that rents out rooms.",
        epilog="`rentomatic help COMMAND` shows the arguments of a command. Settings come from the"
        " environment; `rentomatic check` shows them.",
    )
    parser.add_argument("--version", action="version", version=f"rentomatic {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in (
        *(rooms, writing, importing, tokens, searches),
        *(administration, checking, serving, notifying),
    ):
        module.add_commands(commands)
    return parser
