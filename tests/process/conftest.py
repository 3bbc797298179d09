"""Commands on data folders of a test's own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.tokens import token_line
from tests.commands import ACCOUNTS, Account, Command, Commands
from tests.process.writing import TOKEN


@pytest.fixture
def commands_in(open_folder: Path) -> Iterator[Callable[..., Commands]]:
    """Make commands on a data folder, which is given relative to the test's folder."""
    made: list[Commands] = []

    def make(data: str = "data", account: Account = ACCOUNTS[0]) -> Commands:
        if account.name:
            shutil.chown(open_folder, account.name)
        made.append(Commands(open_folder, open_folder / data, account))
        return made[-1]

    yield make
    for commands in made:
        commands.close()


@pytest.fixture
def commands(commands_in: Callable[..., Commands]) -> Commands:
    """Commands on a data folder of the test's own."""
    return commands_in()


@pytest.fixture
def service(commands: Commands, database: PostgresDatabase) -> Command:
    """Gunicorn on a database of its own, with a token."""
    return commands.gunicorn(database, RENTOMATIC_TOKENS=token_line("office", TOKEN))


@pytest.fixture
def narrow(commands: Commands, database: PostgresDatabase) -> Command:
    """One worker of one thread, so that whatever holds a thread holds everybody."""
    return commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        WEB_CONCURRENCY="1",
        RENTOMATIC_THREADS="1",
    )
