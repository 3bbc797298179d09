"""The database itself: how it comes to be."""

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import reason_of
from rentomatic.repository.interface import RepositoryUnavailableError

CONNECT_TIMEOUT = 5


def create_database(database: PostgresDatabase) -> bool:
    """Create the application's database from the maintenance one; tell whether it was missing.

    A role that may use the database and not the maintenance one, as on hosted servers, finds that
    it exists.

    Raises:
        RepositoryUnavailableError: when the server cannot be reached or refuses.
    """
    try:
        psycopg.connect(database.url, connect_timeout=CONNECT_TIMEOUT).close()
    except psycopg.Error as reason:
        try:
            return _create(database)
        except psycopg.Error as error:
            raise RepositoryUnavailableError(reason_of(error)) from reason
    return False


def _create(database: PostgresDatabase) -> bool:
    with psycopg.connect(
        database.maintenance_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT
    ) as connection:
        name = sql.Identifier(database.name)
        try:
            connection.execute(sql.SQL("create database {}").format(name))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            # It was there and refused us for another reason, or another command was first.
            psycopg.connect(database.url, connect_timeout=CONNECT_TIMEOUT).close()
            return False
    return True


def psql_arguments(database: PostgresDatabase) -> tuple[list[str], dict[str, str]]:
    """Spell a database for psql: arguments, and the variables that keep its password from `ps`."""
    parameters = conninfo_to_dict(database.url)
    password = parameters.pop("password", None)
    return [make_conninfo("", **parameters)], {"PGPASSWORD": str(password)} if password else {}
