"""What handlers work with."""

from dataclasses import dataclass

from rentomatic.repository.interface import RoomRepository


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of the service.

    Attributes:
        repository: where the rooms are.
        default_limit: how many rooms a search gives that names no limit.
        release: names the code that makes the answers; another release may make others.
        description: the OpenAPI document.
        page: the same, to read.
    """

    repository: RoomRepository
    default_limit: int
    release: str
    description: bytes
    page: bytes
