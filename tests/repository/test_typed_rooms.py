"""Rooms written in psql obey the same rules, and are found in the same way."""

from uuid import UUID

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.folding import fold
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import build_room_list_request
from tests.domain.test_kinds import RIGHT, WRONG

INSERT = "insert into room (code, size, price, longitude, latitude{}) values (%s, 1, 1, 1, 1{})"
# PostgreSQL itself refuses other types, NUL and lone surrogates.
TYPED: list[tuple[str, object]] = [
    (name, value)
    for name, value, _ in WRONG
    if isinstance(value, str) and not {"\0", "\ud800"} & set(value) and name != "available_from"
]
TYPED += [("bedrooms", -1), ("bedrooms", 100), ("title", ""), ("title", " a"), ("city", "a\u3000")]


@pytest.mark.parametrize(("name", "value"), TYPED)
def test_an_invalid_value_is_refused(
    empty_rooms: PostgresDatabase, name: str, value: object
) -> None:
    """By a constraint that names the column."""
    with (
        psycopg.connect(empty_rooms.url) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match=f"room_{name}_check"),
    ):
        connection.execute(INSERT.format(f", {name}", ", %s"), [UUID(int=1), value])


@pytest.mark.parametrize(("name", "value", "normal"), RIGHT)
def test_a_valid_value_is_accepted(
    empty_rooms: PostgresDatabase, name: str, value: object, normal: str | None
) -> None:
    """In its normal form."""
    plain = normal or (None if isinstance(value, str) and not value.strip() else value)
    with psycopg.connect(empty_rooms.url) as connection:
        connection.execute(INSERT.format(f", {name}", ", %s"), [UUID(int=1), plain])


@pytest.mark.parametrize("date", ["infinity", "-infinity", "0001-12-31 BC", "10000-01-01"])
def test_a_date_is_one_that_every_reader_has(empty_rooms: PostgresDatabase, date: str) -> None:
    """From the year 1 to 9999."""
    with (
        psycopg.connect(empty_rooms.url) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="room_available_from_check"),
    ):
        connection.execute(INSERT.format(", available_from", ", %s::date"), [UUID(int=1), date])


def test_keys_follow_what_is_typed(
    postgres_embedded: PostgresRepo, empty_rooms: PostgresDatabase
) -> None:
    """For any role, and even if it writes the keys themselves."""
    keys = "select title_key, city_key from room"
    with psycopg.connect(empty_rooms.url, autocommit=True) as connection:
        values = [UUID(int=1), "Größe", "İzmir"]
        connection.execute(INSERT.format(", title, city", ", %s, %s"), values)
        assert connection.execute(keys).fetchone() == ("grosse", "izmir")
        request = build_room_list_request({"city__eq": "IZMIR"})
        assert request
        assert [room.city for room in postgres_embedded.search(request).rooms] == ["İzmir"]
        connection.execute("update room set city_key = 'x', title = null")
        assert connection.execute(keys).fetchone() == (None, fold("İzmir"))
        connection.execute("update room set city = null, price = 2")
        assert connection.execute(keys).fetchone() == (None, None)
