"""What the handlers work with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rentomatic.domain.rent import Rent
from rentomatic.domain.tiles import Tiles
from rentomatic.reachable import PUBLIC, Reachable
from rentomatic.repository.interface import Idempotency, RoomChanges, RoomRepository, Uploads
from rentomatic.repository.results import ReplicaState
from rentomatic.repository.saved_searches import SavedSearches
from rentomatic.requests.room_import import MAX_BATCH_BYTES
from rentomatic.requests.room_list import DEFAULT_LIMIT
from rentomatic.sealing import Sealer
from rentomatic.slots import Slots
from rentomatic.tokens import Tokens
from rentomatic.wsgi.answer_cache import AnswerCache
from rentomatic.wsgi.pages.manual import Manual
from rentomatic.wsgi.session import Sessions

if TYPE_CHECKING:
    from rentomatic.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a service keeps things.

    Attributes:
        changes: their history; None if not recorded.
        idempotency: makes a write only once; None if not supported.
        uploads: files that wait to be imported; None if not supported.
        searches: saved searches; None if not supported.
        copies: the rooms as replicas have them, a little older at times; None without replicas.
        replicas: measures each replica.
    """

    repository: RoomRepository
    changes: RoomChanges | None = None
    idempotency: Idempotency | None = None
    uploads: Uploads | None = None
    searches: SavedSearches | None = None
    copies: RoomRepository | None = None
    replicas: Callable[[], Sequence[ReplicaState]] = tuple


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of requests.

    Attributes:
        rooms: the default limit of a search.
        batch_bytes: the maximum length of a batch of rooms.
        batch_slots: how many batches are processed at a time.
    """

    rooms: int = DEFAULT_LIMIT
    batch_bytes: int = MAX_BATCH_BYTES
    batch_slots: Slots = field(default_factory=lambda: Slots(1))


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How webhooks of saved searches are set up.

    Attributes:
        sealer: encrypts their secrets; None without a key, and then no search can be saved.
        reachable: where they may be.
    """

    sealer: Sealer | None = None
    reachable: Reachable = PUBLIC


@dataclass(frozen=True, slots=True)
class Documents:
    """What the service says about itself.

    Attributes:
        description: the OpenAPI document.
        manual: the same as its pages show it.
        ogc: the documents of OGC API Features, by their paths.
    """

    description: bytes
    manual: Manual
    ogc: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of the service.

    Attributes:
        release: part of each entity tag that is not a digest of the whole answer, as another
            release may answer differently.
        metrics: what is counted; None if turned off.
        cache: answers that may be returned again.
        rent: what prices mean.
        tiles: the server of map tiles that pages show; None for none.
        sessions: who is signed in on the page.
        webhooks: how webhooks of saved searches are set up.
    """

    stores: Stores
    limits: Limits
    documents: Documents
    release: str
    tokens: Tokens
    metrics: "Metrics | None"
    cache: AnswerCache = field(default_factory=AnswerCache)
    rent: Rent = field(default_factory=Rent)
    tiles: Tiles | None = None
    sessions: Sessions = field(default_factory=Sessions)
    webhooks: Webhooks = field(default_factory=Webhooks)

    @property
    def base(self) -> str:
        """What absolute addresses begin with; empty for references within the site."""
        return self.sessions.public_url or ""

    def over(self, repository: RoomRepository) -> "Service":
        """Return the same service with another repository."""
        return replace(self, stores=replace(self.stores, repository=repository))

    def over_copies(self) -> "Service":
        """Return the same service with the copies of the rooms, if there are any.

        It has a cache of its own, because servers may have different versions of the data.
        """
        if self.stores.copies is None:
            return self
        return replace(self.over(self.stores.copies), cache=AnswerCache())
