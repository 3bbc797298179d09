"""The entity tags of single rooms name their bytes: they are the same in two releases."""

from datetime import date
from uuid import UUID

import pytest
from webtest import TestApp

from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS, Room
from rentomatic.formats.table import FORMATS
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.memrepo import MemRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.handlers.room_writes import tag_of
from rentomatic.wsgi.service import Stores
from tests.http import writing
from tests.http.forms import SITE, TOKENS, Browser
from tests.http.writing import BEARER, CODE, VALUES, write

PLAIN = Room(UUID(CODE), 215, 39, -0.09998975, 51.75436293)
FULL = Room.from_dict(
    PLAIN.to_dict()
    | {"title": 'Атри́й "Süd"', "description": "a, b\nc\td", "city": "東京", "bedrooms": 0}
    | {"url": "https://a.example/?b=c&d", "image": "/assets/loft.svg", "reference": "A-1"}
    | {"available_from": date(2027, 2, 28), "latitude": -1e-7, "longitude": 180.0}
)
# Each format with the tags of the two rooms.
TAGS = {
    "json": ('"b7883d2f9cb147a7cf72f6d1bdce8bcb"', '"c27af375a6fd2b6789cfd76eadf70716"'),
    "geojson": ('"52e6ff3b3492948544b63385a76c2fdf"', '"a94f309522abcca9d122b4a5121094e1"'),
    "csv": ('"b8ce471b46714645d14bd30986cf8182"', '"bd65959fd699c57f2802286f480ed5e8"'),
    "ndjson": ('"e9da6bc132acfa6c3785251d566ff15a"', '"7f56c220cd17a358e6e6d22a6fe9c4b0"'),
}
ADVICE = """
Rooms are now spelt differently in {name}. During a rolling upgrade, writes that send a tag of the
other release as If-Match will get 412, although nobody has changed the room, and everyone's cached
rooms are outdated. If you mean that, say so in CHANGELOG.md and put these tags into TAGS: {found}
"""


@pytest.mark.parametrize("name", FORMATS)
def test_a_room_is_spelt_as_before(name: str) -> None:
    """Otherwise the message says what that means for its tags."""
    found = tuple(tag_of(room, FORMATS[name]) for room in (PLAIN, FULL))
    assert found == TAGS[name], ADVICE.format(name=name, found=found)


def test_all_fields_are_spelt() -> None:
    """Of one of the two rooms."""
    assert set(FULL.to_dict()) == set(FIELDS)


@pytest.fixture
def repository(rooms: list[Room]) -> RoomRepository:
    """What two releases share."""
    return MemRepo(rooms)


def released(repository: RoomRepository, release: str) -> TestApp:
    """Return a release of the service."""
    application = Application(
        Stores(repository), tokens=writing.TOKENS | TOKENS, release=release, public_url=SITE
    )
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


@pytest.fixture
def old(repository: RoomRepository) -> TestApp:
    """The release that a rolling upgrade replaces."""
    return released(repository, "1")


@pytest.fixture
def new(repository: RoomRepository) -> TestApp:
    """The release that replaces it."""
    return released(repository, "2")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_room_read_from_one_release_is_written_with_the_other(
    old: TestApp, new: TestApp, method: str, name: str
) -> None:
    """In both directions; a room that has been changed since is refused by both."""
    for one, other in ((old, new), (new, old)):
        stale = one.get(f"/rooms/{CODE}?format={name}").headers["ETag"]
        tag = write(one, "PUT", values=VALUES | {"price": 7}).headers["ETag"]
        for each in (one, other):
            write(each, method, headers=BEARER | {"If-Match": stale}, status=412)
        headers = BEARER | {"If-Match": tag}
        assert write(other, method, headers=headers).status_int in {200, 204}
        write(one, "PUT")


def test_a_room_that_a_client_has_is_not_sent_again_by_the_other_release(
    old: TestApp, new: TestApp
) -> None:
    """In no format, and not as a feature of OGC API Features."""
    paths = [f"/rooms/{CODE}?format={name}" for name in FORMATS]
    for path in (*paths, f"/ogc/collections/rooms/items/{CODE}"):
        tag = old.get(path).headers["ETag"]
        new.get(path, headers={"If-None-Match": tag}, status=304)


@pytest.mark.parametrize("path", [f"/rooms/{CODE}/edit", f"/rooms/{CODE}/remove"])
def test_a_form_of_one_release_is_sent_to_the_other(old: TestApp, new: TestApp, path: str) -> None:
    """A form that was opened before the upgrade, and one for a room that was changed since."""
    sent = Browser(old).form(path)
    write(old, "PATCH", values={"price": 7})
    changed = {"price": "8"} if "price" in sent else {}
    Browser(new).post(path, sent | changed, status=412)
    Browser(new).post(path, Browser(old).form(path) | changed, status=303)


def test_the_tags_of_one_room_differ(old: TestApp) -> None:
    """Each names one representation: a format, a public address, a currency, a language."""
    paths = [f"/rooms/{CODE}?format={name}" for name in FORMATS]
    paths += [f"/rooms/{CODE}?format=html&lang={each}" for each in ("en", "ja")]
    paths += [f"/ogc/collections/rooms/items/{CODE}"]
    tags = [old.get(path).headers["ETag"] for path in paths]
    elsewhere = Application(
        Stores(MemRepo([PLAIN])), public_url="https://b.example", rent=Rent("USD")
    )
    client = TestApp(elsewhere, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})
    tags += [client.get(path).headers["ETag"] for path in paths[-2:]]
    assert len(set(tags)) == len(tags)
