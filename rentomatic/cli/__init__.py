"""The command line: the same use cases, for a terminal and for pipes."""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence

from rentomatic import __version__
from rentomatic.cli import administration, checking, importing, rooms, serving, tokens, writing
from rentomatic.cli.outcome import EXIT_CODES, account_name
from rentomatic.cli.parser import Parser
from rentomatic.config import ConfigError, read_settings
from rentomatic.embedded.binaries import EmbeddedError
from rentomatic.environment import prepare_environment
from rentomatic.repository.interface import RepositoryUnavailableError
from rentomatic.responses import ResponseTypes

INTERRUPTED = 130

# Their values may begin with a hyphen: descending, west, south.
_SIGNED_OPTIONS = {"--sort", "--near", "--bbox"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit code."""
    # Ended as by Ctrl-C, a command leaves no server of its own behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(format="rentomatic: %(message)s", level=logging.WARNING)
    # It warns of errors that it ignores as another one is on its way, which is told.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    parser = build_parser()
    typed = sys.argv[1:] if arguments is None else arguments
    given, rest = parser.parse_known_args(_with_values_joined(typed))
    if rest and given.run is not administration.run_psql:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    given.rest = rest
    try:
        if given.run is not administration.run_psql:  # which reads libpq's as its user wants
            prepare_environment(os.environ)
        code: int = given.run(given, read_settings(os.environ))
        sys.stdout.flush()
    except (ConfigError, EmbeddedError) as error:
        return _fail(ResponseTypes.SYSTEM_ERROR, error)
    except RepositoryUnavailableError as error:
        return _fail(ResponseTypes.UNAVAILABLE_ERROR, error)
    except BrokenPipeError:
        # The reader has what it wanted (`rentomatic list | head`); Python would flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CODES[ResponseTypes.SUCCESS]
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        told += f" to the account {account_name()}" if isinstance(error, PermissionError) else ""
        return _fail(ResponseTypes.SYSTEM_ERROR, told)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _with_values_joined(arguments: Sequence[str]) -> list[str]:
    """Join an option with a value that begins with a hyphen, which argparse takes for an option."""
    joined: list[str] = []
    for each in arguments:
        if joined and joined[-1] in _SIGNED_OPTIONS and re.match("-[^-]", each):
            joined[-1] += f"={each}"
        else:
            joined.append(each)
    return joined


def _fail(kind: ResponseTypes, error: Exception | str) -> int:
    sys.stderr.write(f"rentomatic: {error}\n")
    return EXIT_CODES[kind]


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = Parser(
        prog="rentomatic",
        description="The room search service of a company that rents out rooms.",
        epilog="Settings come from the environment; `rentomatic check` shows them.",
    )
    parser.add_argument("--version", action="version", version=f"rentomatic {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in (rooms, writing, importing, tokens, administration, checking, serving):
        module.add_commands(commands)
    return parser
