"""`rentomatic init-postgres`, `check` and `psql`."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from rentomatic.bootstrap import open_postgres, open_repository
from rentomatic.cli.outcome import EXIT_CODES
from rentomatic.config import SETTINGS, ConfigError, Settings
from rentomatic.embedded.binaries import EmbeddedError, find_binaries
from rentomatic.embedded.cluster import embedded_cluster
from rentomatic.repository.database import create_database, psql_arguments
from rentomatic.responses import ResponseTypes
from rentomatic.use_cases.readiness import readiness_use_case

if TYPE_CHECKING:
    from rentomatic.cli.outcome import Commands


def add_commands(commands: "Commands") -> None:
    """Describe the commands."""
    init = commands.add_parser(
        "init-postgres",
        help="create the application's database where it is missing",
        description="Create the application's database where it is missing.",
    )
    init.set_defaults(run=run_init_postgres)
    check = commands.add_parser(
        "check",
        help="check settings, database and migrations",
        description="Check settings, database and migrations: one line each.",
    )
    check.set_defaults(run=run_check)
    psql = commands.add_parser(
        "psql",
        help="open psql on the database in use",
        description="Open psql on the database in use; all other arguments are psql's.",
        epilog="example: rentomatic psql -c 'select count(*) from room'",
    )
    psql.set_defaults(run=run_psql)


def run_init_postgres(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Create the application's database, or say that it exists."""
    _refuse_mongodb(settings, "init-postgres")
    if settings.postgres:
        database, created = settings.postgres, create_database(settings.postgres)
    else:
        with embedded_cluster(settings.data) as cluster:
            database, created = cluster.database, create_database(cluster.database)
    told = "is created; next: yoyo apply" if created else "exists already; nothing is changed"
    sys.stdout.write(f"database {database.name} {told}\n")
    return EXIT_CODES[ResponseTypes.SUCCESS]


def run_check(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Tell the settings and where they come from, and whether the service could serve."""
    for setting in SETTINGS:
        sys.stdout.write(f"{setting.name:<26}{setting.show(os.environ)}\n")
    with open_repository(settings) as repository:
        readiness = readiness_use_case(repository)
    if not readiness:
        sys.stdout.write(f"{'database':<26}FAILED: {readiness.message}\n")
        return EXIT_CODES[readiness.type]
    newer = ", ".join(readiness.value.newer)
    told = f"ok, with migrations of a newer release: {newer}" if newer else "ok, fully migrated"
    sys.stdout.write(f"{'database':<26}{told}\n")
    return EXIT_CODES[ResponseTypes.SUCCESS]


def run_psql(arguments: argparse.Namespace, settings: Settings) -> int:
    """Open psql: the machine's own where there is one, else the embedded server's."""
    _refuse_mongodb(settings, "psql")
    psql = shutil.which("psql") or _embedded_psql()
    with open_postgres(settings) as database:
        target, secrets = psql_arguments(database)
        # Ctrl-C is psql's: it cancels a query, and must not end the server beneath it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = [psql, *target, *arguments.rest]
        return subprocess.run(command, check=False, env=os.environ | secrets).returncode


def _embedded_psql() -> str:
    try:
        return str(find_binaries() / "psql")
    except EmbeddedError:
        msg = "psql is not installed: apt install postgresql-client"
        raise ConfigError(msg) from None


def _refuse_mongodb(settings: Settings, command: str) -> None:
    if settings.mongodb_url:
        msg = f"{command} needs PostgreSQL, and MONGODB_URL names MongoDB"
        raise ConfigError(msg)
