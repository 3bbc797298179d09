"""`rentomatic notify`: what changes arrives at the receivers, in order, whatever they do."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest
from testbed.receivers import Received, Receiver
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.notifying import matching, schedule
from rentomatic.repository import postgresnotifications
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgressearches import PostgresSearches
from tests.databases import ask
from tests.notifying.conftest import SEALER, SECRET, notifying

Save = Callable[..., UUID]
MakeRoom = Callable[..., Room]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again after a moment instead of seconds and hours."""
    monkeypatch.setattr(schedule, "DELAYS", (0.05,))


@pytest.fixture
def repository(empty_rooms: PostgresDatabase) -> Iterator[PostgresRepo]:
    """The rooms."""
    with closing(Connections(empty_rooms.url)) as connections:
        yield PostgresRepo(connections)


@pytest.fixture
def begun(empty_rooms: PostgresDatabase) -> PostgresDatabase:
    """A database in which notifications have begun, so that no search starts again."""
    with notifying(empty_rooms):
        until(lambda: ask(empty_rooms, "select 1 from notification_progress"))
    return empty_rooms


def test_what_happens_to_the_rooms_of_a_search_is_reported(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """Rooms that are added, enter, change, leave or are removed; no others."""
    save(receiver.url(), "filter_price__lt=60")
    code = str(make_room(1).code)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("added", lambda: repository.add(make_room(1, price=50))),
        ("changed", lambda: repository.update(make_room(1).code, {"price": 55})),
        ("left", lambda: repository.update(make_room(1).code, {"price": 60})),
        ("", lambda: repository.update(make_room(1).code, {"price": 70})),
        ("entered", lambda: repository.update(make_room(1).code, {"price": 40})),
        ("removed", lambda: repository.remove(make_room(1).code)),
        ("", lambda: repository.add(make_room(2, price=60))),
        ("", lambda: repository.remove(make_room(2).code)),
    ]
    expected = [(kind, code) for kind, _ in steps if kind]
    with notifying(begun):
        for _, act in steps:
            act()
        until(lambda: len(receiver.changes()) >= len(expected))
    assert receiver.changes() == expected
    shown = [change for each in receiver.received for change in each.message["data"]["changes"]]
    assert shown[0]["room"]["price"] == 50
    assert shown[2]["room"]["price"] == 60
    assert "room" not in shown[-1]
    assert receiver.received[0].message["type"] == "rooms.changed"
    assert receiver.received[0].message["data"]["search"]["name"] == "a search"


def test_a_room_is_what_it_was_in_every_field(
    begun: PostgresDatabase, repository: PostgresRepo, receiver: Receiver, save: Save
) -> None:
    """The history keeps the former room whole: dates, text and numbers too, also for TRUNCATE."""
    code = UUID(int=5)
    values = {"title": "Łódź 'a' \"b\"", "city": "Zürich", "bedrooms": 2, "reference": "R-1"}
    room = Room(code, 20, 60, 13.0, 52.123456789, url="https://example.com/a", **values)  # type: ignore[arg-type]
    repository.add(room)
    queries = (
        *("filter_city__eq=zurich&filter_bedrooms__eq=2", "q=zur", "filter_longitude__eq=13"),
        *("filter_latitude__eq=52.123456789", "filter_available_from__null=true"),
        *("filter_reference__eq=R-1", "filter_url__eq=https://example.com/a"),
        "filter_description__null=true&near=13,52.1&radius=10000",
    )
    for query in queries:
        save(receiver.url(path=f"/{len(query)}"), query)
    with psycopg.connect(begun.url) as connection:
        connection.execute("truncate room")
    with notifying(begun):
        receiver.wait_for(len(queries))
    assert receiver.changes() == [("removed", str(code))] * len(queries)


def test_changes_before_a_search_was_saved_are_not_reported(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """Although they had not been looked at."""
    repository.add(make_room(1))
    save(receiver.url())
    repository.add(make_room(2))
    with notifying(begun):
        until(receiver.changes)
    assert receiver.changes() == [("added", str(make_room(2).code))]


def test_many_changes_arrive_in_order(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """In messages of at most 50, each search's after its previous one."""
    save(receiver.url(path="/a"))
    save(receiver.url(path="/b"), "filter_price__lt=50")
    rooms = [make_room(number, price=number) for number in range(1, 131)]
    repository.save(rooms)
    with notifying(begun):
        until(lambda: len(receiver.changes()) == 130 + 49)
    for path, count in (("/a", 130), ("/b", 49)):
        arrived = [
            each.message["data"]["changes"] for each in receiver.received if each.path == path
        ]
        assert all(len(each) <= 50 for each in arrived)
        codes = [change["code"] for each in arrived for change in each]
        assert codes == [str(room.code) for room in rooms[:count]]


def test_a_refused_message_is_sent_again_before_the_next(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    searches: PostgresSearches,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """With the same id and body and a new signature; the search shows that it fails."""
    search = save(receiver.url())
    receiver.answer = lambda _: (500, {})
    repository.add(make_room(1))
    with notifying(begun):
        receiver.wait_for(1)
        repository.add(make_room(2))
        receiver.wait_for(3)
        until(lambda: (found := searches.get(search, None)) and found.waiting == 2)
        shown = searches.get(search, None)
        assert shown
        assert shown.failing_since
        assert shown.failure == "it answered 500"
        receiver.answer = lambda _: (204, {})
        until(lambda: len(receiver.ids()) == 2)
        until(lambda: (found := searches.get(search, None)) and found.waiting == 0)
    first, second = receiver.ids()
    ids = [each.id for each in receiver.received]
    assert ids == [first] * (len(ids) - 1) + [second]
    assert len({each.body for each in receiver.received if each.id == first}) == 1
    shown = searches.get(search, None)
    assert shown
    assert (shown.failure, shown.failing_since) == (None, None)
    assert shown.delivered_at


def test_a_410_disables_a_search_and_enabling_it_begins_anew(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    searches: PostgresSearches,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """Nothing is sent meanwhile; then a message asks to read all rooms again."""
    search = save(receiver.url())
    receiver.answer = lambda _: (410, {})
    repository.add(make_room(1))

    def is_disabled() -> bool:
        shown = searches.get(search, None)
        return bool(shown and shown.disabled_at)

    with notifying(begun):
        until(is_disabled)
        repository.add(make_room(2))
        receiver.answer = lambda _: (204, {})
        assert searches.enable(search, None)
        until(lambda: len(receiver.received) == 2)
        repository.add(make_room(3))
        until(lambda: len(receiver.received) == 3)
    types = [each.message["type"] for each in receiver.received]
    assert types == ["rooms.changed", "rooms.restart", "rooms.changed"]
    assert receiver.changes()[1:] == [("added", str(make_room(3).code))]


def test_a_slow_receiver_holds_up_no_other(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    trusted: Path,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """However many searches it has: no more than a few messages are sent to it at a time."""
    is_over = Event()

    def wait(_received: Received) -> Any:  # noqa: ANN401 - an answer
        is_over.wait(60)
        return 204, {}

    with Receiver(trusted, wait) as slow:
        for number in range(40):
            save(slow.url("localhost", f"/{number}"))
        save(receiver.url())
        with notifying(begun):
            for number in range(1, 6):
                repository.add(make_room(number))
                until(lambda number=number: len(receiver.changes()) == number)
            assert len(slow.received) == 8
            is_over.set()
            until(lambda: len(slow.changes()) == 40 * 5)


def test_a_test_message_is_sent_in_turn(
    begun: PostgresDatabase, receiver: Receiver, searches: PostgresSearches, save: Save
) -> None:
    """It has the id that was promised."""
    search = save(receiver.url(), name="mine")
    message = searches.test(search, "office")
    with notifying(begun):
        receiver.wait_for(1)
    assert receiver.ids() == [message]
    body = receiver.received[0].message
    assert (body["type"], body["data"]["search"]["name"]) == ("search.test", "mine")


def test_after_a_gap_in_the_history_searches_begin_anew(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """Once: when changes were removed, or the database is another one; then changes follow."""
    save(receiver.url())
    repository.add(make_room(1))
    ask(begun, "update notification_progress set epoch = gen_random_uuid() returning 1")
    # As if the transactions of the former database had had higher numbers.
    ask(begun, "update saved_search set since = '999999999' returning 1")
    with notifying(begun):
        receiver.wait_for(1)
        repository.add(make_room(2))
        receiver.wait_for(2)
    types = [each.message["type"] for each in receiver.received]
    assert types == ["rooms.restart", "rooms.changed"]
    assert "restored" in receiver.received[0].message["data"]["reason"]
    assert receiver.changes() == [("added", str(make_room(2).code))]


def test_searches_saved_before_the_first_start_begin_anew(
    empty_rooms: PostgresDatabase, receiver: Receiver, save: Save
) -> None:
    """Changes may have been missed."""
    save(receiver.url())
    with notifying(empty_rooms):
        receiver.wait_for(1)
    assert receiver.received[0].message["type"] == "rooms.restart"


def test_a_long_queue_is_replaced(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    searches: PostgresSearches,
    save: Save,
    make_room: MakeRoom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By one message to start again, so that a receiver that is down fills no disk."""
    monkeypatch.setattr(postgresnotifications, "MAX_WAITING", 3)
    search = save(receiver.url())
    receiver.answer = lambda _: (503, {})
    with notifying(begun):
        repository.add(make_room(1))
        receiver.wait_for(1)
        repository.save([make_room(number) for number in range(2, 301)])
        until(lambda: (found := searches.get(search, None)) and found.waiting == 1)
        receiver.answer = lambda _: (204, {})
        until(lambda: receiver.received[-1].message["type"] == "rooms.restart")
    assert "messages waited" in receiver.received[-1].message["data"]["reason"]


def test_many_events_are_reported_some_at_a_time(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None is lost or repeated where a part ends, whatever else a change concerns."""
    monkeypatch.setattr(matching, "MAX_EVENTS", 3)
    for name in ("a", "b"):
        save(receiver.url(path=f"/{name}"))
    rooms = [make_room(number) for number in range(1, 8)]
    repository.save(rooms)
    with notifying(begun):
        receiver.wait_for(8)
    for name in ("a", "b"):
        got = [each for each in receiver.received if each.path == f"/{name}"]
        codes = [change["code"] for each in got for change in each.message["data"]["changes"]]
        assert codes == [str(each.code) for each in rooms]


def test_one_at_a_time_notifies_and_another_takes_over(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """Each message is sent once while two run; when the session of one ends, the other sends."""
    save(receiver.url())
    holder = (
        "select l.pid from pg_locks l join pg_database d on d.oid = l.database"
        " where l.locktype = 'advisory' and l.granted and d.datname = current_database()"
    )
    with notifying(begun), notifying(begun):
        for number in range(1, 4):
            until(lambda: ask(begun, holder))
            repository.add(make_room(number))
            until(lambda number=number: len(receiver.changes()) == number)
            (former,) = ask(begun, holder)
            ask(begun, f"select pg_terminate_backend({former})")
            until(lambda former=former: ask(begun, holder) not in ([], [former]))
    assert len(receiver.received) == 3


def test_a_lost_database_is_waited_for(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """All sessions end in the middle; everything arrives all the same."""
    save(receiver.url())
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname ="
    others += " current_database() and pid <> pg_backend_pid()"
    with notifying(begun):
        for number in range(1, 6):
            repository.add(make_room(number))
            ask(begun, others)
            until(lambda number=number: len(receiver.changes()) == number)
    assert receiver.changes() == [("added", str(make_room(number).code)) for number in range(1, 6)]


def test_nothing_secret_is_logged(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    save: Save,
    make_room: MakeRoom,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the webhook, which may contain a password, nor the secret, nor the key."""
    caplog.set_level("DEBUG")
    save(receiver.url(path="/hook?key=hidden"))
    receiver.answer = lambda _: (500, {})
    repository.add(make_room(1))
    with notifying(begun):
        receiver.wait_for(2)
    assert "failed: it answered 500" in caplog.text
    for secret in ("hidden", SECRET, SEALER.keys[0]):
        assert secret not in caplog.text


def test_outcomes_are_counted(
    begun: PostgresDatabase,
    repository: PostgresRepo,
    receiver: Receiver,
    searches: PostgresSearches,
    save: Save,
    make_room: MakeRoom,
) -> None:
    """For the metrics, with what waits and for how long."""
    save(receiver.url())
    repository.add(make_room(1))
    with notifying(begun):
        until(lambda: searches.backlog().outcomes == {"delivered": 1})
    backlog = searches.backlog()
    assert (backlog.enabled, backlog.disabled, backlog.waiting, backlog.age) == (1, 0, 0, 0.0)
    assert backlog.idle is not None
