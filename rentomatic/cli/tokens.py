"""`rentomatic token`, and the token of an embedded service."""

import argparse
import sys
from pathlib import Path

from rentomatic.cli.outcome import SUCCESS
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.streams import after
from rentomatic.config import Settings
from rentomatic.tokens import new_token, token_line
from rentomatic.variables import ConfigError

_FILE = "token"


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    token = commands.add_parser(
        "token",
        help="make a token for changing rooms over HTTP",
        description="Tokens for changing rooms over HTTP.",
    )
    new = add_command(
        token.add_subparsers(title="commands", required=True, metavar="COMMAND"),
        "new",
        run_new,
        "make a token",
        "Make a token. Standard output gets the line that configures it, standard error the token"
        " itself, which is not stored.",
        epilog="example: rentomatic token new --name office >>/etc/rentomatic/tokens",
    )
    new.add_argument("--name", required=True, type=_name, help="the holder's name, for the log")


def _name(text: str) -> str:
    try:
        token_line(text, "")
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"must be {problem}, not {text!r}") from None
    return text


def run_new(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Make a token, and show it once."""
    token = new_token()
    sys.stderr.write(
        f"The token, which is shown only now: {token}\n"
        "This line makes it valid, in RENTOMATIC_TOKENS or the file of RENTOMATIC_TOKENS_FILE:\n"
    )
    sys.stderr.flush()
    with after("the token is not valid"):
        sys.stdout.write(f"{token_line(arguments.name, token)}\n")
    return SUCCESS


def own_token(folder: Path) -> tuple[Path, str]:
    """Return the token file of a folder, created by the first call, and its token.

    Only the file's owner can read it.
    """
    path = folder / _FILE
    if not path.exists():
        # Renamed when complete, so that there is never half a token.
        made = path.with_suffix(".new")
        made.unlink(missing_ok=True)
        made.touch(0o600)
        made.write_text(f"{new_token()}\n")
        made.rename(path)
    token = path.read_text(encoding="ascii", errors="replace").strip()
    if not token:
        raise ConfigError(f"{path} contains no token; remove it to get a new one")
    return path, token
