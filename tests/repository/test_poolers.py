"""Poolers in front of the database: what they cannot do is detected before it does damage."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from uuid import UUID

import psycopg
import pytest
from webtest import TestApp

from rentomatic.cli import main
from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository import opener
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError, RepositoryUnfitError
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.pooling import SHARED, UNTRACKED, UNTRANSACTED
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.poolers import POOLERS, TRACKING_POOLERS, Pooler, let_role_carry_settings, pooled

CHANGES_KEPT = 30
THREADS = 8
ROUNDS = 40

Pool = Callable[..., AbstractContextManager[PostgresDatabase]]
each_pooler = pytest.mark.parametrize("pooler", POOLERS, ids=lambda pooler: pooler.version)
each_tracking_pooler = pytest.mark.parametrize(
    "pooler", TRACKING_POOLERS, ids=lambda pooler: pooler.version
)


def untracked(pooler: Pooler) -> dict[str, object]:
    """Return the settings with which a pooler does not track prepared statements."""
    return {"max_prepared_statements": 0} if pooler.tracks else {}


@pytest.fixture
def pool(embedded: Cluster, database: PostgresDatabase) -> Pool:
    """Run a pooler in front of the test's own database."""
    return lambda pooler, mode, **settings: pooled(pooler, embedded, database, mode, **settings)


@pytest.fixture
def prepared_role(database: PostgresDatabase) -> Iterator[None]:
    """Set the settings of the manual for the role."""
    let_role_carry_settings(database)
    yield
    with psycopg.connect(database.url, autocommit=True) as connection:
        name = database.name
        connection.execute(f"alter role rentomatic in database {name} reset all".encode())


def connected(database: PostgresDatabase) -> closing[Connections]:
    """Connect as the service does."""
    return closing(Connections(database.url, changes_kept=CHANGES_KEPT))


def storm(connections: Connections) -> tuple[list[Room | None], list[Exception]]:
    """Read rooms with even numbers and remove those with odd numbers, from many threads.

    Return the rooms that were read, and the errors.
    """
    repository = PostgresRepo(connections)
    found: list[Room | None] = []
    errors: list[Exception] = []
    # Closing also ends the probing for all threads.
    finished = threading.Barrier(THREADS)

    def work(thread: int) -> None:
        for number in range(thread * ROUNDS * 2, (thread + 1) * ROUNDS * 2, 2):
            try:
                repository.remove(UUID(int=number + 1))
                found.append(repository.get(UUID(int=number)))
                page = repository.search(RoomListRequest(limit=3))
                assert len(list(page.rooms)) == 3
            except RepositoryUnavailableError as error:
                errors.append(error)
        finished.wait()
        connections.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, errors


@pytest.fixture
def stored(database: PostgresDatabase, make_room: Callable[..., Room]) -> list[Room]:
    """Rooms, stored without the pooler."""
    rooms = [make_room(number) for number in range(THREADS * ROUNDS * 2)]
    with closing(Connections(database.url)) as connections:
        PostgresRepo(connections).save(rooms)
    return rooms


def left(database: PostgresDatabase) -> set[UUID]:
    """Return the codes of the stored rooms, without the pooler."""
    with psycopg.connect(database.url) as connection:
        return {code for (code,) in connection.execute("select code from room")}


@each_pooler
@pytest.mark.parametrize("pool_size", [1, 2, 20])
@pytest.mark.parametrize("in_turns", [0, 1])
@pytest.mark.usefixtures("prepared_role")
def test_mixed_up_statements_are_detected_before_the_first_query(
    pooler: Pooler, pool: Pool, pool_size: int, in_turns: int
) -> None:
    """Although the role has the settings, and however the pooler chooses sessions."""
    settings = {"default_pool_size": pool_size, "server_round_robin": in_turns}
    with (
        pool(pooler, "transaction", **untracked(pooler), **settings) as behind,
        connected(behind) as connections,
    ):
        for _ in range(2):
            with pytest.raises(RepositoryUnfitError) as caught:
                PostgresRepo(connections).search(RoomListRequest())
            assert str(caught.value) == UNTRACKED


@each_pooler
@pytest.mark.usefixtures("prepared_role")
def test_no_statement_of_another_connection_is_ever_run(
    pooler: Pooler,
    pool: Pool,
    database: PostgresDatabase,
    stored: list[Room],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the pooler is not detected, there are errors, but no lost rooms or wrong answers."""
    monkeypatch.setattr(opener, "shares_sessions", lambda _connect: None)
    with (
        pool(pooler, "transaction", **untracked(pooler)) as behind,
        connected(behind) as connections,
    ):
        found, errors = storm(connections)
    assert errors
    codes = {room.code for room in found if room}
    assert len(codes) == len(found)
    assert {room.code for room in stored[::2]} <= left(database)


@each_tracking_pooler
@pytest.mark.usefixtures("prepared_role")
def test_a_pooler_that_tracks_statements_works(
    pooler: Pooler, pool: Pool, database: PostgresDatabase, stored: list[Room]
) -> None:
    """Every answer is right, with more connections than sessions, and after a rollback."""
    with (
        pool(pooler, "transaction", max_prepared_statements=10) as behind,
        connected(behind) as connections,
    ):
        repository = PostgresRepo(connections)
        repository.save(stored[:3], dry_run=True)
        found, errors = storm(connections)
        streamed = list(repository.search(RoomListRequest(limit=None)).rooms)
    assert errors == []
    assert len(found) == len(stored) // 2
    assert {room.code for room in found if room} == {room.code for room in stored[::2]}
    assert left(database) == {room.code for room in stored[::2]} == {r.code for r in streamed}


@each_tracking_pooler
@pytest.mark.usefixtures("prepared_role")
def test_commands_work_behind_a_pooler_without_the_limits_of_the_service(
    pooler: Pooler, pool: Pool, make_room: Callable[..., Room]
) -> None:
    """An import may take longer than a request."""
    with (
        pool(pooler, "transaction", max_prepared_statements=10) as behind,
        closing(Connections(behind.url, statement_timeout=0)) as connections,
    ):
        assert PostgresRepo(connections).save([make_room()]).added == 1
        shown = "select current_setting('statement_timeout')"
        assert connections.write(lambda connection: connection.run(shown)) == [("0",)]


@each_pooler
@pytest.mark.usefixtures("prepared_role")
def test_a_pooler_of_sessions_works(pooler: Pooler, pool: Pool, stored: list[Room]) -> None:
    """Each connection has its own session."""
    with (
        pool(pooler, "session", default_pool_size=THREADS + 2) as behind,
        connected(behind) as connections,
    ):
        found, errors = storm(connections)
    assert errors == []
    assert {room.code for room in found if room} == {room.code for room in stored[::2]}


@each_pooler
@pytest.mark.usefixtures("prepared_role")
def test_the_settings_of_a_pooled_session_stay(pooler: Pooler, pool: Pool) -> None:
    """Another connection may get the session, so no search changes how it plans."""
    with (
        pool(pooler, "session", default_pool_size=3) as behind,
        connected(behind) as connections,
    ):
        assert mode_after_searches(connections) == "force_custom_plan"


def test_the_settings_of_the_url_stay(embedded_rooms: PostgresDatabase) -> None:
    """A URL that sets how statements are planned applies to all of them."""
    url = f"{embedded_rooms.url}&options=-c%20plan_cache_mode%3Dauto"
    with closing(Connections(url)) as connections:
        assert mode_after_searches(connections) == "auto"


def mode_after_searches(connections: Connections) -> str:
    """Search often, and return how the session plans statements."""
    for _ in range(30):
        PostgresRepo(connections).search(RoomListRequest())
    ((mode,),) = connections.read(
        lambda connection: connection.execute("show plan_cache_mode", prepare=False).fetchall()
    )
    return str(mode)


@each_pooler
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_dropped_settings_are_named(
    pooler: Pooler, pool: Pool, database: PostgresDatabase, mode: str
) -> None:
    """The message has the commands that set them for the role."""
    with (
        pool(pooler, mode) as behind,
        connected(behind) as connections,
        pytest.raises(RepositoryUnfitError) as caught,
    ):
        PostgresRepo(connections).schema()
    message = str(caught.value)
    # PgBouncer 1.20 and later use only `timezone` from our options.
    assert re.match(
        r"a pooler has dropped the session's settings: plan_cache_mode is auto, not "
        r"force_custom_plan; statement_timeout is 0, not 4000; (timezone is [\w/]+, not UTC; )?"
        r"rentomatic\.changes_kept is not set, not 30; set them for the role: alter role",
        message,
    )
    command = f'alter role "rentomatic" in database "{database.name}" set statement_timeout'
    assert f"{command} to '4000';" in message


@each_pooler
@pytest.mark.usefixtures("prepared_role")
def test_a_pooler_of_statements_is_refused(pooler: Pooler, pool: Pool) -> None:
    """It does not allow transactions, so nothing could be written."""
    with (
        pool(pooler, "statement") as behind,
        connected(behind) as connections,
        pytest.raises(RepositoryUnfitError) as caught,
    ):
        PostgresRepo(connections).schema()
    assert str(caught.value) == UNTRANSACTED


@each_pooler
def test_a_pooler_that_refuses_options_is_named(pooler: Pooler, pool: Pool) -> None:
    """The message says where its settings are documented."""
    with (
        pool(pooler, "session", ignore_startup_parameters="extra_float_digits") as behind,
        connected(behind) as connections,
        pytest.raises(RepositoryUnfitError, match=r'unsupported startup parameter.*"A pooler" in'),
    ):
        PostgresRepo(connections).schema()


@each_pooler
@pytest.mark.usefixtures("prepared_role")
def test_readiness_the_log_and_check_name_the_cause(
    pooler: Pooler,
    pool: Pool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Clients learn that waiting does not help, and nothing is served."""
    with pool(pooler, "transaction", **untracked(pooler)) as behind:
        with connected(behind) as connections:
            client = TestApp(Application(Stores(PostgresRepo(connections))))
            for path in ("/rooms", "/rooms/summary", "/rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a"):
                message = client.get(path, status=503).json["message"]
                assert message.startswith("The database is not set up correctly")
            assert UNTRACKED in client.get("/health/ready", status=503).json["message"]
        assert caplog.messages[0] == f"the database cannot answer: {UNTRACKED}"
        monkeypatch.setenv("DATABASE_URL", behind.url)
        assert main(["check"]) == 4
        assert f"FAILED: configured PostgreSQL: {UNTRACKED}" in capfd.readouterr().out
        assert main(["list"]) == 4
        assert capfd.readouterr().err == f"rentomatic: {UNTRACKED}\n"


@each_tracking_pooler
@pytest.mark.usefixtures("prepared_role")
def test_migrations_need_a_connection_without_a_pooler(
    pooler: Pooler, pool: Pool, database: PostgresDatabase
) -> None:
    """Their lock would stay in the pooler's session; it is not needed if there are none."""
    with pool(pooler, "transaction", max_prepared_statements=10) as behind:
        assert apply_migrations(behind.url) == []
        with psycopg.connect(database.url) as connection:
            connection.execute("delete from _yoyo_migration where migration_id like '0004%'")
            connection.execute("drop table idempotency_key")
        with pytest.raises(RepositoryUnfitError) as caught:
            apply_migrations(behind.url)
    assert str(caught.value) == SHARED
    assert apply_migrations(database.url) == ["0004.idempotency-keys"]


def test_the_options_do_not_end_with_a_space(embedded_rooms: PostgresDatabase) -> None:
    """PgBouncer 1.21 and later rejects one."""
    for url in (embedded_rooms.url, f"{embedded_rooms.url}&options=-cgeqo%3Don%20"):
        with closing(Connections(url)) as connections:
            assert connections.options == connections.options.strip()


def test_no_two_connections_share_the_name_of_a_statement(embedded_rooms: PostgresDatabase) -> None:
    """By default, psycopg uses the same names on each connection."""
    names: list[str] = []
    for _ in range(2):
        with closing(Connections(embedded_rooms.url)) as connections:
            connections.read(lambda connection: connection.run("select 1"))
            rows = connections.read(
                lambda connection: connection.run("select name from pg_prepared_statements")
            )
            names += [name for (name,) in rows]
    assert len(names) == len(set(names)) == 4
