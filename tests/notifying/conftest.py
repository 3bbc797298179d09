"""What the tests of notifications share: receivers, saved searches, and what is sent to them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from testbed.receivers import Receiver, make_certificate

from rentomatic.config import PostgresDatabase
from rentomatic.notifying.notifier import Notifier
from rentomatic.notifying.sending import Sender
from rentomatic.reachable import Reachable, parse_networks
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresnotifications import Delivery
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.requests.saved_search import SavedSearchRequest
from rentomatic.sealing import Sealer, new_key

SEALER = Sealer([new_key()])
SECRET = "whsec_c2hvd24gb25jZSwgc28ga2VlcCBpdCBzb21ld2hlcmU="
LOOPBACK = parse_networks("127.0.0.0/8")
SEARCH = UUID(int=7)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of receivers."""
    return make_certificate(tmp_path_factory.mktemp("receivers"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The certificate of receivers, which is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@pytest.fixture
def receiver(trusted: Path) -> Iterator[Receiver]:
    """A receiver with a trusted certificate, which accepts all messages."""
    with Receiver(trusted) as receiver:
        yield receiver


def delivery_to(webhook: str, **values: object) -> Delivery:
    """Return a message to a webhook."""
    fields = {
        "search": SEARCH,
        "webhook": webhook,
        "host": "host",
        "secret": SEALER.seal(SECRET),
        "attempts": 0,
        "failing_since": None,
        "number": 1,
        "message": "msg_1",
        "body": '{"type":"search.test"}',
    }
    return Delivery(**fields | values)  # type: ignore[arg-type]


@pytest.fixture
def searches(embedded_connections: Connections) -> PostgresSearches:
    """The saved searches of an empty database."""
    return PostgresSearches(embedded_connections)


@pytest.fixture
def save(searches: PostgresSearches) -> Callable[..., UUID]:
    """Save searches."""

    def save_one(webhook: str, query: str = "", name: str = "a search") -> UUID:
        request = SavedSearchRequest(name, query, webhook)
        return searches.add(request, "office", SEALER.seal(SECRET)).id

    return save_one


@contextmanager
def notifying(database: PostgresDatabase, reachable: Reachable = LOOPBACK) -> Iterator[Notifier]:
    """Notify in another thread until the end of the block."""
    notifier: list[Notifier] = []

    def run() -> None:
        with closing(Connections(database.url, statement_timeout=30)) as connections:
            sender = Sender(SEALER, reachable)
            notifier.append(Notifier(database.url, connections, sender.send))
            notifier[0].run()

    thread = Thread(target=run)
    thread.start()
    try:
        while not notifier:
            thread.join(0.01)
        yield notifier[0]
    finally:
        notifier[0].stop()
        thread.join()
