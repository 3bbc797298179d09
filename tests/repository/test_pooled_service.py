"""The whole service behind a pooler of transactions that tracks prepared statements."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from uuid import UUID

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.databases import settle
from tests.http.writing import BEARER, TOKENS, write
from tests.poolers import TRACKING_POOLERS, Pooler, let_role_carry_settings, pooled

THREADS = 8
# At least, of each thread.
REQUESTS = 125
STORED = 120

# Rooms that are written meanwhile are beyond this box, so the answers stay the same.
HERE = "bbox=-180,-60,180,60"
READS = (
    *("rooms?", "rooms?sort=price&limit=7&", "rooms?sort=-size&limit=50&count=exact&"),
    *("rooms?filter_price__lt=150&", "rooms?q=garden&sort=price&", "rooms?count=estimate&"),
    *("rooms?near=10,10&sort=distance&limit=9&", "rooms?near=10,10&radius=900000&"),
    *("rooms?filter=price<120 OR size>60&", "rooms?format=csv&limit=none&", "rooms?format=html&"),
    *("rooms/summary?", "rooms/summary?filter_price__gt=120&", "rooms/summary?q=garden&"),
    *("rooms/map?", "rooms/map?zoom=3&format=geojson&"),
)


@contextmanager
def serving(database: PostgresDatabase) -> Iterator[TestApp]:
    """Run the service on a database."""
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        stores = Stores(
            repository,
            changes=PostgresChanges(connections),
            idempotency=PostgresIdempotency(connections, repository),
        )
        application = Application(stores, tokens=TOKENS)
        yield TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.fixture
def stored(database: PostgresDatabase, make_room: Callable[..., Room]) -> list[Room]:
    """Rooms in the box, stored without the pooler."""
    rooms = [
        make_room(n, price=n, size=n % 70 + 1, longitude=n / 9, latitude=n / 7, title=title)
        for n, title in zip(
            range(1, STORED + 1), ("Garden", "Terrace", None) * STORED, strict=False
        )
    ]
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(rooms)
    return rooms


def address(read: str) -> str:
    """Return the address of a search of the rooms in the box."""
    return f"/{read}{HERE}"


def changes(client: TestApp) -> list[object]:
    """Read all changes, page by page."""
    found: list[object] = []
    page = {"next": "0", "more": True}
    while page["more"]:
        page = client.get(f"/rooms/changes?limit=40&since={page['next']}").json
        found += page["changes"]
    return found


def write_and_read(client: TestApp, number: int) -> int:
    """Write a room beyond the box and read it; return the number of requests."""
    path = f"/rooms/{UUID(int=1_000_000 + number)}"
    room = {"size": number, "price": 5, "longitude": 170.0, "latitude": 80.0}
    key = BEARER | {"Idempotency-Key": f"key-{number}"}
    for _ in range(2):
        write(client, "PUT", path, room, key, status=201)
    write(client, "PATCH", path, {"price": number + 1, "title": "Garden"}, status=200)
    found = client.get(path)
    assert (found.json["size"], found.json["price"]) == (number, number + 1)
    if number % 2:
        write(client, "DELETE", path, status=204)
        client.get(path, status=404)
        return 6
    return 4


def work(behind: PostgresDatabase, thread: int, expected: Mapping[str, bytes]) -> int:
    """Send the requests of a thread on a connection of its own; return their number."""
    sent = 0
    numbers = count(thread * REQUESTS)
    with serving(behind) as client:
        while sent < REQUESTS:
            number = next(numbers)
            for read in (READS[number % len(READS)], READS[(number * 7 + 3) % len(READS)]):
                assert client.get(address(read)).body == expected[read], read
            code = UUID(int=number % STORED + 1)
            assert client.get(f"/rooms/{code}").json["price"] == code.int
            sent += 3 + write_and_read(client, number + 1)
    return sent


@pytest.mark.parametrize("pooler", TRACKING_POOLERS, ids=lambda pooler: pooler.version)
@pytest.mark.usefixtures("stored")
def test_a_thousand_requests_through_two_sessions_are_right(
    pooler: Pooler, embedded: Cluster, database: PostgresDatabase
) -> None:
    """Pages, summaries, maps, rooms, writes and changes: the same as without a pooler."""
    let_role_carry_settings(database)
    with (
        serving(database) as direct,
        pooled(pooler, embedded, database, "transaction", max_prepared_statements=50) as behind,
        serving(behind) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        expected = {read: direct.get(address(read)).body for read in READS}
        sent = pool.map(lambda thread: work(behind, thread, expected), range(THREADS))
        assert sum(sent) >= THREADS * REQUESTS
        settle(database)
        assert changes(client) == changes(direct)
        whole = "/rooms?limit=none&format=ndjson"
        assert client.get(whole).body == direct.get(whole).body
        assert {read: direct.get(address(read)).body for read in READS} == expected
