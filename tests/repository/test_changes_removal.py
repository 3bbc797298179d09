"""Old changes: writes remove them after the days that the setting keeps."""

from contextlib import closing
from uuid import UUID

import pytest

from rentomatic.bootstrap import build_stores, open_repository
from rentomatic.config import read_settings
from rentomatic.repository.errors import ChangesGoneError
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.requests.room_changes import Start
from tests.repository.histories import (
    ADD,
    INSERT,
    OLDER,
    History,
    MakeRoom,
    changes_of,
    numbered,
    numbers_of,
)


def aged(history: History, days: int, up_to: int) -> None:
    """Make the first changes older."""
    with history.connect() as connection:
        connection.execute(OLDER, (days, up_to))


def test_old_changes_are_removed_by_writes(history: History, make_room: MakeRoom) -> None:
    """A reader who may have missed some gets an error; one who has read all of them goes on."""
    origin = history.end()
    numbers = numbered(history, 3)
    aged(history, 31, numbers[1])
    first, second, third = (history.read(limit=each).next for each in (1, 2, 3))
    history.repository.save(make_room(number) for number in range(101, 301))
    for gone in (origin, first):
        with pytest.raises(ChangesGoneError):
            history.read(gone)
    assert changes_of(history.read(second))[:2] == [("added", 3, 3), ("added", 101, 100)]
    assert len(history.read(third).changes) == 200
    assert len(history.read().changes) == 201
    assert history.read(Start.NOW).next == history.read().next


def test_a_history_goes_on_after_all_changes_are_removed(history: History) -> None:
    """It goes on where it ended."""
    numbers = numbered(history, 2)
    aged(history, 400, numbers[-1])
    first, end = history.read(limit=1).next, history.end()
    history.run("set rentomatic.changes_kept = 1; select remove_room_changes(10)")
    assert history.ask("select count(*) from room_change") == [(0,)]
    assert history.read().next == history.read(end).next == history.end() == end
    with pytest.raises(ChangesGoneError):
        history.read(first)
    history.run("delete from room where price = 1")
    assert changes_of(history.read(end)) == changes_of(history.read()) == [("removed", 1, None)]


def test_writes_without_the_service_remove_changes_after_a_year(history: History) -> None:
    """So the history does not grow forever if rooms are only written in psql."""
    (number, *_) = numbered(history, 1)
    many = f"{INSERT} select gen_random_uuid(), 1, 2, 3, 4 from generate_series(1, 100)"
    aged(history, 360, number)
    history.run(many)
    assert history.ask(f"select id from room_change where id = {number}") == [(number,)]
    aged(history, 10, number)
    history.run(many)
    assert history.ask(f"select id from room_change where id = {number}") == []


def test_the_setting_says_how_long_changes_are_kept(history: History, make_room: MakeRoom) -> None:
    """Both the service and commands respect it."""
    given = {"DATABASE_URL": history.database.url, "RENTOMATIC_CHANGES_KEPT": "7"}
    settings = read_settings(given)
    stores = build_stores(settings)
    assert isinstance(stores.changes, PostgresChanges)
    service = stores.repository
    # A service never closes its connections.
    with closing(stores.changes._connections), open_repository(settings) as command:  # noqa: SLF001
        for place, repository in enumerate((service, command)):
            history.run("truncate room_change")
            history.repository.save([make_room(place)])
            (number,) = numbers_of(history)
            first = 1_000 * (place + 1)
            for days, is_kept in ((6, True), (2, False)):
                aged(history, days, number)
                repository.save(make_room(first + n) for n in range(200))
                first += 200
                assert (number in numbers_of(history)) is is_kept


def test_a_write_removes_some_at_a_time(history: History, make_room: MakeRoom) -> None:
    """It removes twice as many as it adds, and a few more."""
    history.repository.save(make_room(number) for number in range(1, 1_501))
    aged(history, 31, 2**62)
    history.repository.save(make_room(number) for number in range(2_001, 2_101))
    assert history.ask("select count(*) from room_change") == [(1_500 - 400 + 100,)]


def test_single_writes_remove_old_changes(history: History) -> None:
    """About every hundredth write removes some."""
    history.run(f"{INSERT} select gen_random_uuid(), 1, 2, 3, 4 from generate_series(1, 1000)")
    aged(history, 31, 2**62)
    with history.connect() as connection:
        connection.execute("set rentomatic.changes_kept = 30")
        connection.execute("set synchronous_commit = off")
        connection.execute("select setseed(0.5)")
        for number in range(1, 1_501):
            connection.execute(ADD, (UUID(int=number), 5))
    assert history.ask("select count(*) from room_change where size = 1") == [(0,)]


def test_the_changes_of_former_epochs_are_removed_too(
    history: History, make_room: MakeRoom
) -> None:
    """They are removed however they sort, and are not published until then."""
    numbers = numbered(history, 3)
    for epoch, number in ((UUID(int=0), numbers[0]), (UUID(int=2**128 - 1), numbers[1])):
        history.run(f"update room_change set epoch = '{epoch}' where id = {number}")
    assert changes_of(history.read()) == [("added", 3, 3)]
    aged(history, 31, numbers[1])
    history.repository.save(make_room(number) for number in range(101, 301))
    assert history.ask("select count(*) from room_change where size = 50 and price < 4") == [(1,)]
    assert len(history.read(history.read(limit=1).next).changes) == 200


def test_removing_does_not_wait(history: History, make_room: MakeRoom) -> None:
    """If another session is removing changes, the write leaves it to that session."""
    (number, *_) = numbered(history, 1)
    aged(history, 31, number)
    with history.connect() as other, other.transaction():
        other.execute("select pg_advisory_xact_lock('room_change'::regclass::oid::bigint)")
        history.repository.save(make_room(each) for each in range(101, 301))
        assert history.ask("select count(*) from room_change") == [(201,)]
    history.repository.save(make_room(each) for each in range(301, 501))
    assert history.ask("select count(*) from room_change") == [(400,)]


def test_nothing_after_a_running_transaction_is_removed(history: History) -> None:
    """However old such changes are, they are not published yet."""
    with history.connect() as slow, slow.transaction():
        slow.execute(ADD, (UUID(int=90), 5))
        numbers = numbered(history, 3)
        aged(history, 31, numbers[-1])
        history.run("set rentomatic.changes_kept = 30; select remove_room_changes(10)")
        assert history.ask("select count(*) from room_change") == [(3,)]
