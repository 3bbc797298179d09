"""Which searches are planned for the values of their parameters, and which only once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import pytest

from rentomatic.domain.room import Room
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_order import ADDED

TIMES = 30
SETTINGS = b"select current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
ONCE = [("force_generic_plan", "off")]
CUSTOM_PLANS = [("force_custom_plan", "on")]


@pytest.fixture
def repository(postgres_embedded: PostgresRepo, connections: Connections) -> PostgresRepo:
    """An empty repository on `connections`."""
    del postgres_embedded
    return PostgresRepo(connections)


@pytest.fixture
def ask(connections: Connections) -> Callable[[bytes], list[tuple[object, ...]]]:
    """Run a query in the session, without changing its settings."""

    def run(query: bytes) -> list[tuple[object, ...]]:
        return connections.read(lambda each: each.execute(query, prepare=False).fetchall())

    return run


Ask = Callable[[bytes], list[tuple[object, ...]]]


def searches(**search: object) -> Iterator[RoomListRequest]:
    """Yield a search, and the same behind a position."""
    first = build_room_list_request(**search)  # type: ignore[arg-type]
    assert first, first
    yield first
    room = Room(code=UUID(int=1), size=9, price=9, longitude=1.5, latitude=2.5)
    position = tuple(1 if key.name == ADDED else getattr(room, key.name) for key in first.order)
    after = write_cursor(first, first.order, position)
    following = build_room_list_request(**search, after=after)  # type: ignore[arg-type]
    assert following, following
    yield following


def plans(repository: PostgresRepo, ask: Ask, request: RoomListRequest) -> tuple[int, int]:
    """Search often; return how often a plan was made for the values, and how often not."""
    made = (
        b"select sum(custom_plans)::int, sum(generic_plans)::int from pg_prepared_statements"
        b" where statement !~ '^explain|set_config'"
    )
    ((custom, generic),) = ask(made)
    for _ in range(TIMES):
        repository.search(request)
    ((customs, generics),) = ask(made)
    return customs - (custom or 0), generics - (generic or 0)


@pytest.mark.parametrize(
    "search",
    [
        {},
        {"sort": "-price"},
        {"sort": "price", "filters": {"price__gte": 500, "price__lt": 800}},
        {"sort": "code", "filters": {"code__eq": UUID(int=3)}},
        {"sort": "latitude", "filters": {"latitude__gt": 1}},
    ],
)
def test_a_range_of_an_index_is_planned_once(
    repository: PostgresRepo, ask: Ask, search: dict[str, object]
) -> None:
    """Its plan is good for all values, so it is not made again for each search."""
    for request in searches(**search):
        custom, generic = plans(repository, ask, request)
        assert (custom + generic, custom <= 10) == (TIMES, True)


@pytest.mark.parametrize(
    "search",
    [
        {"filters": {"price__lt": 20}},
        {"sort": "size", "filters": {"price__lt": 20}},
        {"sort": "price", "filters": {"price__lt": 20, "size__gt": 7}},
        {"sort": "price", "filters": {"price__ne": 20}},
        {"sort": "price", "filters": {"price__in": [1, 2]}},
        {"sort": "price,-size"},
        {"sort": "price,-code"},
        {"sort": "latitude", "bbox": "0,0,9,9"},
        {"sort": "price", "near": "0,0"},
        {"sort": "price", "filters": {"price__lt": 20}, "count": "exact"},
    ],
)
def test_other_searches_are_planned_for_their_values(
    repository: PostgresRepo, ask: Ask, search: dict[str, object]
) -> None:
    """The right index depends on how selective they are, whatever was searched before."""
    for request in searches(**search):
        plans(repository, ask, RoomListRequest())
        assert ask(SETTINGS) == ONCE
        assert plans(repository, ask, request) == (TIMES, 0)


def test_a_plan_for_an_empty_table_is_good_when_it_has_grown(
    repository: PostgresRepo, ask: Ask
) -> None:
    """It is kept, so it walks the index and sorts nothing, although no room is there."""
    for request in searches(sort="price"):
        plans(repository, ask, request)
        break
    ((name,),) = ask(b"select name from pg_prepared_statements where generic_plans > 0")
    plan = "\n".join(str(line) for (line,) in ask(f"explain execute {name} (21)".encode()))
    assert "room_price_code_idx" in plan
    assert "Sort" not in plan


def test_one_room_is_found_by_a_plan_made_once(repository: PostgresRepo, ask: Ask) -> None:
    """A code finds at most one."""
    for number in range(TIMES):
        repository.get(UUID(int=number))
    assert ask(SETTINGS) == ONCE


def test_a_transaction_plans_for_the_values(
    repository: PostgresRepo, connections: Connections, ask: Ask
) -> None:
    """Nothing in it changes the settings, so a rollback cannot change them back."""

    def settings(connection: Connection) -> list[tuple[str, str]]:
        return connection.execute(SETTINGS, prepare=False).fetchall()

    for _ in range(2):
        plans(repository, ask, RoomListRequest())
        assert ask(SETTINGS) == ONCE
        with suppress(ZeroDivisionError), connections.transaction() as connection:
            for _ in range(TIMES):
                repository.within(connection).search(RoomListRequest())
            assert settings(connection) == CUSTOM_PLANS
            raise ZeroDivisionError
        assert ask(SETTINGS) == CUSTOM_PLANS
