"""Commands with several servers reach the primary; on a standby they say what it is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from testbed.processes import freeze, thaw
from testbed.replication import Server, database_on, new_primary, standby_of

from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.standby import STANDBY
from rentomatic.tokens import token_line
from tests.commands import CHECKOUT, Commands
from tests.process.test_yoyo import FIRST, finish, folder_of, start_yoyo
from tests.process.writing import CODE, ROOM, TOKEN, write

Servers = tuple[Server, Server]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A primary and its standby."""
    with new_primary() as primary, standby_of(primary) as standby:
        yield primary, standby


@pytest.fixture
def frozen(servers: Servers) -> Iterator[Server]:
    """The standby, which accepts connections but answers nothing."""
    _, standby = servers
    freeze(standby)
    yield standby
    thaw(standby)


def test_everything_reaches_the_primary_past_a_frozen_server(
    servers: Servers, frozen: Server, commands: Commands, tmp_path: Path
) -> None:
    """The README's `yoyo apply`, the commands, the backup and the service."""
    primary, _ = servers
    database = database_on(frozen, primary)
    several = {"DATABASE_URL": database.url}
    assert "created" in commands.run("init-postgres", **several).printed
    status, _, errors = finish(start_yoyo("apply", **several))
    assert status == 0, errors
    migrated = commands.run("migrate", **several)
    assert migrated.printed == "all migrations are already applied\n"
    commands.run("check", **several)
    made = subprocess.run(
        [sys.executable, "ops/backup.py", str(tmp_path)],
        cwd=CHECKOUT,
        # pg_dump must not be older than the server.
        env={"PATH": f"{primary.binaries}{os.pathsep}{os.environ['PATH']}", **several},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    service = commands.gunicorn(database, RENTOMATIC_TOKENS=token_line("office", TOKEN))
    assert write(service, "PUT", f"/rooms/{CODE}", ROOM)[0] == 201
    assert service.ask("/health/ready") == 200


@pytest.mark.parametrize("is_migrated", [True, False])
def test_migrations_name_a_standby(
    servers: Servers, commands: Commands, tmp_path: Path, *, is_migrated: bool
) -> None:
    """In one line, before they change anything; if there is nothing to do, they succeed."""
    primary, standby = servers
    name = f"migrated_{is_migrated}".lower()
    create_database(primary.database_named(name))
    if is_migrated:
        apply_migrations(primary.database_named(name).url)
    standby.catch_up(primary)
    alone = {"DATABASE_URL": standby.database_named(name).url}
    more = folder_of(tmp_path / "migrations", FIRST)
    status, _, errors = finish(start_yoyo("apply", more, **alone))
    assert (status, errors) == (1, f"rentomatic: {STANDBY}\n")
    migration = commands.start("migrate", **alone)
    assert migration.end() == (0 if is_migrated else 4)
    assert migration.complained == ("" if is_migrated else f"rentomatic: {STANDBY}\n")
