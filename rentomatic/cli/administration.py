"""`rentomatic init-postgres`, `migrate` and `psql`."""

import argparse
import os
import shutil
import signal
import subprocess
import sys

from rentomatic.bootstrap import open_postgres
from rentomatic.cli.outcome import SUCCESS
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.streams import after
from rentomatic.config import Settings
from rentomatic.embedded.binaries import find_binaries
from rentomatic.repository.database import create_database, psql_arguments
from rentomatic.repository.migrations import apply_migrations


def add_commands(commands: Commands) -> None:
    """Describe the commands."""
    add_command(
        commands,
        "init-postgres",
        run_init_postgres,
        "create the application's database if it is missing",
    )
    add_command(
        commands,
        "migrate",
        run_migrate,
        "apply the migrations that the database lacks",
        "Apply the migrations that the database lacks. Concurrent runs wait for each other; one"
        " that is killed leaves nothing behind.",
    )
    add_command(
        commands,
        "psql",
        run_psql,
        "open psql on the database in use",
        "Open psql on the database in use; all other arguments are psql's.",
        epilog="example: rentomatic psql -c 'select count(*) from room'",
    )


def run_init_postgres(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Create the application's database, or report that it exists."""
    with open_postgres(settings, prepare=False) as database:
        created = create_database(database)
    outcome = "created; next: rentomatic migrate" if created else "already exists; nothing changed"
    with after(f"the database {'is created' if created else 'exists'}"):
        sys.stdout.write(f"database {database.name} {outcome}\n")
    return SUCCESS


def run_migrate(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Apply the migrations of this release, and report those that were missing."""
    with open_postgres(settings, prepare=False) as database:
        if settings.postgres is None:
            create_database(database)
        applied = apply_migrations(database.url)
    lines = [f"applied {name}" for name in applied] or ["all migrations are already applied"]
    with after("all migrations are applied"):
        sys.stdout.write("\n".join([*lines, ""]))
    return SUCCESS


def run_psql(arguments: argparse.Namespace, settings: Settings) -> int:
    """Open the machine's psql, or that of the embedded server."""
    with open_postgres(settings) as database:
        psql = shutil.which("psql") if settings.postgres else None
        target, secrets = psql_arguments(database)
        # Ctrl-C cancels a query of psql, and must not end the server.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = [psql or str(find_binaries() / "psql"), *target, *arguments.rest]
        try:
            return subprocess.run(command, check=False, env=os.environ | secrets).returncode
        finally:
            signal.signal(signal.SIGINT, before)
