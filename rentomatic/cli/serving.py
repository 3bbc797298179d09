"""`rentomatic serve`: database, migrations and gunicorn, in the foreground."""

import argparse
import errno
import fcntl
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import IO

from rentomatic.bootstrap import open_postgres, open_repository
from rentomatic.cli.outcome import SUCCESS
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.tokens import own_token
from rentomatic.config import PostgresDatabase, Settings
from rentomatic.demo import BOOK, EXAMPLE_FILTER, PREFIX, demo_rooms, example_values
from rentomatic.embedded.binaries import make_data_folder, open_lock
from rentomatic.embedded.cluster import find_cluster
from rentomatic.embedded.guard import guarded
from rentomatic.formats.json import dump_value
from rentomatic.public_url import is_loopback
from rentomatic.repository.database import create_database
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.migrations import apply_migrations
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.tokens import token_line
from rentomatic.variables import PUBLIC_URL, TOKENS, ConfigError, integer_between

# The name of the token of an embedded service.
_OWNER = "owner"
# The workers of a killed service keep its port until they notice.
_ORPHANS_SECONDS = 5


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "serve",
        run_serve,
        "start the service, and a database if none is configured",
        "Start the service in the foreground. Without a configured database it starts an embedded"
        " PostgreSQL; Ctrl-C or SIGTERM stops both.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, help="port to listen on (PORT, or 8000)")
    parser.add_argument(
        "--demo", action="store_true", help="fill an empty database with made-up rooms"
    )


def _port(text: str) -> int:
    try:
        return integer_between(1, 65535)(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"must be {problem}, not {text!r}") from None


def run_serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """Start everything that the service needs, and serve until asked to stop."""
    # Until gunicorn handles signals, they must end the context below.
    asked_to_stop = _interrupt_on(signal.SIGTERM, signal.SIGINT)
    port = settings.port if arguments.port is None else arguments.port
    with ExitStack() as stack:
        patience = 0
        site = f"http://{_address(arguments.host, port)}"
        url = f"{site}/rooms"
        if settings.public_url is None and is_loopback(site):
            # The workers read their settings again.
            os.environ[PUBLIC_URL] = site
        examples = _examples(url)
        is_embedded = not (settings.postgres or settings.mongodb_url)
        place = "the configured database"
        if is_embedded:
            if stack.enter_context(_locked(settings)):
                patience = _ORPHANS_SECONDS
            place = f"embedded PostgreSQL, data in {find_cluster(settings.data).home}"
        _refuse_taken(arguments.host, port, patience)
        if is_embedded and not settings.tokens:
            examples.append(_let_owner_write(settings, url))
        if not settings.mongodb_url:
            settings = replace(settings, postgres=_prepare(settings, stack))
        with open_repository(settings) as repository:
            notes = _fill(repository) if arguments.demo else _notice_emptiness(repository)
        lines = [f"Rent-o-Matic answers at {url} ({place})", *notes, *examples]
        banner = "\n".join([*lines, "Ctrl-C stops it."])
        if asked_to_stop:
            raise KeyboardInterrupt
        # gunicorn reads variables when it is imported, so they must be checked before.
        from rentomatic.cli.foreground import Foreground  # noqa: PLC0415

        service = Foreground(_address(arguments.host, port), banner)
        if is_embedded:
            service.on_start = lambda: stack.enter_context(guarded(settings.data))
        service.run()
    return SUCCESS


def _interrupt_on(*numbers: signal.Signals) -> list[int]:
    """Raise KeyboardInterrupt on signals, and list them: Python may drop what a handler raises."""
    noted: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    return noted


def _prepare(settings: Settings, stack: ExitStack) -> PostgresDatabase:
    database = stack.enter_context(open_postgres(settings, prepare=False))
    create_database(database)
    for migration in apply_migrations(database.url):
        sys.stdout.write(f"applied {migration}\n")
    # The workers read their settings again.
    os.environ["DATABASE_URL"] = database.url
    return database


@contextmanager
def _locked(settings: Settings) -> Iterator[bool]:
    """Keep other services from using the data folder; yield whether the last one was killed."""
    make_data_folder(settings.data)
    with open_lock(settings.data / "serve.lock") as lock:
        lock.seek(0)
        former = lock.read().strip()
        try:
            # A lock of this process only: the workers of a killed service do not hold it.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EAGAIN}:
                raise
            raise ConfigError(
                f"process {former} already serves {settings.data}; stop it first, "
                "or set RENTOMATIC_DATA to another folder"
            ) from None
        service = os.getpid()
        _rewrite(lock, f"{service}\n")
        yield bool(former)
        if os.getpid() == service:
            _rewrite(lock, "")


def _rewrite(file: IO[str], text: str) -> None:
    file.truncate(0)
    file.write(text)
    file.flush()


def _refuse_taken(host: str, port: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while reason := _why_taken(host, port):
        if time.monotonic() >= deadline:
            raise ConfigError(
                f"cannot listen on {host} port {port}: {reason}; give another --port or --host"
            )
        time.sleep(0.1)


def _why_taken(host: str, port: int) -> str | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror
    return None


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_empty(repository: RoomRepository) -> bool:
    return not list(repository.search(RoomListRequest(limit=1)).rooms)


def _fill(repository: RoomRepository) -> list[str]:
    if not _is_empty(repository):
        return ["The database already has rooms: --demo leaves them unchanged."]
    saved = repository.save(demo_rooms())
    marked = f"generated ones whose codes begin with {PREFIX[:18]}"
    return [f"Loaded {saved.added} made-up rooms: the book's {len(BOOK)}, and {marked}."]


def _notice_emptiness(repository: RoomRepository) -> list[str]:
    if not _is_empty(repository):
        return []
    return ["There are no rooms yet: --demo loads made-up ones, `rentomatic import FILE` your own."]


def _examples(url: str) -> list[str]:
    key, value = EXAMPLE_FILTER
    return [
        "Try, in another terminal:",
        f"  curl '{url}?limit=3'",
        f"  curl '{url}?filter_{key}={value}&limit=3'",
        f"  curl '{url}/{BOOK[0][0]}'",
    ]


def _let_owner_write(settings: Settings, url: str) -> str:
    """Let accounts that can read the data folder change rooms; return an example."""
    path, token = own_token(settings.data)
    # The workers read their settings again.
    os.environ[TOKENS] = token_line(_OWNER, token)
    bearer = f'-H "Authorization: Bearer $(cat {shlex.quote(str(path))})"'
    body = "-H 'Content-Type: application/json' -d '" + dump_value(example_values()).decode() + "'"
    return f"  curl {bearer} {body} {url}"
