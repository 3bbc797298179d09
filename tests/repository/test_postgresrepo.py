"""What only PostgreSQL guarantees: constraints, plans, and streams from one snapshot."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.demo import demo_rooms
from rentomatic.domain.geography import great_circle_metres
from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, InvalidRoomError, Room
from rentomatic.repository import room_parameters
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import ANALYZED_CHANGES, PostgresRepo
from rentomatic.repository.results import SaveSummary
from rentomatic.repository.room_parameters import (
    LIST_PARAMETERS,
    LIST_PARTS,
    list_parameters,
    list_parts,
    may_lack_sort_key,
)
from rentomatic.repository.statement import Statement
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_fields import DISTANCE, FILTER_KEYS
from rentomatic.requests.room_list import RoomListRequest, build_room_list_request
from rentomatic.requests.room_order import SORT_NAMES, parse_sort, ranked
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.resources import shipped
from tests.databases import ask

MakeRoom = Callable[..., Room]
INSERT = "INSERT INTO room(code, size, price, longitude, latitude) VALUES (%s, %s, %s, %s, %s)"


def test_a_room_that_is_inserted_in_psql_is_found(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any], rooms: list[Room]
) -> None:
    """The next search sees the book's INSERT, from any client."""
    version = postgres_embedded.version()
    connection.execute(INSERT, list(rooms[0].to_dict().values()))
    assert postgres_embedded.search(RoomListRequest()).rooms == [rooms[0]]
    assert postgres_embedded.version() != version


@pytest.mark.parametrize(
    ("field", "wrong", "edges"),
    [
        ("size", [0, -1], [1, MAX_SIZE]),
        ("price", [-1, MAX_PRICE + 1], [0, MAX_PRICE]),
        ("longitude", [-180.1, 180.1, math.nan, math.inf], [-180, 180]),
        ("latitude", [-90.1, 90.1, math.nan, -math.inf], [-90, 90]),
    ],
)
def test_constraints_mirror_the_entity(
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    make_room: MakeRoom,
    field: str,
    wrong: list[float],
    edges: list[float],
) -> None:
    """The table accepts the same values as the entity, including the bounds."""
    values = make_room(1).to_dict()
    for value in wrong:
        with pytest.raises(InvalidRoomError):
            make_room(1, **{field: value})
        with pytest.raises(psycopg.errors.CheckViolation, match=f"room_{field}_check"):
            connection.execute(INSERT, list((values | {field: value}).values()))
    for number, value in enumerate(edges, 1):
        room = make_room(number, **{field: value})
        connection.execute(INSERT, list(room.to_dict().values()))
        assert postgres_embedded.get(room.code) == room


@pytest.mark.parametrize("column", ["code", "size", "price", "longitude", "latitude"])
def test_no_column_may_be_null(
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    make_room: MakeRoom,
    column: str,
) -> None:
    """The table refuses an incomplete room."""
    with pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute(INSERT, list((make_room(1).to_dict() | {column: None}).values()))


@pytest.fixture
def stored(postgres_embedded: PostgresRepo, make_room: MakeRoom) -> list[Room]:
    """Enough different rooms to make an index worthwhile."""
    rooms = [
        make_room(
            n,
            size=n,
            price=n,
            longitude=n / 200,
            latitude=n / 400,
            title=f"Loft {n:05}",
            url=f"https://example.com/{n}",
            city=f"Town {n:05}",
            bedrooms=n // 202,
            available_from=date.min + timedelta(n),
            reference=str(n),
        )
        for n in range(1, 20_001)
    ]
    postgres_embedded.save(rooms)
    return rooms


def test_each_selective_filter_uses_an_index(
    stored: list[Room], connection: psycopg.Connection[Any]
) -> None:
    """A search for a few rooms does not read the whole table; `ne` and `null` never select few."""
    few = {"eq": 0, "in": 0, "lt": 2, "lte": 2, "gt": -3, "gte": -3}
    for key, (field, operator) in FILTER_KEYS.items():
        if operator in {"ne", "null"}:
            continue
        plan = explain(connection, filters={key: getattr(stored[few[operator]], field)})
        assert f"room_{field}" in plan, (key, plan)
        assert "Seq Scan" not in plan, (key, plan)


@pytest.mark.parametrize(
    ("filter_", "indexes"),
    [
        ("price = 3 OR size = 5", ["room_price", "room_size"]),
        ("price < 3 OR price = 19999", ["room_price"]),
        ("price BETWEEN 7 AND 8 OR price = 11", ["room_price"]),
        ("city = 'Town 00007' OR title = 'Loft 00008'", ["room_city", "room_title"]),
        (
            "(price = 3 AND size < 9) OR (latitude > 49.99 AND bedrooms > 1)",
            ["room_price", "room_latitude"],
        ),
        (
            "NOT (price > 2 AND available_from <> DATE('0001-01-09'))",
            ["room_price", "room_available_from"],
        ),
    ],
)
def test_selective_alternatives_use_their_indexes(
    stored: list[Room], connection: psycopg.Connection[Any], filter_: str, indexes: list[str]
) -> None:
    """An expression is found as fast as its parts."""
    del stored
    plan = explain(connection, filter=filter_)
    assert all(index in plan for index in indexes), plan
    assert "Seq Scan" not in plan, plan


def test_alternatives_are_sorted_by_the_index_of_their_range(
    stored: list[Room], connection: psycopg.Connection[Any]
) -> None:
    """What lies outside the range of all alternatives is not read."""
    del stored
    filter_ = "price BETWEEN 50 AND 300 OR price BETWEEN 9000 AND 12000"
    plan = explain(connection, filter=filter_, sort="price", limit=20)
    (condition,) = re.findall("Index Cond: .*", plan)
    assert "price >= '50'::bigint" in condition
    assert "price <= '12000'::bigint" in condition
    assert "Sort" not in plan


def explain(connection: psycopg.Connection[Any], **search: object) -> str:
    """Return PostgreSQL's plan of a search."""
    request = build_room_list_request(**search)  # type: ignore[arg-type]
    assert request, request
    is_present = may_lack_sort_key(request)
    parameters = list_parameters(request, is_present=is_present)
    statement = Statement(shipped("sql") / "room_list.sql", LIST_PARAMETERS, LIST_PARTS)
    text = statement.text(frozenset(parameters), **list_parts(request, is_present=is_present))
    return "\n".join(row[0] for row in connection.execute(b"explain " + text, parameters))


def test_each_order_uses_an_index(stored: list[Room], connection: psycopg.Connection[Any]) -> None:
    """Nothing is sorted, and a distant page begins at its place in the index."""
    for sort in (sign + field for field in SORT_NAMES if field != DISTANCE for sign in ("", "-")):
        order = parse_sort(sort)
        position = tuple(ranked(key.name, getattr(stored[12_345], key.name)) for key in order)
        after = write_cursor(RoomSelection(), order, position)
        behind = explain(connection, sort=sort, after=after)
        for plan in (explain(connection, sort=sort), behind):
            assert "Sort" not in plan, plan
            assert f"room_{order[0].name}" in plan, plan
        assert "Index Cond: (ROW(" in behind or "Index Cond: (code" in behind, behind


PLACES: list[tuple[dict[str, str], str]] = [
    ({"near": "30,10", "sort": "distance"}, "room_north_idx"),
    ({"near": "30,-10", "sort": "distance"}, "room_south_idx"),
    ({"near": "30,10", "sort": "-distance"}, "room_south_idx"),
    ({"near": "30,10", "sort": "distance", "radius": "5000"}, "room_north_idx"),
    ({"near": "30,10", "radius": "500", "sort": "price"}, "room_latitude_code_idx"),
    ({"bbox": "30,10,30.1,10.1"}, "room_latitude_code_idx"),
    ({"bbox": "30,10,30.1,10.1", "sort": "price"}, "room_latitude_code_idx"),
]


def test_places_are_found_through_an_index(
    stored: list[Room], connection: psycopg.Connection[Any]
) -> None:
    """An index serves the nearest and the farthest rooms, a radius and a box."""
    for search, index in PLACES:
        plan = explain(connection, **search, limit=20)
        assert index in plan, plan
        assert "Seq Scan" not in plan, plan


def rooms_read(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any], **search: object
) -> float:
    """Count the rooms that a page reads."""
    request = build_room_list_request(**search)  # type: ignore[arg-type]
    assert request, request
    text, parameters = postgres_embedded.page_statement(request)
    ((plans,),) = connection.execute(b"explain (analyze, format json) " + text, parameters)
    return _rooms_read(plans[0]["Plan"])


def _rooms_read(plan: dict[str, Any]) -> float:
    here = 0.0
    if plan.get("Relation Name") == "room":
        passed = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        here = plan["Actual Loops"] * (passed + plan.get("Rows Removed by Index Recheck", 0))
    return here + sum(_rooms_read(each) for each in plan.get("Plans", []))


@pytest.mark.parametrize("sort", ["distance", "-distance", "distance,price", "distance,-price"])
@pytest.mark.parametrize("number", [30, 10_000, 19_990])
def test_a_page_by_distance_begins_at_its_cursor(
    stored: list[Room],
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    sort: str,
    number: int,
) -> None:
    """It skips the nearer rooms, however many there are."""
    near = {"near": "0,0", "sort": sort}
    request = build_room_list_request(**near)  # type: ignore[arg-type]
    assert request
    room, values = stored[number], {DISTANCE: great_circle_metres(0, 0, *place(stored[number]))}
    position = tuple(values.get(key.name) or getattr(room, key.name) for key in request.order)
    after = write_cursor(request, request.order, position)
    assert rooms_read(postgres_embedded, connection, **near, after=after, limit=20) < 2_000


def place(room: Room) -> tuple[float, float]:
    """Return the coordinates of a room, longitude first."""
    return room.longitude, room.latitude


def test_a_ring_is_searched_from_its_edge(
    stored: list[Room],
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With many rooms, it is read outwards from the inner edge or inwards from the outer one."""
    monkeypatch.setattr(room_parameters, "FEW_ROOMS", len(stored) // 100)
    ring = {"near": "0,0", "radius_min": 5_000_000, "radius": 9_000_000, "limit": 20}
    for sort in ("distance", "-distance"):
        assert rooms_read(postgres_embedded, connection, **ring, sort=sort) < 2_000


def test_a_rare_room_is_not_searched_around_a_place(
    stored: list[Room], postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """If few rooms pass the filters, an index on the filtered field finds them."""
    rare = {"filters": {"price__gt": len(stored) - 10}, "near": "0,0", "sort": "distance"}
    assert rooms_read(postgres_embedded, connection, **rare, limit=20) < 100


@pytest.mark.parametrize(
    "search",
    [
        {"filters": {"price__gt": 2000, "price__lt": 1000}},
        {"filters": {"price__gte": 2000, "price__lt": 2000}},
        {"filters": {"price__eq": 5, "price__lte": 4}},
        {"filters": {"latitude__gt": 1, "latitude__eq": 1}},
        {"filters": {"latitude__gt": 10}, "bbox": "-180,-40,180,0"},
        {"filters": {"longitude__gt": 100}, "bbox": "-170,-40,0,90"},
        {"filters": {"longitude__gt": 0, "longitude__lt": 9}, "bbox": "170,-90,-170,90"},
    ],
)
def test_contradictory_conditions_read_nothing(
    stored: list[Room],
    postgres_embedded: PostgresRepo,
    connection: psycopg.Connection[Any],
    search: dict[str, object],
) -> None:
    """Filters that exclude each other, or the box, select no room, so none is read."""
    for count in (None, "exact"):
        assert rooms_read(postgres_embedded, connection, **search, sort="size", count=count) == 0
    touching = {"price__gte": 2000, "price__lte": 2000}
    assert rooms_read(postgres_embedded, connection, filters=touching, sort="price") == 1
    # In another order it is found by the index on the price, and then read whole.
    assert rooms_read(postgres_embedded, connection, filters=touching) == 2


def test_statistics_are_fresh_after_many_changes(
    stored: list[Room],
    postgres_embedded: PostgresRepo,
    make_room: MakeRoom,
    connection: psycopg.Connection[Any],
) -> None:
    """The next search is planned for the current rooms; a few changes do not matter."""
    estimate = "select reltuples from pg_class where relname = 'room'"
    assert connection.execute(estimate).fetchall() == [(len(stored),)]
    first = len(stored) + 1
    for added, are_many in ((ANALYZED_CHANGES - 1, False), (ANALYZED_CHANGES, True)):
        postgres_embedded.save(make_room(number) for number in range(first, first + added))
        first += added
        assert (connection.execute(estimate).fetchall() != [(len(stored),)]) == are_many


@pytest.mark.usefixtures("postgres_embedded")
def test_an_import_may_wait_long_for_a_room(
    embedded_rooms: PostgresDatabase, make_room: MakeRoom
) -> None:
    """Its session is not terminated as idle in transaction."""
    options = "-c%20idle_in_transaction_session_timeout%3D50ms"
    url = f"{embedded_rooms.url}&application_name=importing&options={options}"
    waits = (
        "select state = 'idle in transaction' and state_change > now() - interval '200 ms'"
        " from pg_stat_activity where application_name = 'importing'"
    )

    def found() -> Iterator[Room]:
        until(lambda: ask(embedded_rooms, waits) != [True])
        yield make_room(1)

    with closing(Connections(url)) as connections:
        assert PostgresRepo(connections).save(found()) == SaveSummary(added=1)


def test_a_search_is_prepared_once_for_each_set_of_filters(
    postgres_embedded: PostgresRepo, embedded_connections: Connections
) -> None:
    """Numbers of any size have the same PostgreSQL type, so the statement is the same."""
    for price in (1, 10**5, 10**10, 10**17):
        request = build_room_list_request({"price__lt": price})
        assert request
        postgres_embedded.search(request)
    prepared = embedded_connections.read(
        lambda connection: connection.execute(
            "select count(*) from pg_prepared_statements"
        ).fetchall()
    )
    assert prepared == [(1,)]


def test_lists_may_have_numbers_of_different_size(postgres_embedded: PostgresRepo) -> None:
    """Each list is sent with a type that fits, also in a stream."""
    for limit in (1, "none"):
        request = build_room_list_request({"size__in": [1], "price__in": [MAX_PRICE]}, limit)
        assert request
        assert list(postgres_embedded.search(request).rooms) == []


def test_a_stream_sees_one_snapshot(
    postgres_embedded: PostgresRepo, connection: psycopg.Connection[Any]
) -> None:
    """Rooms that are added or removed while it is read do not affect it."""
    postgres_embedded.save(demo_rooms())
    found = iter(postgres_embedded.search(RoomListRequest(limit=None)).rooms)
    first = next(found)
    connection.execute("delete from room")
    assert [first, *found] == list(demo_rooms())
    assert list(postgres_embedded.search(RoomListRequest(limit=None)).rooms) == []


def test_a_closed_stream_ends_its_transaction(
    postgres_embedded: PostgresRepo,
    embedded_connections: Connections,
    connection: psycopg.Connection[Any],
) -> None:
    """It does not keep its snapshot, and the next search uses the same connection."""
    postgres_embedded.save(demo_rooms())
    sessions = """
      select count(*) from pg_stat_activity
      where xact_start < now() and datname = current_database() and backend_type like 'client%'
    """
    pid = "select pg_backend_pid()"
    backend = embedded_connections.read(lambda connection: connection.run(pid))
    for read in (1, 500, 1_500, 3_999):
        found = iter(postgres_embedded.search(RoomListRequest(limit=None)).rooms)
        for _ in range(read):
            next(found)
        assert connection.execute(sessions).fetchall() == [(1,)]
        found.close()  # type: ignore[attr-defined]
        assert connection.execute(sessions).fetchall() == [(0,)]
        assert embedded_connections.read(lambda connection: connection.run(pid)) == backend


def test_two_writers_of_the_same_rooms_both_succeed(
    postgres_embedded: PostgresRepo, embedded_rooms: PostgresDatabase, make_room: MakeRoom
) -> None:
    """Each room is added once; the other writers find it."""
    rooms = [make_room(number) for number in range(1, 3_000)]
    summaries: list[SaveSummary] = []

    def write() -> None:
        with closing(Connections(embedded_rooms.url)) as own:
            summaries.append(PostgresRepo(own).save(rooms))

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sum(summary.added for summary in summaries) == len(rooms)
    assert sum(summary.unchanged for summary in summaries) == 3 * len(rooms)
