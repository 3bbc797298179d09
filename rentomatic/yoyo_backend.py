"""The yoyo backend of `database = rentomatic://` in yoyo.ini: the configured database."""

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from yoyo.connections import DatabaseURI

from rentomatic.bootstrap import open_postgres
from rentomatic.config import read_settings
from rentomatic.embedded.binaries import EmbeddedError
from rentomatic.environment import prepare_environment
from rentomatic.repository.database import create_database
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.migrations import LOCK_TIMEOUT, LockedBackend
from rentomatic.repository.refusals import refusal_of
from rentomatic.variables import ConfigError


class SettingsBackend(LockedBackend):
    """Makes plain `yoyo apply`, `yoyo rollback` and `yoyo list` use the configured database."""

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        """Connect to the configured database; exit with a one-line message if that fails."""
        until_exit = ExitStack()
        atexit.register(until_exit.close)
        with _in_one_line():
            prepare_environment(os.environ)
            settings = read_settings(os.environ)
            database = until_exit.enter_context(open_postgres(settings, prepare=False))
            if settings.postgres is None:
                create_database(database)
            return super().connect(dburi._replace(args={"conninfo": database.url}))

    @contextmanager
    def lock(self, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
        """Wait for other migrations; exit with a one-line message if the lock is unavailable."""
        with _in_one_line(), super().lock(timeout):
            yield


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        sys.exit(f"rentomatic: {refusal_of(error)}")
    except (ConfigError, EmbeddedError, RepositoryUnavailableError, OSError) as error:
        sys.exit(f"rentomatic: {error}")
