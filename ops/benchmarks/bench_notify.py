"""What it costs to find the saved searches that a change of a room concerns.

The processor time per change of matching and of making the messages, with searches as people
save them: most are near a town, with a price. Then the same with queueing in PostgreSQL, by both
processes together. Sending is not part of it: it takes as long as receivers do.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote_plus
from uuid import UUID, uuid4

import psycopg
from processor import processor_seconds, taken_between
from rooms import FREQUENT, fill, rows, texts, towns
from servers import table, temporary_cluster
from testbed.processes import processes_of

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.notifying.following import Follower
from rentomatic.notifying.index import SearchIndex
from rentomatic.notifying.matching import Matcher
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresnotifications import PostgresNotifications, WatchedSearch
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.wsgi.arguments import read_selection

_MADE_AT = datetime(2027, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench notify", description=__doc__)
    parser.add_argument("--searches", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rooms = list(described(given.changes))
    shown = [matching(count, rooms, given.rounds) for count in given.searches]
    header = ("searches", "index s", "compared per change", "events per change", "µs per change")
    print(table(header, shown))
    print("\nWith queueing:\n")
    print(
        table(
            ("searches", "messages", "notify µs", "PostgreSQL µs"),
            [queueing(count, rooms) for count in given.searches],
        )
    )


def described(amount: int) -> Iterator[Room]:
    """Yield rooms with texts."""
    made = zip(rows(amount), texts(amount), strict=True)
    for (code, size, price, longitude, latitude), (title, city, description) in made:
        room = Room(UUID(code), size, price, longitude, latitude, title, description)
        yield replace(room, city=city, bedrooms=size % 5)


def queries(amount: int) -> Iterator[str]:
    """Yield the queries of searches."""
    generator = random.Random(11)
    places = towns()
    for _ in range(amount):
        longitude, latitude = generator.choice(places)
        price = f"filter_price__lte={round(generator.lognormvariate(6.8, 0.5), -1):.0f}"
        near = f"near={longitude:.4f},{latitude:.4f}&radius={generator.choice((1, 2, 5, 10))}000"
        west, south = longitude - generator.random() / 9, latitude - generator.random() / 9
        town = f"filter_city__eq={quote_plus(f'Town {places.index((longitude, latitude))}')}"
        yield generator.choices(
            (
                f"{near}&{price}",
                f"{near}&{price}&filter_bedrooms__gte={generator.randint(1, 3)}",
                f"{town}&{price}",
                f"{town}&filter=" + quote_plus("price < 600 OR bedrooms >= 3"),
                f"bbox={west:.4f},{south:.4f},{west + 0.1:.4f},{south + 0.1:.4f}",
                f"q={generator.choice(FREQUENT)}&{price}&{town}",
                f"filter_price__lt={generator.randint(50, 150)}",
                "filter_price__gte=100&filter_price__lte=200&filter_size__gte=40",
                f"filter_reference__eq=R-{generator.randint(1, 10**6)}",
            ),
            (40, 15, 15, 5, 10, 10, 2, 2, 1),
        )[0]


def selected(query: str) -> RoomSelection:
    """Read a query."""
    selection = read_selection(query)
    if isinstance(selection, RoomSelection):
        return selection
    raise ValueError(query)


def changes(rooms: list[Room]) -> Iterator[RoomChange]:
    """Yield changes as often as they are: prices, new rooms, rooms that are gone."""
    for number, room in enumerate(rooms):
        kind = (ChangeKind.UPDATED, ChangeKind.UPDATED, ChangeKind.ADDED, ChangeKind.REMOVED)[
            number % 4
        ]
        former = None if kind is ChangeKind.ADDED else replace(room, price=room.price + 30)
        after = None if kind is ChangeKind.REMOVED else room
        yield RoomChange(kind, _MADE_AT, "bench", room.code, after, former, transaction=1)


def matching(count: int, rooms: list[Room], rounds: int) -> list[str]:
    """Measure matching alone."""
    searches = [WatchedSearch(uuid4(), "bench", each, 0) for each in queries(count)]
    start = time.process_time()
    matcher = Matcher(searches)
    built = time.process_time() - start
    made = list(changes(rooms))
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        left = made
        while left:
            left = left[matcher.messages(left)[1] :]
        taken.append((time.process_time() - start) / len(made) * 1e6)
    events = sum(len(list(matcher.events(each))) for each in made) / len(made)
    index = SearchIndex((each.id, selected(each.query)) for each in searches)
    compared = sum(
        len(list(index.candidates(room)))
        for each in made
        for room in (each.former, each.room)
        if room
    ) / len(made)
    return [
        f"{count:,}",
        f"{built:.2f}",
        f"{compared:.0f}",
        f"{events:.1f}",
        f"{statistics.median(taken):,.0f}",
    ]


def queueing(count: int, rooms: list[Room]) -> list[str]:
    """Measure matching and queueing, from the history in PostgreSQL to the queue there."""
    with temporary_cluster() as cluster:
        database = cluster.database_named("notify")
        fill(database, 0)
        with closing(Connections(database.url)) as connections:
            follower = Follower(PostgresChanges(connections), PostgresNotifications(connections))
            follower.step()
            _save(database, count)
            _write(database, rooms)
            backends = processes_of(cluster)
            start, before = time.process_time(), processor_seconds(backends)
            while follower.step():
                pass
            own = time.process_time() - start
            server = taken_between(before, processor_seconds(backends))
        with psycopg.connect(database.url) as connection:
            ((messages,),) = connection.execute("select count(*) from notification").fetchall()
    shown = (f"{seconds / len(rooms) * 1e6:,.0f}" for seconds in (own, server))
    return [f"{count:,}", f"{messages:,}", *shown]


def _save(database: PostgresDatabase, count: int) -> None:
    with psycopg.connect(database.url) as connection:
        statement = """
            insert into saved_search (id, owner, name, query, webhook, host, secret)
            values (gen_random_uuid(), 'bench', 'bench', %s, 'https://a.example', 'a', '')
        """
        connection.cursor().executemany(statement, [(each,) for each in queries(count)])


def _write(database: PostgresDatabase, rooms: list[Room]) -> None:
    """Add the rooms in one transaction each."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for each in rooms:
            connection.execute(
                "insert into room (code, size, price, longitude, latitude, title, city,"
                " description, bedrooms) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    *(each.code, each.size, each.price, each.longitude, each.latitude),
                    *(each.title, each.city, each.description, each.bedrooms),
                ),
            )


if __name__ == "__main__":
    main()
