"""A search for a single room: it does not read most rooms to find that there is none."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository import postgresrepo
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryBusyError, RepositoryTimeoutError
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.slots import Slots

MakeRoom = Callable[..., Room]
ROOMS = 10_000


def rooms_read(plan: dict[str, Any]) -> float:
    """Count the rooms that a plan has read."""
    here = 0.0
    if plan.get("Relation Name") == "room":
        here = plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return here + sum(map(rooms_read, plan.get("Plans", [])))


def test_a_single_room_is_sought_among_the_selected_ones(
    postgres_embedded: PostgresRepo, embedded_rooms: PostgresDatabase, make_room: MakeRoom
) -> None:
    """The planner expects a hundred rooms in a box where there is none, and would walk by price."""
    postgres_embedded.save(
        make_room(number, price=number, longitude=number / 100, latitude=number / 200)
        for number in range(ROOMS)
    )
    request = build_room_list_request(bbox="80,5,90,10", sort="price", limit=1)
    assert request, request
    with psycopg.connect(embedded_rooms.url) as connection:
        connection.execute("analyze room")
        text, parameters = postgres_embedded.page_statement(request)
        ((plans,),) = connection.execute(b"explain (analyze, format json) " + text, parameters)
    assert rooms_read(plans[0]["Plan"]) < ROOMS / 5
    assert not list(postgres_embedded.search(request).rooms)


def test_a_single_room_that_is_hard_to_find_needs_a_slot(
    postgres_embedded: PostgresRepo,
    embedded_connections: Connections,
    make_room: MakeRoom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And is given up after a time, as several of them are sought to answer one request."""
    postgres_embedded.save(make_room(number, price=number) for number in range(ROOMS))
    request = build_room_list_request(near="0,0", radius_min=19e6, sort="price", limit=1)
    assert request, request
    slots = Slots(1)
    repository = PostgresRepo(embedded_connections, searches=slots)
    monkeypatch.setattr(postgresrepo, "SHORT_TIMEOUT", 1)
    assert not list(repository.search(request).rooms)
    with slots.open() as take:
        assert take()
        with pytest.raises(RepositoryBusyError):
            repository.search(request)
    monkeypatch.setattr(postgresrepo, "SOUGHT_TIMEOUT", 1)
    with pytest.raises(RepositoryTimeoutError):
        repository.search(request)
