"""The settings of a process, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rentomatic.database_url import database_of, of_primary, with_database
from rentomatic.domain.rent import Rent
from rentomatic.domain.tiles import Tiles
from rentomatic.env_file import whole_environment
from rentomatic.reachable import PUBLIC, Reachable
from rentomatic.resources import default_data
from rentomatic.sealing import Sealer, write_keys
from rentomatic.tokens import NO_TOKENS, Tokens, write_tokens
from rentomatic.variables import (
    ENV_FILE,
    PUBLIC_URL,
    READ_URL,
    SECRET_KEY,
    SECRET_KEY_FILE,
    SETTINGS,
    TOKENS,
    TOKENS_FILE,
    WEBHOOK_NETWORKS,
    ConfigError,
)

_GROUP = ("POSTGRES_HOSTNAME", "POSTGRES_USER", "POSTGRES_PASSWORD", "APPLICATION_DB")


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A PostgreSQL database.

    Attributes:
        url: its URL, for libpq.
        maintenance_url: that of another database on the same server, from which it can be created.
    """

    url: str = field(repr=False)
    maintenance_url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The database's name."""
        return database_of(self.url)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, parsed; SETTINGS says what they mean.

    Attributes:
        postgres: the configured database; None to embed a server.
        read_url: of its replicas; None for none.
        max_lag: the greatest age of their data, in seconds.
        tokens: who may change rooms: names, by the digests of their tokens.
        public_url: the address of the site, as browsers send it in `Origin`; None if unknown.
        listens_to_all: whether other machines can reach the port.
        sealer: encrypts the secrets of saved searches; None without a key.
        reachable: where webhooks may be.
    """

    postgres: PostgresDatabase | None
    read_url: str | None
    max_lag: int
    mongodb_url: str | None
    data: Path
    default_limit: int
    rent: Rent
    tiles: Tiles | None
    tokens: Tokens
    public_url: str | None
    changes_kept: int
    max_batch_bytes: int
    port: int
    socket: Path | None
    workers: int
    threads: int
    machines: int
    log: str
    has_metrics: bool
    listens_to_all: bool
    sealer: Sealer | None
    reachable: Reachable


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        ConfigError: for a wrong value, an incomplete group, or a file that cannot be read.
    """
    environ = whole_environment(environ)
    values = {setting.name: setting.read(environ) for setting in SETTINGS}
    postgres = _postgres(values, environ)
    if values["MONGODB_URL"] and postgres:
        named = "DATABASE_URL" if values["DATABASE_URL"] else "the POSTGRES_ group"
        raise ConfigError(f"MONGODB_URL and {named} are both set; unset one of them")
    if values[READ_URL] and not postgres:
        raise ConfigError(f"{READ_URL} is set without DATABASE_URL, the primary; set both")
    return Settings(
        postgres=postgres,
        read_url=values[READ_URL],
        max_lag=values["RENTOMATIC_MAX_LAG"],
        mongodb_url=values["MONGODB_URL"],
        data=(values["RENTOMATIC_DATA"] or default_data()).resolve(),
        default_limit=values["RENTOMATIC_DEFAULT_LIMIT"],
        tiles=values["RENTOMATIC_TILES"],
        rent=Rent(values["RENTOMATIC_CURRENCY"], values["RENTOMATIC_PERIOD"]),
        tokens={
            **(values[TOKENS_FILE] or NO_TOKENS),
            **(values[TOKENS] or NO_TOKENS),
        },
        public_url=values[PUBLIC_URL],
        changes_kept=values["RENTOMATIC_CHANGES_KEPT"],
        max_batch_bytes=values["RENTOMATIC_MAX_BATCH_BYTES"],
        port=values["PORT"],
        socket=values["RENTOMATIC_SOCKET"],
        workers=values["WEB_CONCURRENCY"],
        threads=values["RENTOMATIC_THREADS"],
        machines=values["RENTOMATIC_MACHINES"],
        log=values["RENTOMATIC_LOG"],
        has_metrics=values["RENTOMATIC_METRICS"] == "on",
        # A platform that sets PORT connects from outside; otherwise only this machine does.
        listens_to_all=bool(environ.get("PORT")),
        sealer=values[SECRET_KEY_FILE] or values[SECRET_KEY],
        reachable=values[WEBHOOK_NETWORKS] or PUBLIC,
    )


def frozen_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return an equivalent environment that does not depend on files.

    Raises:
        ConfigError: like read_settings.
    """
    settings = read_settings(environ)
    return {
        **whole_environment(environ),
        ENV_FILE: "",
        TOKENS_FILE: "",
        TOKENS: write_tokens(settings.tokens),
        SECRET_KEY_FILE: "",
        SECRET_KEY: write_keys(settings.sealer) if settings.sealer else "",
    }


def _postgres(values: Mapping[str, Any], environ: Mapping[str, str]) -> PostgresDatabase | None:
    urls = _postgres_urls(values, environ)
    return PostgresDatabase(*(of_primary(url, environ) for url in urls)) if urls else None


def _postgres_urls(values: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str, str] | None:
    if url := values["DATABASE_URL"]:
        return url, with_database(url, "postgres")
    given = [name for name in (*_GROUP, "POSTGRES_PORT", "POSTGRES_DB") if environ.get(name)]
    if not given:
        return None
    if missing := [name for name in _GROUP if not values[name]]:
        raise ConfigError(
            f"{', '.join(given)} set without {', '.join(missing)}; set all, or DATABASE_URL"
        )
    # An encoded comma separates hosts too, and then the port is that of all.
    host, user, password, database = (quote(values[name], safe="") for name in _GROUP)
    server = f"postgresql://{user}:{password}@{host}:{values['POSTGRES_PORT']}"
    return f"{server}/{database}", f"{server}/{quote(values['POSTGRES_DB'], safe='')}"
