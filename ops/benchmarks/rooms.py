"""Rooms for measurements: clustered in towns, the same each time."""

import random
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, repeat

import psycopg

from rentomatic.config import PostgresDatabase
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

TOWNS = 200
SPREAD_DEGREES = 0.05
COPY = "copy room (code, size, price, longitude, latitude) from stdin"
COPY_DESCRIBED = COPY.replace(")", ", title, city, description)")
# More rooms are copies of these, each elsewhere in its town: making one in Python takes longer.
MADE_ROOMS = 1_000_000
COPIES = """
insert into room (code, size, price, longitude, latitude)
select
  md5(number::text || code)::uuid,
  size,
  price,
  round((longitude + random() * 0.02 - 0.01) * 1000000) / 1000000,
  round((latitude + random() * 0.02 - 0.01) * 1000000) / 1000000
from generate_series(1, %(more)s / %(made)s + 1) as number
cross join room
limit %(more)s
"""
# What else describes a room.
DESCRIBE = """
update room set
  bedrooms = id % 5,
  available_from = date '2027-01-01' + (id % 365)::integer,
  reference = 'R-' || id
"""
FILL_WORDS = """
insert into room_words
select words.*
from room
cross join lateral words_of_room(room.id, title, city, description) as words
"""
# The statements that drop an index of a table, and that make it again.
INDEXES = """
select
  case when conname is null then 'drop index ' || indexrelid::regclass
  else 'alter table ' || conrelid::regclass || ' drop constraint ' || conname end,
  case when conname is null then pg_get_indexdef(indexrelid)
  else 'alter table ' || conrelid::regclass || ' add constraint ' || conname || ' '
    || pg_get_constraintdef(c.oid) end
from pg_index
left join pg_constraint as c on conindid = indexrelid
where indrelid = %s::regclass and not indisprimary
"""
SIZES = """
select relname, pg_size_pretty(pg_relation_size(oid)) from pg_class
where relname like 'room%' and relkind in ('r', 'i') order by pg_relation_size(oid) desc
"""

# Words that a tenth of the rooms have in their texts, and one that a hundred have.
FREQUENT = ("Terrace", "Balcón", "Garden")
RARE = "Ático"
RARE_ROOMS = 100
_MADE_UP = 40_000
_SYLLABLES = ("ba", "cé", "di", "fo", "gü", "la", "mi", "no", "ré", "sa", "ti", "ñu", "zo", "llo")
# No room with a word of this pair has the other one, except a few.
PAIR = ("furnished", "empty")


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


def texts(amount: int) -> Iterator[tuple[str, str, str]]:
    """Generate a title, a city and a description of about 300 to 1,000 characters for each room.

    How frequent a word is depends on its rank, as in language (Zipf's law).
    """
    generator = random.Random(3)
    words = [_made_up(generator) for _ in range(_MADE_UP)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(_MADE_UP)))
    rare = set(generator.sample(range(amount), min(amount, RARE_ROOMS)))
    for number in range(amount):
        length = generator.randint(300, 1_000)
        written = generator.choices(words, cum_weights=weights, k=length // 6)
        for word in FREQUENT:
            if generator.random() < 0.1:
                written.append(word)
        if number in rare:
            written.append(RARE)
        written += (
            [PAIR[number % 2]] if number % 5 < 2 else [*PAIR] if number % 100_000 == 3 else []
        )
        generator.shuffle(written)
        yield " ".join(written[:5]), f"Town {number % TOWNS}", " ".join(written)


def _made_up(generator: random.Random) -> str:
    syllables = generator.choices(_SYLLABLES, k=4)
    return "".join(syllables[: generator.randint(1, 4)])


def fill(database: PostgresDatabase, amount: int, *, are_described: bool = False) -> None:
    """Create a migrated, vacuumed database with rooms, on request with the optional fields.

    Indexes are built after the rooms are loaded, and no history is written: at ten million rooms
    that takes minutes instead of hours. Says on standard error how far it is.
    """
    create_database(database)
    apply_migrations(database.url)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '512MB'")
        # Only the trigger that computes the keys of texts is needed.
        connection.execute("alter table room disable trigger user")
        connection.execute("alter table room enable trigger room_insert_keys")
        with _without_indexes(connection, "room"):
            _load(connection, amount, are_described=are_described)
        if are_described:
            with _without_indexes(connection, "room_words"):
                connection.execute(FILL_WORDS)
        connection.execute("alter table room enable trigger user")
        connection.execute("vacuum (analyze) room, room_words")


def _load(connection: psycopg.Connection, amount: int, *, are_described: bool) -> None:
    # Words are rare or frequent among all rooms, so described rooms are not copied.
    made = amount if are_described else min(amount, MADE_ROOMS)
    described = texts(made) if are_described else repeat(())
    with connection.cursor().copy(COPY_DESCRIBED if are_described else COPY) as copy:
        for row, text in zip(rows(made), described, strict=False):
            copy.write_row((*row, *text))
    if amount > made:
        _progress(f"copying {made:,} rooms to make {amount:,}")
        connection.execute("select setseed(0.5)")
        connection.execute(COPIES, {"made": made, "more": amount - made})
    if are_described:
        connection.execute(DESCRIBE)
        connection.execute("vacuum (full) room")


@contextmanager
def _without_indexes(connection: psycopg.Connection, table: str) -> Iterator[None]:
    """Drop the indexes of a table, except that of its primary key, and make them again."""
    found = connection.execute(INDEXES, [table]).fetchall()
    for drop, _ in found:
        connection.execute(drop)
    yield
    for number, (_, create) in enumerate(found, start=1):
        _progress(f"building index {number} of {len(found)} on {table}")
        connection.execute(create)


def _progress(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def sizes(database: PostgresDatabase) -> str:
    """Return the sizes of the table and its indexes, the largest first."""
    with psycopg.connect(database.url) as connection:
        found = connection.execute(SIZES).fetchall()
    return ", ".join(f"{name} {size}" for name, size in found)
