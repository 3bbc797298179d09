"""The environment variables: one table for the parser, `rentomatic check` and the manual."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rentomatic.database_url import masked, parse_mongodb_url, parse_postgres_url
from rentomatic.domain.rent import PERIODS, Rent
from rentomatic.domain.tiles import parse_tiles
from rentomatic.public_url import parse_public_url
from rentomatic.reachable import parse_networks
from rentomatic.requests.parsers import parse_integer, shown
from rentomatic.requests.room_import import MAX_BATCH_BYTES
from rentomatic.requests.room_list import DEFAULT_LIMIT, MAX_LIMIT
from rentomatic.sealing import parse_keys
from rentomatic.tokens import parse_tokens

ENV_FILE = "RENTOMATIC_ENV_FILE"
TOKENS = "RENTOMATIC_TOKENS"
TOKENS_FILE = "RENTOMATIC_TOKENS_FILE"
SECRET_KEY = "RENTOMATIC_SECRET_KEY"  # noqa: S105 - a name
SECRET_KEY_FILE = "RENTOMATIC_SECRET_KEY_FILE"  # noqa: S105 - a name
WEBHOOK_NETWORKS = "RENTOMATIC_WEBHOOK_NETWORKS"
NO_KEY = f"webhooks need {SECRET_KEY_FILE}: make a key with `rentomatic searches key`"
PUBLIC_URL = "RENTOMATIC_PUBLIC_URL"
MAX_MACHINES = 1000
READ_URL = "RENTOMATIC_READ_DATABASE_URL"
# Read by prometheus_client: the folder of the counters that processes share.
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


class ConfigError(Exception):
    """Unusable settings; the text is one line, without passwords."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable.

    Attributes:
        name: its name.
        help: what it is for.
        default: its text when it is unset or empty; None for no value.
        parse: converts the text; raises ValueError with what the text must be.
        secret: whether it is never shown.
    """

    name: str
    help: str
    default: str | None = None
    parse: Callable[[str], Any] = str
    secret: bool = False

    def read(self, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - each setting has its type
        """Read the variable."""
        text = environ.get(self.name) or self.default
        if text is None:
            return None
        try:
            return self.parse(text)
        except ValueError as problem:
            given = "" if self.secret else f", not {shown(masked(text))}"
            raise ConfigError(f"{self.name} must be {problem}{given}") from None

    def show(self, environ: Mapping[str, str]) -> str:
        """Return its value for display, and whether it is the default."""
        text = environ.get(self.name)
        if not text:
            return f"{self.default} (default)" if self.default else "not set"
        return "(secret)" if self.secret else masked(text)


_CURRENCY = re.compile(r"[A-Z]{3}")


def one_of(*values: str) -> Callable[[str], str]:
    """Return a parser that accepts these values; it raises ValueError with what they are."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(" or ".join(values))
        return text

    return parse


def currency_code(text: str) -> str:
    """Read a code of ISO 4217; raise ValueError with what the text must be."""
    if not _CURRENCY.fullmatch(text):
        raise ValueError("a currency code of ISO 4217 such as EUR")
    return text


def integer_between(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of integers; it raises ValueError with what the text must be."""

    def parse(text: str) -> int:
        try:
            value = parse_integer(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ValueError(f"an integer from {least} to {most}")
        return value

    return parse


def _in_file(parse: Callable[[str], Any], lines: str) -> Callable[[str], Any]:
    """Return a parser of the name of a file, whose text `parse` reads."""

    def parse_file(name: str) -> Any:  # noqa: ANN401 - what `parse` returns
        try:
            return parse(Path(name).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ValueError(f"a file of lines of {lines}") from None
        except OSError as error:
            raise ValueError(f"a file that can be read ({error.strerror})") from None
        except ValueError as problem:
            raise ValueError(f"a file of {problem}") from None

    return parse_file


def _socket_path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("an absolute path such as /run/rentomatic/rentomatic.sock")
    return path


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATABASE_URL",
        "The PostgreSQL database: `postgresql://`, `postgres://` or `postgresql+psycopg://`."
        " Of several servers, separated by commas, the one that accepts writes is used."
        " Overrides the `POSTGRES_` group; without either, `rentomatic serve` embeds a server",
        parse=parse_postgres_url,
    ),
    Setting(
        READ_URL,
        "Replicas of that database, for searches without a token: a URL with one or several hosts,"
        " of which each thread uses one at random. The primary answers if none can",
        parse=parse_postgres_url,
    ),
    Setting(
        "RENTOMATIC_MAX_LAG",
        "The greatest age of a replica's data, in seconds; an older replica is passed over",
        "60",
        integer_between(1, 86_400),
    ),
    Setting(
        "POSTGRES_HOSTNAME",
        "The server, or several, separated by commas, if `DATABASE_URL` is not set",
    ),
    Setting("POSTGRES_PORT", "Its port", "5432", integer_between(1, 65535)),
    Setting("POSTGRES_USER", "The role to connect as"),
    Setting("POSTGRES_PASSWORD", "Its password", secret=True),
    Setting("POSTGRES_DB", "The maintenance database, used to create the others", "postgres"),
    Setting("APPLICATION_DB", "The database of the rooms"),
    Setting(
        "MONGODB_URL", "Keep the rooms in this MongoDB database instead", parse=parse_mongodb_url
    ),
    Setting(
        "RENTOMATIC_DATA",
        "Where the embedded server keeps its data; by default `.data` in a checkout, and the"
        " user's data folder for an installed wheel",
        parse=Path,
    ),
    Setting(
        "RENTOMATIC_DEFAULT_LIMIT",
        "How many rooms a search without `limit` returns",
        str(DEFAULT_LIMIT),
        integer_between(1, MAX_LIMIT),
    ),
    Setting(
        "RENTOMATIC_CURRENCY",
        "The currency of the prices, a code of ISO 4217; the documents and summaries name it",
        Rent().currency,
        currency_code,
    ),
    Setting(
        "RENTOMATIC_PERIOD",
        "What a price is for: `month`, `week` or `day`",
        Rent().period,
        one_of(*PERIODS),
    ),
    Setting(
        "RENTOMATIC_TILES",
        "A server of map tiles for the maps on pages: the address of a tile with `{z}`, `{x}` and"
        " `{y}`, a space, and the attribution to show. Browsers then load tiles from that host",
        parse=parse_tiles,
    ),
    Setting(
        TOKENS,
        "The tokens that may change rooms: lines of `rentomatic token new`, or the same separated"
        " by commas; none by default",
        parse=parse_tokens,
        secret=True,
    ),
    Setting(
        TOKENS_FILE,
        "A file of such lines",
        parse=_in_file(parse_tokens, "`rentomatic token new`"),
    ),
    Setting(
        SECRET_KEY,
        "Encrypts the signing secrets of saved searches in the database: a key of `rentomatic"
        " searches key`, or several separated by commas, the newest first; no search can be saved"
        " without one",
        parse=parse_keys,
        secret=True,
    ),
    Setting(
        SECRET_KEY_FILE,
        "A file of such keys, one per line",
        parse=_in_file(parse_keys, "`rentomatic searches key`"),
    ),
    Setting(
        WEBHOOK_NETWORKS,
        "Networks that webhooks may reach although they are not public, such as"
        " `10.1.0.0/16,fd00::/8`; `http` is possible only to loopback addresses among them",
        parse=parse_networks,
    ),
    Setting(
        PUBLIC_URL,
        "The address under which browsers reach the site, such as `https://rooms.example.com`;"
        " signing in needs it, with `https` unless it is a loopback address; GIS clients need it"
        " for absolute links",
        parse=parse_public_url,
    ),
    Setting(
        "RENTOMATIC_CHANGES_KEPT",
        "How many days `/rooms/changes` goes back",
        "30",
        integer_between(1, 366),
    ),
    Setting(
        "RENTOMATIC_MAX_BATCH_BYTES",
        "The longest batch of rooms over HTTP, in bytes",
        str(MAX_BATCH_BYTES),
        integer_between(1 << 16, 1 << 40),
    ),
    Setting("PORT", "The TCP port to listen on", "8000", integer_between(1, 65535)),
    Setting(
        "RENTOMATIC_SOCKET",
        "The unix socket to listen on instead, for a proxy; if systemd opens it, its path",
        parse=_socket_path,
    ),
    Setting("WEB_CONCURRENCY", "Worker processes", "4", integer_between(1, 256)),
    Setting("RENTOMATIC_THREADS", "Threads in each worker process", "4", integer_between(1, 256)),
    Setting(
        "RENTOMATIC_MACHINES",
        "How many machines run the service on this database; `rentomatic check` counts the"
        " connections of all of them",
        "1",
        integer_between(1, MAX_MACHINES),
    ),
    Setting(
        "RENTOMATIC_LOG",
        "Format of the log: `json`, `text`, or `auto` (text on a terminal, otherwise JSON)",
        "auto",
        one_of("auto", "json", "text"),
    ),
    Setting(
        "RENTOMATIC_METRICS",
        "`on` serves `/metrics` for Prometheus, to everyone who can reach the service",
        "off",
        one_of("on", "off"),
    ),
    Setting(
        ENV_FILE,
        "A file of more settings, `NAME=value` lines; environment variables override it",
    ),
)
