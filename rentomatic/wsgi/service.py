"""What handlers work with."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rentomatic.repository.interface import Idempotency, RoomChanges, RoomRepository
from rentomatic.requests.room_import import MAX_BATCH_BYTES
from rentomatic.requests.room_list import DEFAULT_LIMIT
from rentomatic.slots import Slots
from rentomatic.tokens import Tokens

if TYPE_CHECKING:
    from rentomatic.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a service keeps things.

    Attributes:
        repository: the rooms.
        changes: their history; None if none is kept.
        idempotency: makes writes once; None if that cannot be promised.
    """

    repository: RoomRepository
    changes: RoomChanges | None = None
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much requests may ask for.

    Attributes:
        rooms: how many rooms a search returns if it gives no limit.
        batch_bytes: the length of a batch of rooms, at most.
        batch_slots: how many batches are read and written at a time.
    """

    rooms: int = DEFAULT_LIMIT
    batch_bytes: int = MAX_BATCH_BYTES
    batch_slots: Slots = field(default_factory=lambda: Slots(1))


@dataclass(frozen=True, slots=True)
class Documents:
    """What the service says about itself, written once.

    Attributes:
        description: the OpenAPI document.
        page: the same as a page to read.
        policy: what the page may load (Content-Security-Policy).
    """

    description: bytes
    page: bytes
    policy: str


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of the service.

    Attributes:
        stores: where things are kept.
        limits: how much requests may ask for.
        documents: what the service says about itself.
        release: names the code that makes the answers; another release may make others.
        tokens: who may change rooms.
        metrics: what is counted; None if that is not shown.
    """

    stores: Stores
    limits: Limits
    documents: Documents
    release: str
    tokens: Tokens
    metrics: "Metrics | None"

    @property
    def repository(self) -> RoomRepository:
        """The rooms."""
        return self.stores.repository

    def over(self, repository: RoomRepository) -> "Service":
        """Return the same service over another view of its rooms."""
        return replace(self, stores=replace(self.stores, repository=repository))
