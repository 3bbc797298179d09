"""What every repository of rooms guarantees."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.domain.room_times import RoomTimes
from rentomatic.repository.results import (
    ChangePage,
    Mapped,
    Page,
    SaveSummary,
    Schema,
    Summarized,
    Total,
)
from rentomatic.requests.room_changes import RoomChangesRequest
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import RoomSimilarRequest
from rentomatic.requests.room_summary import RoomSummaryRequest


class RoomRepository(Protocol):
    """A store of rooms. Every method raises RepositoryUnavailableError while it cannot answer."""

    def search(self, request: RoomListRequest) -> Page:
        """Find the selected rooms after a position, in the order of the request.

        A page shows a consistent snapshot.
        """

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Summarize the selected rooms, in a consistent snapshot.

        So that this takes a limited time, a store may estimate the summary of many rooms; if it has
        counted the selected ones, only histograms that show others are estimated.
        """

    def count_some(self, selection: RoomSelection, most: int) -> Total:
        """Count the selected rooms, but no more than this many.

        A store may estimate the number of rooms that it cannot count fast.
        """

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Count the selected rooms in the cells of a grid, in a consistent snapshot.

        So that this takes a limited time, a store may estimate the counts of many rooms.
        """

    def most_similar(self, request: RoomSimilarRequest, room: Room) -> Page | None:
        """Find the selected rooms that are most similar to a room, the most similar one first.

        Returns None if the store does not find them faster than a search for the nearest rooms
        does, or if it would have to compare more than COMPARED_ROOMS.
        """

    def times(self, codes: Collection[UUID]) -> Mapping[UUID, RoomTimes] | None:
        """Return when the rooms with these codes were added and changed.

        Returns None if the store does not record that.
        """

    def fallen(self, selection: RoomSelection, limit: int) -> Sequence[Room]:
        """Find the selected rooms whose last change of price was a fall, the latest fall first.

        Returns at most `limit` rooms, of the LATEST_FALLS latest falls.
        """

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Return which of these codes, at most a few thousand, exist."""

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add each room, or replace the one with its code, which keeps its place in the order.

        All or nothing: if `rooms` raises an exception, nothing changes. If several rooms have the
        same code, the last one wins. A dry run returns the same summary and changes nothing.
        """

    def add(self, room: Room) -> bool:
        """Add a room unless its code exists; return whether it was added."""

    def put(self, room: Room) -> bool:
        """Add a room, or replace the one with its code; return whether it was added."""

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Change some fields of the room with this code; return the changed room.

        Returns None if there is no such room, or if it differs from the expected one. Comparison
        and change are atomic, so no other change is lost.
        """

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Remove the room with this code if it is the expected one; return whether it was."""

    def version(self) -> str | None:
        """Return the data version, a text that every committed write changes.

        Returns None if the store cannot guarantee that.
        """

    def acting_as(self, actor: str) -> "RoomRepository":
        """Return the same store, whose history, if it has one, records changes under this actor.

        The actor is who makes a change: the name of a token or of a database role.
        """

    def schema(self) -> Schema:
        """Compare the store's schema with the one that this release ships."""


class RoomChanges(Protocol):
    """The history of a store of rooms; not every store has one."""

    def read(self, request: RoomChangesRequest) -> ChangePage:
        """Return the changes after a position.

        A client that follows the pages gets every committed change exactly once, and the changes of
        a room in order. A client that starts now and then reads all rooms has a complete copy.

        Raises:
            ChangesGoneError: if changes after the position may be missing.
            RepositoryUnavailableError: while it cannot answer.
        """


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """Identifies a write, so that it is made only once.

    Attributes:
        scope: whose key it is and for what; the same key in another scope is another key.
        key: the client's name for the write.
        fingerprint: a digest of the request.
    """

    scope: str
    key: str
    fingerprint: str


# What a write answered, to be returned again: a JSON object, which only its writer interprets.
StoredAnswer = Mapping[str, Any]


class Idempotency(Protocol):
    """Writes that are made once, however often they are sent; not every store supports them."""

    def once(
        self, key: IdempotencyKey, actor: str, write: Callable[["RoomRepository"], StoredAnswer]
    ) -> StoredAnswer:
        """Write and store the answer atomically, or return the answer that is already stored.

        A second request with the same key waits until the first one has its answer.

        Args:
            key: identifies the write.
            actor: who makes it, as in `RoomRepository.acting_as`.
            write: makes it in the repository that it gets, and returns the answer; an exception
                rolls it back, and nothing is stored.

        Raises:
            KeyReusedError: if the key was used for another request.
            RepositoryUnavailableError: while the store cannot answer. The write may have been made;
                sending it again is safe.
        """


# How long a file waits for its import.
UPLOAD_KEPT = timedelta(hours=1)
# How many files of an owner wait at a time.
MAX_UPLOADS = 8


class Uploads(Protocol):
    """Files that wait to be imported, each for UPLOAD_KEPT; not every store has them.

    A file is found only by its owner, the name of a token, and its digest. An owner has at most
    MAX_UPLOADS: another one takes the place of the oldest. Every method raises
    RepositoryUnavailableError while the store cannot answer.
    """

    def keep(self, owner: str, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a file, or keep it longer if it is there already; remove those that have expired.

        All or nothing: if `pieces` raises an exception, nothing changes.
        """

    def read(self, owner: str, digest: str) -> Iterator[bytes]:
        """Return the pieces of a file, which are read as they are asked for.

        Raises:
            UploadGoneError: if it is not there, or is removed meanwhile.
        """

    def remove(self, owner: str, digest: str) -> bool:
        """Remove a file; return whether it was there."""
