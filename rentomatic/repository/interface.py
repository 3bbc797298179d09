"""What every repository of rooms promises, whatever it keeps them in."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from rentomatic.domain.room import Room
from rentomatic.domain.room_change import RoomChange
from rentomatic.domain.room_summary import RoomSummary
from rentomatic.requests.room_changes import RoomChangesRequest
from rentomatic.requests.room_changes_cursor import ChangePosition
from rentomatic.requests.room_fields import Value
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import Position
from rentomatic.requests.room_summary import RoomSummaryRequest

SAVE_BATCH = 2_000


class RepositoryUnavailableError(Exception):
    """The store cannot answer now: away, overloaded, or not migrated. Its text is for logs."""


class RepositoryUnfitError(RepositoryUnavailableError):
    """The store is not to be used as it is, and time will not mend it.

    Its text names the cause and what would be right, without secrets.
    """


class RepositoryTimeoutError(RepositoryUnavailableError):
    """The store gave up what was asked, as it took too long; less may be had."""


class RepositoryBusyError(RepositoryUnavailableError):
    """As many searches that take long are under way as there may be at a time."""


class RepositoryStandbyError(RepositoryUnavailableError):
    """The store is a copy that cannot tell what its original can."""


class CommitInterruptedError(KeyboardInterrupt):
    """Ctrl-C came while a write was committed: it may have been made."""


class ChangesGoneError(Exception):
    """What follows a position is no longer kept, or the position is one of another store."""


@dataclass(frozen=True, slots=True)
class SaveSummary:
    """How many rooms a save added, updated, and found as they were."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "SaveSummary") -> "SaveSummary":
        return SaveSummary(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """How the store's schema differs from the one that this release ships.

    Attributes:
        missing: migrations of this release that the store lacks; with any, it cannot serve.
        newer: migrations of the store that this release does not know, as during a deploy.
        latest: the last of the store's migrations; None where it needs none.
    """

    missing: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    latest: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many rooms a search selects, on all its pages.

    Attributes:
        count: the number.
        is_exact: whether it was counted; else it was estimated.
    """

    count: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What a search found.

    Attributes:
        rooms: the rooms; of a limited search all of them, of an unlimited one an iterator that
            reads on in constant memory and must be closed if it is not exhausted.
        next: the position behind which the next page begins; None if no further room exists.
        total: as the request wants it counted.
        version: the state of the stock that the page shows, as `RoomRepository.version` names it.
    """

    rooms: Iterable[Room]
    next: Position | None = None
    total: Total | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Summarized:
    """A summary, and the state of the stock that it shows, as `RoomRepository.version` names it."""

    summary: RoomSummary
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """What has changed.

    Attributes:
        changes: in the order in which to follow them.
        next: the position behind which the next page begins; there always is one.
        is_last: whether there are no more now.
    """

    changes: Sequence[RoomChange]
    next: ChangePosition
    is_last: bool


class RoomRepository(Protocol):
    """A store of rooms. Every method raises RepositoryUnavailableError while it cannot answer."""

    def search(self, request: RoomListRequest) -> Page:
        """Find the selected rooms behind a position, in the order that the request wants.

        What a page shows is the stock of one moment.
        """

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Sum up the selected rooms; their stock is that of one moment."""

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Tell which of these codes, a few thousand at most, rooms have."""

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add each room, or replace the one with its code, which keeps its place in the order.

        All or nothing: an exception that `rooms` raises leaves every room as it was.
        Rooms are taken one after the other, so the last of several with one code stays.
        A dry run gives the summary that a save would, and changes nothing.
        """

    def add(self, room: Room) -> bool:
        """Add a room; tell whether it was added, as a code that exists is left as it is."""

    def put(self, room: Room) -> bool:
        """Add a room, or replace the one with its code; tell whether it was added."""

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Change some fields of the room with this code; give it as it is then.

        None where there is no such room, or where it is no longer the expected one. It is compared
        and changed in one step, so that no other change gets lost between.
        """

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Remove the room with this code, if it still is the expected one; tell whether it was."""

    def version(self) -> str | None:
        """Name the present state of the stock: a text that every committed write changes.

        None where the store cannot promise that.
        """

    def acting_as(self, actor: str) -> "RoomRepository":
        """Return the same store, whose history, if it keeps one, records changes as this actor's.

        The actor is who makes a change: the name of a token, or of a role of the database.
        """

    def schema(self) -> Schema:
        """Compare the store's schema with the one that this release ships."""


class RoomChanges(Protocol):
    """The history of a store of rooms; not every store keeps one."""

    def read(self, request: RoomChangesRequest) -> ChangePage:
        """Give the changes behind a position.

        Whoever goes on from each page's end gets every change that was committed once and once
        only, those of one room in the order in which they were made. Whoever begins now, and then
        reads all rooms, knows the stock.

        Raises:
            ChangesGoneError: when changes behind the position may be missing.
            RepositoryUnavailableError: while it cannot answer.
        """


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What a client calls a write.

    Attributes:
        scope: whose key it is, and for what; keys of different scopes may be equal.
        key: the client's name for the write.
        fingerprint: a digest of what is sent.
    """

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to a write, to be returned again.

    Attributes:
        status: its HTTP status.
        headers: names and values.
        body: all of it.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class KeyReusedError(Exception):
    """A key was used for something else before."""


class Idempotency(Protocol):
    """Writes that are made once, however often they are sent; not every store can promise it."""

    def once(
        self, key: IdempotencyKey, actor: str, write: Callable[["RoomRepository"], StoredAnswer]
    ) -> StoredAnswer:
        """Write and store the answer, both or neither; or return what is stored already.

        A second request with the same key waits until the first one has its answer.

        Args:
            key: what the client calls the write.
            actor: who makes it, as in `RoomRepository.acting_as`.
            write: makes it, with the repository that it is given, and returns its answer; what it
                raises undoes it, and nothing is stored.

        Raises:
            KeyReusedError: for a key that was used for something else.
            RepositoryUnavailableError: while the store cannot answer; whether it was written then
                is told by trying again.
        """


def batches(rooms: Iterable[Room], size: int = SAVE_BATCH) -> Iterator[list[Room]]:
    """Cut rooms into batches in which no code occurs twice and all rooms keep the same fields.

    One statement can then save a batch, and saving batch after batch is the same as saving room
    after room.
    """
    batch: dict[UUID, Room] = {}
    keeps: frozenset[str] = frozenset()
    for room in rooms:
        if len(batch) == size or room.code in batch or room.keeps != keeps:
            if batch:
                yield list(batch.values())
            batch = {}
            keeps = room.keeps
        batch[room.code] = room
    if batch:
        yield list(batch.values())


def begun(rooms: Generator[Room, None, None]) -> Iterator[Room]:
    """Find the first room now, so that a search that fails does so here and not in its reader."""
    first = next(rooms, None)
    return _resumed(first, rooms)


def _resumed(first: Room | None, rooms: Generator[Room, None, None]) -> Iterator[Room]:
    try:
        if first is not None:
            yield first
            yield from rooms
    finally:
        # Whoever leaves a stream need not hear that the store is gone too.
        with suppress(RepositoryUnavailableError):
            rooms.close()
