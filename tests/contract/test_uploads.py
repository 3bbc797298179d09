"""What every store of uploaded files guarantees."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import UploadGoneError
from rentomatic.repository.interface import MAX_UPLOADS, Uploads
from rentomatic.repository.memuploads import MemUploads
from rentomatic.repository.postgresuploads import PostgresUploads

MakeUploads = Callable[..., Uploads]
PIECES = [b"code,size\r\n", b"\0\xff", b"1,2\r\n"]
ME, OTHER = "office", "portal"


@pytest.fixture(params=["memory", "postgres"])
def make(request: pytest.FixtureRequest) -> MakeUploads:
    """Make each store in turn; several that are made of PostgreSQL hold the same files."""
    if request.param == "memory":
        return MemUploads
    connections: Connections = request.getfixturevalue("embedded_connections")
    return lambda **options: PostgresUploads(connections, **options)


@pytest.fixture
def uploads(make: MakeUploads) -> Uploads:
    """The object under test."""
    return make()


def is_kept(uploads: Uploads, owner: str, digest: str) -> bool:
    """Return whether a file can be read."""
    try:
        uploads.read(owner, digest)
    except UploadGoneError:
        return False
    return True


def test_a_file_is_returned_as_it_was(uploads: Uploads) -> None:
    """As often as it is read, until it is removed."""
    uploads.keep(ME, "a", PIECES)
    for _ in range(2):
        assert b"".join(uploads.read(ME, "a")) == b"".join(PIECES)
    assert uploads.remove(ME, "a")
    assert not is_kept(uploads, ME, "a")
    assert not uploads.remove(ME, "a")


def test_an_empty_file_is_kept_too(uploads: Uploads) -> None:
    """What is wrong with it is found when it is read."""
    uploads.keep(ME, "a", [])
    assert list(uploads.read(ME, "a")) == []
    uploads.keep(ME, "a", PIECES[:0])
    assert is_kept(uploads, ME, "a")


def test_a_file_belongs_to_its_owner(uploads: Uploads) -> None:
    """Nobody else can read or remove it; each owner has a file of their own."""
    uploads.keep(ME, "a", PIECES)
    assert not is_kept(uploads, OTHER, "a")
    assert not uploads.remove(OTHER, "a")
    assert is_kept(uploads, ME, "a")
    assert not is_kept(uploads, ME, "b")
    uploads.keep(OTHER, "a", PIECES)
    uploads.remove(ME, "a")
    assert is_kept(uploads, OTHER, "a")


def test_the_same_file_is_kept_once(uploads: Uploads) -> None:
    """A second upload only makes it wait longer."""
    uploads.keep(ME, "a", PIECES)
    uploads.keep(ME, "a", PIECES)
    assert b"".join(uploads.read(ME, "a")) == b"".join(PIECES)


def test_a_file_that_breaks_off_is_not_kept(uploads: Uploads) -> None:
    """Nor any of its pieces."""

    def broken() -> Iterator[bytes]:
        yield PIECES[0]
        raise LookupError

    with pytest.raises(LookupError):
        uploads.keep(ME, "a", broken())
    assert not is_kept(uploads, ME, "a")
    uploads.keep(ME, "a", PIECES)
    assert b"".join(uploads.read(ME, "a")) == b"".join(PIECES)


def test_a_file_expires(make: MakeUploads) -> None:
    """It cannot be read from then on."""
    uploads = make(kept=timedelta(seconds=-1))
    uploads.keep(ME, "a", PIECES)
    assert not is_kept(uploads, ME, "a")


def test_an_owner_has_few_files(uploads: Uploads) -> None:
    """Another one takes the place of the oldest; other owners keep theirs."""
    uploads.keep(OTHER, "a", PIECES)
    for number in range(MAX_UPLOADS + 2):
        uploads.keep(ME, str(number), PIECES)
    kept = [number for number in range(MAX_UPLOADS + 2) if is_kept(uploads, ME, str(number))]
    assert kept == list(range(2, MAX_UPLOADS + 2))
    assert is_kept(uploads, OTHER, "a")
