"""`rentomatic check`: whether everything that the service needs works, one line each."""

import argparse
import os
import shlex
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from rentomatic.bootstrap import open_postgres, open_repository
from rentomatic.cli.checking_replicas import check_replicas
from rentomatic.cli.finding import PROBES, WIDTH, Finding
from rentomatic.cli.outcome import EXIT_CODES, SUCCESS
from rentomatic.cli.parser import Commands, add_command
from rentomatic.config import Settings
from rentomatic.embedded.cluster import find_cluster
from rentomatic.env_file import whole_environment
from rentomatic.public_url import can_sign_in
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.inspection import Inspection, inspect_server
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.responses import ResponseTypes
from rentomatic.slots import writes_at_once
from rentomatic.use_cases.readiness import readiness_use_case
from rentomatic.variables import (
    ENV_FILE,
    MAX_MACHINES,
    NO_KEY,
    PUBLIC_URL,
    SECRET_KEY_FILE,
    SETTINGS,
    TOKENS_FILE,
    integer_between,
)

# A larger difference makes the logs of two machines hard to read together.
CLOCK_SECONDS = 2
# Connections of commands: a backup, a migration, and `rentomatic psql`.
_COMMANDS = 3
# `rentomatic notify` notes every ten seconds that it runs.
IDLE_SECONDS = 60
_SET_ADDRESS = "set it to the site's address, such as https://rooms.example.com"


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    check = add_command(
        commands,
        "check",
        run_check,
        "check settings, files, database, migrations, webhooks, replicas, socket and clock",
        "Check settings, the files that they name, database, migrations, webhooks, indexes,"
        " connections, replicas, socket and clock: one line each.",
    )
    check.add_argument(
        "--before-start",
        action="store_true",
        help="fail for wrong settings only: the service waits for everything else",
    )
    check.add_argument(
        "--machines",
        type=_machines,
        metavar="N",
        help="count the connections of this many machines; the default is RENTOMATIC_MACHINES",
    )


def _machines(text: str) -> int:
    try:
        return integer_between(1, MAX_MACHINES)(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"must be {problem}, not {text!r}") from None


def run_check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the settings, and whether everything that the service needs works."""
    environ = whole_environment(os.environ)
    for setting in SETTINGS:
        sys.stdout.write(f"{setting.name:<{WIDTH}}{setting.show(environ)}\n")
    if arguments.machines:
        settings = replace(settings, machines=arguments.machines)
    is_good = True
    for finding in chain(_check_files(environ), _findings(settings)):
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
        is_good = is_good and finding.is_good
    if is_good or arguments.before_start:
        return SUCCESS
    return EXIT_CODES[ResponseTypes.UNAVAILABLE_ERROR]


def _check_files(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check the files that contain passwords, keys and the digests of tokens."""
    for name, what in (
        (ENV_FILE, "settings file"),
        (TOKENS_FILE, "tokens file"),
        (SECRET_KEY_FILE, "key file"),
    ):
        found = Path(environ.get(name) or os.devnull)
        if found.is_file():
            yield _check_secrets(what, found)


def _check_secrets(what: str, path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    state = f"{path} has mode {mode:04o}"
    if not mode & stat.S_IRWXO:
        return Finding(what, state)
    hint = f"every account has access; run: chmod o-rwx {shlex.quote(str(path))}"
    return Finding(what, f"{state}: {hint}", is_good=False)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding("sign-in", _sign_in(settings))
    yield Finding("gis", _layer(settings))
    yield from _check_mongodb(settings) if settings.mongodb_url else _check_postgres(settings)
    if settings.socket:
        yield _check_socket(settings.socket)


def _sign_in(settings: Settings) -> str:
    """Say where people can sign in, or what is missing; the rest of the service works without."""
    if _is_served_locally(settings):
        return "at the address that `rentomatic serve` prints, if it is on this machine"
    if not settings.tokens:
        return "not possible without a token; make one: rentomatic token new"
    if can_sign_in(settings.public_url):
        return f"{settings.public_url}/sign-in"
    found = f"{PUBLIC_URL} is {settings.public_url or 'not set'}"
    return f"not possible: {found}; {_SET_ADDRESS}"


def _layer(settings: Settings) -> str:
    """Say which address GIS clients open, or what relative links cost them."""
    if _is_served_locally(settings):
        return "/ogc at the address that `rentomatic serve` prints, if it is on this machine"
    if settings.public_url:
        return f"{settings.public_url}/ogc"
    return (
        f"{PUBLIC_URL} is not set, so the links at /ogc are relative: QGIS and older releases of"
        f" GDAL cannot open the layer; {_SET_ADDRESS}"
    )


def _is_served_locally(settings: Settings) -> bool:
    """Return whether `rentomatic serve` provides the database, and the address if it is local."""
    return not (settings.postgres or settings.mongodb_url or settings.public_url)


def _check_mongodb(settings: Settings) -> Iterator[Finding]:
    with open_repository(settings) as repository:
        readiness = readiness_use_case(repository)
    state = "it answers" if readiness else readiness.message
    yield Finding("database", f"configured MongoDB: {state}", is_good=bool(readiness))


def _check_postgres(settings: Settings) -> Iterator[Finding]:
    place = "configured PostgreSQL"
    if not settings.postgres:
        place = f"embedded PostgreSQL in {find_cluster(settings.data).home}"
    with (
        open_postgres(settings) as database,
        closing(Connections(database.url, changes_kept=settings.changes_kept)) as connections,
    ):
        server: Inspection | None
        try:
            server = inspect_server(connections)
        except RepositoryUnavailableError as reason:
            server = None
            yield Finding("database", f"{place}: {reason}", is_good=False)
        else:
            yield from _check_server(server, place, connections, settings)
        if settings.read_url:
            yield from check_replicas(settings, connections, server)


def _check_server(
    server: Inspection, place: str, connections: Connections, settings: Settings
) -> Iterator[Finding]:
    """Check the server that answers."""
    where = f" at {server.address}" if settings.postgres else ""
    state = f"{place} {server.version}{where}"
    if server.read_only:
        state += f": {server.read_only}"
    yield Finding("database", state, is_good=not server.read_only)
    if not server.read_only:
        migrations = _check_migrations(PostgresRepo(connections))
        yield migrations
        if migrations.is_good:
            yield _check_webhooks(PostgresSearches(connections), settings)
    yield _check_indexes(server)
    yield _check_connections(server, settings)
    yield _check_clock(server)


def _check_migrations(repository: RoomRepository) -> Finding:
    readiness = readiness_use_case(repository)
    if not readiness:
        return Finding("migrations", readiness.message, is_good=False)
    newer = ", ".join(readiness.value.newer)
    state = f"all applied, and newer ones: {newer}" if newer else "all applied"
    return Finding("migrations", state)


def _check_webhooks(searches: PostgresSearches, settings: Settings) -> Finding:
    """Check that saved searches are notified; the rest of the service works without."""
    if settings.sealer is None:
        return Finding("webhooks", f"not possible: {NO_KEY}")
    found = searches.backlog()
    state = f"{found.enabled} searches, {found.disabled} disabled, {found.waiting} messages wait"
    if not found.enabled or (found.idle is not None and found.idle < IDLE_SECONDS):
        return Finding("webhooks", state)
    hint = "nothing looks for changes; run: systemctl start rentomatic-notify"
    return Finding("webhooks", f"{state}; {hint}", is_good=False)


def _check_indexes(server: Inspection) -> Finding:
    if not server.invalid_indexes:
        return Finding("indexes", "all valid")
    names = ", ".join(server.invalid_indexes)
    return Finding("indexes", f"invalid: {names}; run: REINDEX INDEX CONCURRENTLY", is_good=False)


def _check_connections(server: Inspection, settings: Settings) -> Finding:
    machines = f"{settings.machines} machines with " if settings.machines > 1 else ""
    wanted = _connections_of(server, settings)
    state = f"{machines}{settings.workers} workers of {settings.threads} threads use up to {wanted}"
    state += f" of the {server.connections} connections that {server.limit}"
    is_good = wanted <= server.connections
    hint = "" if is_good else "; lower WEB_CONCURRENCY or RENTOMATIC_THREADS"
    return Finding("connections", state + hint, is_good)


def _connections_of(server: Inspection, settings: Settings) -> int:
    """Return the greatest number of connections that the service and its commands have."""
    # With replicas, a heartbeat has a connection too (rentomatic.repository.heartbeat).
    worker = settings.threads + PROBES + bool(settings.read_url)
    if server.is_synchronous:
        # Each may wait for a standby without its thread, which opens another.
        worker += writes_at_once(settings.threads)
    return settings.machines * settings.workers * worker + _COMMANDS


def _check_clock(server: Inspection) -> Finding:
    ahead = (datetime.now(UTC) - server.clock).total_seconds()
    state = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} the database's"
    if abs(ahead) <= CLOCK_SECONDS:
        return Finding("clock", state)
    return Finding("clock", f"{state}; synchronize both with a time server", is_good=False)


def _check_socket(path: Path) -> Finding:
    try:
        found = path.stat()
    except OSError as error:
        state = f"{path}: {error.strerror}; run: systemctl start rentomatic.socket"
        return Finding("socket", state, is_good=False)
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISSOCK(found.st_mode):
        return Finding("socket", f"{path} is not a socket; remove it", is_good=False)
    if mode & stat.S_IRWXO:
        state = f"{path} has mode {mode:04o}: every account may connect; use 0660 at most"
        return Finding("socket", state, is_good=False)
    return Finding("socket", f"{path} has mode {mode:04o}, {path.owner()}:{path.group()}")
