"""Who gets an answer from a replica, whose data may be older, and who from the primary."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import pytest
from testbed.replication import Server
from testbed.waiting import until
from webtest import TestApp, TestResponse

from rentomatic.repository.connections import Connections
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.http.writing import BEARER, TOKENS, VALUES
from tests.replicas.conftest import Replicate, Servers, lose, recover

SEARCHES = [
    "/rooms",
    "/rooms?limit=3&sort=-price",
    "/rooms?count=exact",
    "/rooms?format=csv",
    "/rooms?format=geojson",
    "/rooms?format=ndjson",
    "/rooms?format=html",
    "/rooms/summary",
    "/rooms/map?zoom=3",
    "/rooms/relaxations?filter_price__gte=200000",
    "/rooms/feed",
    "/ogc/collections",
    "/ogc/collections/rooms",
    "/ogc/collections/rooms/items",
]
COOKIES = ["rentomatic=anything", "other=1; __Host-rentomatic=anything"]
# Far from all others, and dearer.
NEW = VALUES | {"price": 100_000, "longitude": -70.0, "latitude": -30.0}


@pytest.fixture
def client(servers: Servers, primary: Connections, replicate: Replicate) -> TestApp:
    """The service with one replica."""
    replicas = replicate(servers.first)
    stores = Stores(
        PostgresRepo(primary),
        PostgresChanges(primary),
        copies=PostgresRepo(replicas),
        replicas=replicas.states,
    )
    application = Application(stores, tokens=TOKENS)
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@contextmanager
def paused(standby: Server) -> Iterator[None]:
    """Let a standby replay nothing for a while."""
    standby.ask("select pg_wal_replay_pause()")
    until(lambda: standby.ask("select pg_get_wal_replay_pause_state()") == ["paused"])
    yield
    standby.ask("select pg_wal_replay_resume()")


def add(client: TestApp) -> str:
    """Add a room; return its path."""
    answer = client.post_json("/rooms", NEW, headers=BEARER)
    return str(answer.headers["Location"])


def shown(answer: TestResponse) -> bytes:
    """Return what an answer says of the rooms."""
    return re.sub(rb'"timeStamp":"[^"]*"|nonce[^ ]*', b"", answer.body)


@pytest.mark.parametrize("path", SEARCHES)
def test_only_searches_of_nobody_may_lag(client: TestApp, servers: Servers, path: str) -> None:
    """With a token, right or wrong, or with the cookie of a session, a search is up to date."""
    before = shown(client.get(path))
    with paused(servers.first):
        add(client)
        assert shown(client.get(path)) == before
        assert shown(client.get(path, headers={"Cookie": "theme=rentomatic"})) == before
        assert client.head(path).headers["ETag"] == client.get(path).headers["ETag"]
        assert shown(client.get(path, headers=BEARER)) != before
        assert shown(client.get(path, headers={"Authorization": "Basic x"})) != before
        for cookie in COOKIES:
            assert shown(client.get(path, headers={"Cookie": cookie})) != before
    servers.first.catch_up(servers.primary)
    assert shown(client.get(path)) != before


def test_everything_else_is_read_on_the_primary(client: TestApp, servers: Servers) -> None:
    """One room, all rooms, and changes."""
    since = client.get("/rooms/changes?since=now").json["next"]
    with paused(servers.first):
        path = add(client)
        assert client.get(path).json["price"] == NEW["price"]
        assert "100,000" in client.get(f"{path}?format=html")
        assert client.get(f"/ogc/collections/rooms/items{path.removeprefix('/rooms')}").json
        for query in ("limit=none", "format=csv&limit=none", "lim%69t=n%6Fne"):
            assert "100000" in client.get(f"/rooms?{query}")
        assert len(client.get(f"/rooms/changes?since={since}").json["changes"]) == 1
        client.delete(path, headers=BEARER)
        client.get(path, status=404)


def test_a_tag_confirms_only_what_the_client_has(client: TestApp, servers: Servers) -> None:
    """Whichever server answers: the tag of an older page never confirms a newer one, nor back."""
    older = client.get("/rooms")
    with paused(servers.first):
        add(client)
        newer = client.get("/rooms", headers=BEARER)
        assert newer.body != older.body
        assert newer.headers["ETag"] != older.headers["ETag"]
        for has, headers, gets in (
            (older, {}, None),
            (newer, BEARER, None),
            (older, BEARER, newer),
            (newer, {}, older),
        ):
            sent = {"If-None-Match": has.headers["ETag"], **headers}
            answer = client.get("/rooms", headers=sent, status="*")
            assert answer.status_int == (200 if gets else 304)
            assert answer.body == (gets.body if gets else b"")
    servers.first.catch_up(servers.primary)
    sent = {"If-None-Match": older.headers["ETag"]}
    assert client.get("/rooms", headers=sent, status=200).body == newer.body


def test_a_tag_survives_the_loss_and_return_of_a_replica(client: TestApp, servers: Servers) -> None:
    """What the primary answered meanwhile is not returned for the replica, which is older."""
    lose(servers.first)
    meanwhile = client.get("/rooms")
    assert client.get("/rooms", headers={"If-None-Match": meanwhile.headers["ETag"]}, status=304)
    recover(servers.first)
    servers.first.catch_up(servers.primary)
    until(lambda: client.get("/rooms").headers["ETag"] != meanwhile.headers["ETag"])
    with paused(servers.first):
        add(client)
        assert client.get("/rooms").body == meanwhile.body


def test_a_cursor_works_on_each_server(client: TestApp, servers: Servers) -> None:
    """The first page is a replica's, the second one the primary's."""
    for sort in ("", "&sort=-price", "&near=0,0&sort=distance"):
        first = client.get(f"/rooms?limit=3{sort}")
        (following,) = re.findall('<([^>]*)>; rel="next"', first.headers["Link"])
        lose(servers.first)
        second = client.get(following)
        recover(servers.first)
        codes = {room["code"] for room in first.json + second.json}
        assert (len(first.json), len(second.json), len(codes)) == (3, 1, 4)
        until(lambda: client.get("/health/ready").json["pools"]["replicas"] == ["used"])


def test_ready_names_both_pools(client: TestApp, servers: Servers) -> None:
    """The service is ready without its replicas; without the primary it is not."""

    def pools() -> Any:  # noqa: ANN401 - JSON
        return client.get("/health/ready").json["pools"]

    assert pools() == {"primary": "used", "replicas": ["used"]}
    lose(servers.first)
    assert pools() == {"primary": "used", "replicas": ["away"]}
    recover(servers.first)
    until(lambda: pools()["replicas"] == ["used"])
    lose(servers.primary)
    client.get("/health/ready", status=503)
    assert len(client.get("/rooms").json) == 4


@contextmanager
def writing(client: TestApp, leave: Callable[[], None]) -> Iterator[None]:
    """Add, change and remove rooms all the time, in another thread."""
    is_over = threading.Event()

    def write() -> None:
        written: list[str] = []
        for step in cycle(range(5)):
            if is_over.is_set():
                break
            if step < 3:
                written.append(add(client))
            elif step == 3:
                client.patch_json(
                    written[-1],
                    {"price": len(written)},
                    headers={**BEARER, "Content-Type": "application/merge-patch+json"},
                )
            else:
                client.delete(written.pop(0), headers=BEARER)
            is_over.wait(0.02)
        leave()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_a_mirror_equals_the_source_whatever_the_lag(
    client: TestApp, servers: Servers, primary: Connections
) -> None:
    """It follows the manual's protocol, without a token, while rooms are written."""
    servers.first.configure(recovery_min_apply_delay="3s")
    changes = 0
    with writing(client, primary.leave):
        until(lambda: client.get("/rooms?limit=none").text.count("100000") > 20)
        cursor = client.get("/rooms/changes?since=now").json["next"]
        mirror = {room["code"]: room for room in client.get("/rooms?limit=none").json}
        pause = threading.Event()
        for _ in range(40):
            cursor, applied = follow(client, mirror, cursor)
            changes += applied
            pause.wait(0.1)
    source = client.get("/rooms?limit=1000", headers=BEARER).json
    # The replica is still behind, and not the mirror.
    assert client.get("/rooms?limit=1000").json != source
    applied = 1
    while applied:
        cursor, applied = follow(client, mirror, cursor)
        changes += applied
    assert changes > 50
    assert mirror == {room["code"]: room for room in source}


def follow(client: TestApp, mirror: dict[str, Any], cursor: str) -> tuple[str, int]:
    """Apply a page of changes to a mirror; return the next cursor, and how many they were."""
    page = client.get(f"/rooms/changes?since={cursor}").json
    for change in page["changes"]:
        if "room" in change:
            mirror[change["code"]] = change["room"]
        else:
            mirror.pop(change["code"], None)
    return page["next"], len(page["changes"])
