"""Creating the database."""

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from rentomatic.config import PostgresDatabase
from rentomatic.repository.hosts import bounded
from rentomatic.repository.pooling import check_encoding
from rentomatic.repository.refusals import refusal_of


def create_database(database: PostgresDatabase) -> bool:
    """Create the application's database if it is missing.

    The maintenance database is used only then: on hosted servers, a role may have no access to it.

    Returns:
        whether it was missing.

    Raises:
        RepositoryUnavailableError: if the server cannot be reached or refuses.
        RepositoryUnfitError: if the encoding of the database is not UTF-8.
    """
    try:
        _look_at(database)
    except psycopg.Error as reason:
        try:
            return _create(database)
        except psycopg.Error as error:
            raise refusal_of(error) from reason
    return False


def _look_at(database: PostgresDatabase) -> None:
    with psycopg.connect(**bounded(database.url)) as connection:
        check_encoding(connection)


def _create(database: PostgresDatabase) -> bool:
    with psycopg.connect(autocommit=True, **bounded(database.maintenance_url)) as connection:
        name = sql.Identifier(database.name)
        try:
            # template0 and the locale C work with any encoding of the server.
            options = "template template0 encoding 'UTF8' locale 'C'"
            connection.execute(sql.SQL(f"create database {{}} {options}").format(name))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            # It exists but refused us for another reason, or another command was first.
            _look_at(database)
            return False
    return True


def psql_arguments(database: PostgresDatabase) -> tuple[list[str], dict[str, str]]:
    """Return psql's arguments, and the variables that hide the password from `ps`."""
    parameters = bounded(database.url)
    password = parameters.pop("password", None)
    return [make_conninfo("", **parameters)], {"PGPASSWORD": str(password)} if password else {}
