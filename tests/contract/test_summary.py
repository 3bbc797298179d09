"""Summaries of many rooms are estimates, and say so; if they cannot be, rooms are counted."""

from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.domain.room_summary import Bar
from rentomatic.repository import postgresrepo, room_parameters, summaries
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryTimeoutError
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.results import Summarized
from rentomatic.requests.room_summary import build_room_summary_request

ROOMS = 6_000
# There are no such rooms; the planner does not know that larger ones cost more, and expects many.
RARE = "(size > 40 OR price > 2000) AND (price < 400 OR size > 2000)"


@pytest.fixture
def rooms(make_room: Callable[..., Room]) -> list[Room]:
    """Rooms in five cities, of 10 to 109 m²; ten cost as much per square metre."""
    random = Random(3)
    sizes = [random.randrange(10, 110) for _ in range(ROOMS)]
    return [
        make_room(
            n,
            size=size,
            price=10 * size,
            longitude=random.uniform(10, 20),
            latitude=random.uniform(40, 50),
            bedrooms=n % 3,
            city=f"Town {n % 5}",
            title="Garden" if n % 2 else "Terrace",
        )
        for n, size in enumerate(sizes, 1)
    ]


@pytest.fixture
def repository(
    embedded_rooms: PostgresDatabase,
    postgres_embedded: PostgresRepo,
    rooms: list[Room],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PostgresRepo]:
    """A repository to which a thousand rooms are many."""
    postgres_embedded.save(rooms)
    with psycopg.connect(embedded_rooms.url) as connection:
        connection.execute("analyze room_words")
    monkeypatch.setattr(postgresrepo, "SUMMARIZED_ROOMS", 1_000)
    monkeypatch.setattr(room_parameters, "SAMPLED_ROOMS", 2_000)
    with closing(Connections(embedded_rooms.url)) as connections:
        yield PostgresRepo(connections)


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every attempt to count take too long."""
    monkeypatch.setattr(summaries, "COUNTING_TIMEOUT", 1)
    monkeypatch.setattr(summaries, "LONGER_TIMEOUT", 1)


def summarized(repository: PostgresRepo | MemRepo, **wanted: object) -> Summarized:
    """Summarize rooms with the arguments of `build_room_summary_request`."""
    request = build_room_summary_request(**wanted)  # type: ignore[arg-type]
    assert request, request
    return repository.summarize(request)


def counted(bars: tuple[Bar, ...]) -> int:
    """Return the number of rooms in all bars."""
    return sum(bar.count for bar in bars)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"filters": {"price__lt": 900}},
        {"filter": "price < 300 OR size > 60"},
        {"near": "15,45", "radius": 600_000},
        {"bbox": "10,40,20,48"},
        {"filters": {"city__ne": "Town 1"}},
    ],
)
def test_a_summary_of_many_rooms_is_estimated(
    repository: PostgresRepo, rooms: list[Room], wanted: dict[str, object]
) -> None:
    """Every number is near that of an exact summary, and the same each time."""
    stored = MemRepo()
    stored.save(rooms)
    exact = summarized(stored, **wanted)
    found = summarized(repository, **wanted)
    assert exact.is_exact
    assert not found.is_exact
    expected, estimate = exact.summary, found.summary
    assert estimate.count == pytest.approx(expected.count, rel=0.2)
    for name, amount in expected.amounts.items():
        close = estimate.amounts[name]
        assert close.mean == pytest.approx(amount.mean, rel=0.1)
        assert close.quartiles == pytest.approx(amount.quartiles, rel=0.2)
        assert counted(close.histogram) == pytest.approx(counted(amount.histogram), rel=0.2)
    assert counted(estimate.bedrooms) == pytest.approx(counted(expected.bedrooms), rel=0.2)
    assert {each.name for each in estimate.cities} == {each.name for each in expected.cities}
    assert [each.count for each in estimate.cities] == pytest.approx(
        [each.count for each in expected.cities], rel=0.3
    )
    assert summarized(repository, **wanted) == found


def test_few_rooms_among_many_are_counted(repository: PostgresRepo, rooms: list[Room]) -> None:
    """Only the histogram that ignores their filter is estimated, and the answer says so."""
    stored = MemRepo()
    stored.save(rooms)
    wanted = {"filters": {"price__lt": 200}}
    exact, found = summarized(stored, **wanted).summary, summarized(repository, **wanted)
    assert not found.is_exact
    prices = found.summary.amounts["price"].histogram
    assert counted(prices) == pytest.approx(ROOMS, rel=0.1)
    assert found.summary.count == exact.count
    assert found.summary.bbox == exact.bbox
    assert found.summary.amounts["size"] == exact.amounts["size"]
    assert found.summary.amounts["price"].quartiles == exact.amounts["price"].quartiles
    assert (found.summary.bedrooms, found.summary.cities) == (exact.bedrooms, exact.cities)


def test_few_rooms_are_counted(repository: PostgresRepo, rooms: list[Room]) -> None:
    """Also if the planner expects many: what is too rare in the sample is counted instead."""
    stored = MemRepo()
    stored.save(rooms)
    for wanted in ({"bbox": "10,40,11,41"}, {"filter": RARE}):
        found = summarized(repository, **wanted)
        assert found.is_exact
        assert found.summary == summarized(stored, **wanted).summary


@pytest.mark.usefixtures("no_time")
def test_what_takes_too_long_to_count_is_estimated_or_refused(repository: PostgresRepo) -> None:
    """Never is a sample without rooms shown as a search without rooms."""
    for wanted, share in (({"bbox": "10,40,14,44"}, 0.16), ({"q": "garden"}, 0.5)):
        found = summarized(repository, **wanted)
        assert not found.is_exact
        assert found.summary.count == pytest.approx(ROOMS * share, rel=0.2)
    for rare in ({"filter": RARE}, {"bbox": "10,40,11,41"}):
        with pytest.raises(RepositoryTimeoutError, match="too few to estimate"):
            summarized(repository, **rare)
