"""What handlers work with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rentomatic.repository.interface import Idempotency, RoomChanges, RoomRepository
from rentomatic.slots import Slots
from rentomatic.tokens import Tokens

if TYPE_CHECKING:
    from rentomatic.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of the service.

    Attributes:
        repository: where the rooms are.
        changes: what has happened to them; None where that is not kept.
        idempotency: makes writes once; None where that cannot be promised.
        default_limit: how many rooms a search gives that names no limit.
        release: names the code that makes the answers; another release may make others.
        description: the OpenAPI document.
        page: the same, to read.
        tokens: who may change rooms.
        max_batch_bytes: how long a batch of rooms may be.
        batches: for those that are read and written at a time.
        metrics: what is counted; None where that is not to be seen.
    """

    repository: RoomRepository
    changes: RoomChanges | None
    idempotency: Idempotency | None
    default_limit: int
    release: str
    description: bytes
    page: bytes
    tokens: Tokens
    max_batch_bytes: int
    batches: Slots
    metrics: "Metrics | None"
