"""Files that wait in memory to be imported, for embedding, experiments and tests."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import NamedTuple

from rentomatic.repository.errors import UploadGoneError
from rentomatic.repository.interface import MAX_UPLOADS, UPLOAD_KEPT


class _Upload(NamedTuple):
    created: datetime
    pieces: tuple[bytes, ...]


class MemUploads:
    """Keeps files in the memory of this process; safe to share between threads.

    Args:
        kept: how long a file is kept.
    """

    def __init__(self, kept: timedelta = UPLOAD_KEPT) -> None:
        self._kept = kept
        self._lock = Lock()
        # The oldest first.
        self._files: dict[tuple[str, str], _Upload] = {}

    def keep(self, owner: str, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a file."""
        whole = tuple(map(bytes, pieces))
        with self._lock:
            self._files.pop((owner, digest), None)
            others = [name for name in self._files if name[0] == owner]
            surplus = set(others[: max(0, len(others) + 1 - MAX_UPLOADS)])
            self._files = {
                name: each
                for name, each in self._files.items()
                if name not in surplus and self._is_current(each)
            }
            self._files[owner, digest] = _Upload(datetime.now(UTC), whole)

    def read(self, owner: str, digest: str) -> Iterator[bytes]:
        """Return the pieces of a file."""
        found = self._files.get((owner, digest))
        if found is None or not self._is_current(found):
            raise UploadGoneError
        return iter(found.pieces)

    def remove(self, owner: str, digest: str) -> bool:
        """Remove a file."""
        with self._lock:
            return self._files.pop((owner, digest), None) is not None

    def _is_current(self, upload: _Upload) -> bool:
        return upload.created >= datetime.now(UTC) - self._kept
