"""Searches that read many rooms: they have their own slots, so all others go on."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import UUID

import pytest
from webtest import TestApp

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository import postgresrepo, room_parameters, summaries
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.requests.room_cursor import write_cursor
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.slots import Slots
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores

ROOMS = 2_000
FAR = "/rooms?near=0,0&sort=distance&limit=20"


@pytest.fixture
def slots() -> Slots:
    """A single slot."""
    return Slots(1)


@pytest.fixture
def app(
    postgres_embedded: PostgresRepo,
    embedded_rooms: PostgresDatabase,
    slots: Slots,
    make_room: Callable[..., Room],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestApp]:
    """The service over some rooms, to which half of them are many."""
    monkeypatch.setattr(postgresrepo, "MANY_ROOMS", ROOMS // 2)
    monkeypatch.setattr(room_parameters, "FEW_ROOMS", ROOMS // 100)
    # Their number makes the statistics fresh.
    postgres_embedded.save(
        make_room(number, price=number, longitude=number / 20, latitude=number / 40)
        for number in range(1, ROOMS + 1)
    )
    with closing(Connections(embedded_rooms.url)) as connections:
        yield TestApp(Application(Stores(PostgresRepo(connections, searches=slots))))


def after(metres: float) -> str:
    """Make up a cursor of FAR."""
    request = build_room_list_request(near="0,0", sort="distance")
    assert request
    return write_cursor(request, request.order, (metres, UUID(int=0)))


def large() -> list[str]:
    """Name searches that read many rooms."""
    everything = ["/rooms/summary", "/rooms?count=exact", "/rooms/summary?filter_price__gt=10"]
    # The histogram of the prices has those of all rooms.
    everything.append("/rooms/summary?filter_price__lt=99")
    return [*everything, f"{FAR}&after={after(8e6)}"]


def small() -> list[str]:
    """Name searches that do not."""
    counted = ["/rooms/summary?bbox=0,0,4,4", "/rooms?filter_price__lt=99&count=exact"]
    plain = ["/rooms?sort=price", "/rooms?count=estimate", FAR, f"/rooms/{UUID(int=1)}"]
    return [*counted, *plain, f"{FAR}&after={after(20_000.0)}"]


def test_what_reads_many_rooms_needs_a_slot(app: TestApp, slots: Slots) -> None:
    """Without a free slot the answer says what would help; with one the search succeeds."""
    with slots.open() as take:
        assert take()
        for path in large():
            refused = app.get(path, status=503)
            assert refused.headers["Retry-After"] == "1"
            assert refused.json["type"] == "SystemError"
            assert "a smaller bbox or radius, or leave out count=exact" in refused.json["message"]
    for path in large():
        app.get(path, status=200)


def test_a_summary_of_many_rooms_says_that_it_is_estimated(
    app: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a client can narrow the search; one that nothing can estimate is refused."""
    assert app.get("/rooms/summary").json["estimated"] is False
    monkeypatch.setattr(postgresrepo, "SUMMARIZED_ROOMS", ROOMS // 2)
    # Not the stored answer.
    found = app.get("/rooms/summary?filter_price__gt=0").json
    assert found["estimated"] is True
    assert sum(bar["count"] for bar in found["price"]["histogram"]) == found["count"] == ROOMS
    assert app.get("/rooms/summary?bbox=0,0,4,4").json["estimated"] is False
    for limit in ("COUNTING_TIMEOUT", "LONGER_TIMEOUT"):
        monkeypatch.setattr(summaries, limit, 1)
    # The price of a room is twenty times its longitude.
    rare = "(longitude < 20 OR latitude > 80)"
    # Each is looked at for most of the rooms, which takes longer than the limit.
    rare += "".join(f" AND (price > {price} OR latitude > 80)" for price in range(400, 495))
    refused = app.get("/rooms/summary", {"filter": rare}, status=503)
    assert "The search took too long; narrow it" in refused.json["message"]


def test_what_reads_few_rooms_needs_none(app: TestApp, slots: Slots) -> None:
    """A narrower search of the same kind is answered."""
    with slots.open() as take:
        assert take()
        for path in small():
            app.get(path, status=200)
