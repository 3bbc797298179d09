"""Rooms for measurements: clustered in towns, the same each time."""

import random
import uuid
from collections.abc import Iterator

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

TOWNS = 200
SPREAD_DEGREES = 0.05
COPY = "copy room (code, size, price, longitude, latitude) from stdin"
# Titles, texts of 300 to 1,000 characters, cities and more, for each room.
DESCRIBE = """
update room set
  title = 'Bright flat number ' || id,
  description = rpad(
    'A flat with everything that a tenant may want, number ' || id,
    300 + (id * 7919 % 701)::integer,
    ' near the station, with a balcony and a view of the park,'
  ) || '.',
  city = 'Town ' || id % 200,
  bedrooms = id % 5,
  available_from = date '2027-01-01' + (id % 365)::integer,
  reference = 'R-' || id
"""
SIZES = """
select relname, pg_size_pretty(pg_relation_size(oid)) from pg_class
where relname like 'room%' and relkind in ('r', 'i') order by pg_relation_size(oid) desc
"""


def towns() -> list[tuple[float, float]]:
    """Return random longitudes and latitudes of towns, from 45 degrees south to 65 north."""
    generator = random.Random(7)
    return [(generator.uniform(-179, 179), generator.uniform(-45, 65)) for _ in range(TOWNS)]


def rows(amount: int) -> Iterator[tuple[str, int, int, float, float]]:
    """Generate rooms in random order of towns."""
    generator = random.Random(1)
    places = towns()
    for _ in range(amount):
        longitude, latitude = generator.choice(places)
        yield (
            str(uuid.UUID(int=generator.getrandbits(128), version=4)),
            max(8, min(300, round(generator.lognormvariate(3.8, 0.6)))),
            round(generator.lognormvariate(6.8, 0.6)),
            round(generator.gauss(longitude, SPREAD_DEGREES), 6),
            round(generator.gauss(latitude, SPREAD_DEGREES), 6),
        )


def fill(database: PostgresDatabase, amount: int, *, are_described: bool = False) -> None:
    """Create a migrated, vacuumed database with rooms, maybe with all that describes them."""
    create_database(database)
    apply_migrations(database.url)
    with psycopg.connect(database.url, autocommit=True) as connection:
        with connection.cursor().copy(COPY) as copy:
            for row in rows(amount):
                copy.write_row(row)
        if are_described:
            connection.execute(DESCRIBE)
            connection.execute("vacuum (full) room")
        connection.execute("vacuum (analyze) room")


def sizes(database: PostgresDatabase) -> str:
    """Return the sizes of the table and its indexes, the largest first."""
    with psycopg.connect(database.url) as connection:
        found = connection.execute(SIZES).fetchall()
    return ", ".join(f"{name} {size}" for name, size in found)
