"""Writes a backup of the configured database and removes old ones; for rentomatic-backup.service.

The backup has pg_dump's custom format, which ops/restore reads. It gets its final name only after
pg_restore has read it to the end.
"""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from rentomatic.config import PostgresDatabase, read_settings
from rentomatic.repository.database import psql_arguments
from rentomatic.variables import ConfigError

PATTERN = "rentomatic-*.dump"
UNFINISHED = ".rentomatic-*.partial"


def main() -> None:
    """Back up, or exit with one line that says why not."""
    parser = argparse.ArgumentParser(prog="ops/backup.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write backups")
    parser.add_argument("--keep", type=int, default=14, help="how many to keep (default: 14)")
    given = parser.parse_args()
    if given.keep < 1:
        parser.error("--keep must be at least 1")
    try:
        backup = write_backup(configured_database(), given.folder)
    except (ConfigError, OSError, subprocess.CalledProcessError) as error:
        reason = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        sys.exit(f"backup: {' '.join(reason.split())}")
    print(f"backup: {backup}, {backup.stat().st_size} bytes")
    remove_old(given.folder, given.keep)


def configured_database() -> PostgresDatabase:
    """Return the database that the settings name.

    Raises:
        ConfigError: if they name no PostgreSQL server.
    """
    database = read_settings(os.environ).postgres
    if database is None:
        raise ConfigError(
            "no PostgreSQL server is configured; set DATABASE_URL, or use MongoDB's own tools"
        )
    return database


def write_backup(database: PostgresDatabase, folder: Path) -> Path:
    """Dump the database into a file that only its owner can read; return the file.

    Raises:
        OSError: if the folder is not writable.
        subprocess.CalledProcessError: if pg_dump or pg_restore fails.
    """
    for left in folder.glob(UNFINISHED):
        left.unlink()
    name = f"rentomatic-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.dump"
    partial = folder / f".{name}.partial"
    target, secrets = psql_arguments(database)
    try:
        partial.touch(mode=0o600)
        # Files that wait for their import are in unlogged tables; no backup needs them.
        options = ["--format=custom", "--no-unlogged-table-data", f"--file={partial}"]
        _run(["pg_dump", *options, *target], secrets)
        _run(["pg_restore", "--file=/dev/null", str(partial)], {})
        return partial.rename(folder / name)
    finally:
        partial.unlink(missing_ok=True)


def _run(command: list[str], secrets: dict[str, str]) -> None:
    environment = os.environ | secrets
    subprocess.run(command, check=True, capture_output=True, text=True, env=environment)


def remove_old(folder: Path, keep: int) -> None:
    """Remove all but the newest backups."""
    for old in sorted(folder.glob(PATTERN))[:-keep]:
        old.unlink()
        print(f"backup: removed {old}")


if __name__ == "__main__":
    main()
