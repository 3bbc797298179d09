"""`/searches`: saved searches, whose rooms webhooks report."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.reachable import parse_networks
from rentomatic.repository import postgressearches
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.sealing import Sealer, new_key
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores, Webhooks
from tests.databases import ask
from tests.http.writing import BEARER, NOBODYS, OTHER, TOKENS

HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}
THEIRS = {"Authorization": f"Bearer {OTHER}"}
SEARCH = {
    "name": "Cheap ones",
    "query": "filter_price__lt=60&q=balc%C3%B3n",
    "webhook": "https://receiver.example/hook?key=1",
}
DISABLE = "update saved_search set disabled_at = now(), disabled_reason = 'gone' returning 1"
SEALER = Sealer([new_key()])


def service_of(connections: Connections, webhooks: Webhooks | None = None) -> TestApp:
    """Return a service that can save searches."""
    stores = Stores(MemRepo(), searches=PostgresSearches(connections))
    webhooks = webhooks or Webhooks(SEALER)
    application = Application(stores, tokens=TOKENS, webhooks=webhooks)
    return TestApp(application, extra_environ=HTTP_1_1)


@pytest.fixture
def service(embedded_connections: Connections) -> TestApp:
    """A service without saved searches."""
    return service_of(embedded_connections)


def save(service: TestApp, status: int = 201, **values: object) -> TestResponse:
    """Save a search."""
    return service.post_json("/searches", SEARCH | values, headers=BEARER, status=status)


def test_a_saved_search_is_shown_with_its_secret_once(service: TestApp) -> None:
    """In the answer that saves it, at its address; later answers have all but the secret."""
    saved = save(service)
    assert saved.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", saved.json["secret"])
    assert {name: saved.json[name] for name in SEARCH} == SEARCH
    assert saved.headers["Location"] == f"/searches/{saved.json['id']}"
    found = service.get(saved.headers["Location"], headers=BEARER)
    assert found.json | {"secret": saved.json["secret"]} == saved.json
    assert found.headers["Cache-Control"] == "no-store"
    assert service.get("/searches", headers=BEARER).json == {"searches": [found.json]}


def test_each_name_of_a_token_has_searches_of_its_own(service: TestApp) -> None:
    """Another name neither lists, reads, tests nor removes them."""
    place = save(service).headers["Location"]
    assert service.get("/searches", headers=THEIRS).json == {"searches": []}
    paths = {"GET": [place], "DELETE": [place], "POST": [f"{place}/test", f"{place}/enable"]}
    for method, path in [(each, path) for each, found in paths.items() for path in found]:
        refused = service.request(path, method=method, headers=THEIRS, status=404)
        assert "There is no saved search of yours with the id" in refused.json["message"]
    assert service.get(place, headers=BEARER).json["waiting"] == 0


def test_a_token_is_needed_to_read_them(service: TestApp) -> None:
    """Without one it is a 401; where no token is configured, a 403."""
    place = save(service).headers["Location"]
    for path in ("/searches", place):
        assert "WWW-Authenticate" in service.get(path, status=401).headers
    locked = TestApp(Application(Stores(MemRepo())), extra_environ=HTTP_1_1)
    locked.get("/searches", headers=BEARER, status=403)


def test_a_removed_search_is_gone(service: TestApp) -> None:
    """With what waits for it."""
    place = save(service).headers["Location"]
    service.post(f"{place}/test", headers=BEARER, status=202)
    service.delete(place, headers=BEARER, status=204)
    service.delete(place, headers=BEARER, status=404)
    service.get(f"/searches/{NOBODYS}", headers=BEARER, status=404)
    service.get("/searches/none", headers=BEARER, status=404)


def test_a_test_message_waits(service: TestApp, empty_rooms: PostgresDatabase) -> None:
    """It has the id that the answer names; a disabled search refuses it and says why."""
    place = save(service).headers["Location"]
    message = service.post(f"{place}/test", headers=BEARER, status=202).json["message"]
    assert service.get(place, headers=BEARER).json["waiting"] == 1
    assert ask(empty_rooms, "select message from notification") == [message]
    ask(empty_rooms, DISABLE)
    refused = service.post(f"{place}/test", headers=BEARER, status=409)
    assert refused.json["message"] == "The search is disabled: gone; enable it first"
    shown = service.get(place, headers=BEARER).json
    assert shown["disabled_reason"] == "gone"
    assert shown["disabled_at"]


def test_only_so_many_test_messages_wait(service: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that is down does not fill the disk."""
    monkeypatch.setattr(postgressearches, "MAX_WAITING", 2)
    place = save(service).headers["Location"]
    for status in (202, 202, 409):
        refused = service.post(f"{place}/test", headers=BEARER, status=status)
    assert "messages of the search wait already" in refused.json["message"]
    assert service.get(place, headers=BEARER).json["waiting"] == 2


@pytest.mark.parametrize("port", ["", ":443", ":0443", ":8443", "."])
def test_a_host_is_the_same_on_all_its_ports(
    service: TestApp, empty_rooms: PostgresDatabase, port: str
) -> None:
    """So that one slow receiver cannot have more than its share of the senders."""
    save(service, webhook=f"https://Receiver.example{port}/")
    assert ask(empty_rooms, "select host from saved_search") == ["receiver.example"]


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"null", b"[" * 50_000])
def test_a_body_of_another_form_is_refused(service: TestApp, body: bytes) -> None:
    """With what a search looks like, not a room."""
    headers = {**BEARER, "Content-Type": "application/json"}
    message = service.post("/searches", body, headers=headers, status=400).json["message"]
    assert message.startswith("body: ")
    assert "object such as {" in message
    assert "room" not in message


def test_a_disabled_search_is_enabled_again(
    service: TestApp, empty_rooms: PostgresDatabase
) -> None:
    """As if it had just been saved: one message to start again replaces those that wait."""
    place = save(service).headers["Location"]
    service.post(f"{place}/test", headers=BEARER, status=202)
    ask(empty_rooms, DISABLE)
    message = service.post(f"{place}/enable", headers=BEARER, status=202).json["message"]
    assert ask(empty_rooms, "select message from notification") == [message]
    shown = service.get(place, headers=BEARER).json
    assert (shown["waiting"], "disabled_at" in shown) == (1, False)
    service.post(f"/searches/{NOBODYS}/enable", headers=BEARER, status=404)
    service.post(f"{place}/enable", status=401)


def test_secrets_are_encrypted_in_the_database(
    service: TestApp, empty_rooms: PostgresDatabase
) -> None:
    """A copy of the database signs nothing; the key reads them."""
    secret = save(service).json["secret"]
    (sealed,) = ask(empty_rooms, "select secret from saved_search")
    assert secret.removeprefix("whsec_") not in sealed
    assert SEALER.unseal(sealed) == secret
    # Nothing else of the database has it either.
    assert (
        secret.encode() not in repr(ask(empty_rooms, "select s::text from saved_search s")).encode()
    )


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        (
            {"query": "filter_prise__lt=60"},
            ["query: filters: Key prise__lt cannot be used; did you mean"],
        ),
        ({"query": "limit=5"}, ["query: limit: Parameter limit cannot be used"]),
        (
            {"query": "sort=price&format=csv"},
            ["query: sort: Parameter", "query: format: Parameter"],
        ),
        ({"query": "q=%zz"}, ["query: q: has a % that is not followed by two hexadecimal digits"]),
        ({"query": "radius=5"}, ["query: radius: needs near"]),
        ({"query": 5}, ["query: must be text"]),
        ({"query": "utm_a=\0"}, ["query: must be text without NUL"]),
        ({"query": "gclid=\ud800"}, ["query: must be text without NUL"]),
        ({"query": "q=" + "a" * 8_000}, ["query: must have at most 8000 characters"]),
        ({"name": ""}, ["name: must not be empty"]),
        ({"name": "a\nb"}, ["name: must be text without"]),
        ({"nme": "a"}, ["nme: nme cannot be used; use name, query, webhook; did you mean name?"]),
        (
            {"name": 1, "query": "filter=price", "webhook": "ftp://a.example"},
            [
                "name: must be text",
                "query: filter: ",
                "webhook: must be an address that begins with",
            ],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_everything_wrong_is_reported_at_once(
    service: TestApp, values: dict[str, object], messages: list[str]
) -> None:
    """The query as `GET /rooms` reads it, and nothing is saved."""
    lines = save(service, 400, **values).json["message"].splitlines()
    assert len(lines) == len(messages)
    for line, expected in zip(sorted(lines), sorted(messages), strict=True):
        assert line.startswith(expected)
    assert service.get("/searches", headers=BEARER).json == {"searches": []}


@pytest.mark.parametrize(
    "webhook",
    [
        *("http://receiver.example/", "https://", "https://a b/", "//a.example", "a.example", ""),
        *("https://user@a.example", "https://u:p@a.example", "https://@a.example"),
        *("https://a.example/#part", "https://a.example:0", "https://a.example:99999"),
        *("https://a.example:x", "https://bücher.example", "https://a..example", "https://[::1"),
        *("https://localhost", "https://a.localhost", "https://127.0.0.1", "https://127.1"),
        *("https://0x7f.1", "https://2130706433", "https://017700000001", "https://a.0x1"),
        *("https://169.254.169.254/latest", "https://10.0.0.1", "https://192.168.1.1:8443"),
        *("https://100.64.0.1", "https://0.0.0.0", "https://224.0.0.1", "https://255.255.255.255"),
        *("https://[::1]", "https://[::]", "https://[::ffff:127.0.0.1]", "https://[fe80::1]"),
        *("https://[fd00::1]", "https://[64:ff9b::7f00:1]", "https://[64:ff9b::a9fe:a9fe]"),
        *(
            "https://[2002:7f00:1::]",
            "https://[2001::1]",
            "https://[ff02::1]",
            "https://[::7f00:1]",
        ),
        *("https://[64:ff9b:1::1]", "https://[fec0::1]", "https://192.88.99.1"),
        *("https://a.example\\@127.0.0.1/", "https:/a.example", f"https://a.example/{'a' * 2048}"),
    ],
    ids=lambda webhook: webhook[:40],
)
def test_a_webhook_is_a_public_https_address(service: TestApp, webhook: str) -> None:
    """Neither this machine nor a private network, however its address is written."""
    refused = save(service, 400, webhook=webhook)
    assert refused.json["message"].startswith("webhook: must")


@pytest.mark.parametrize(
    "webhook",
    [
        *(
            "https://receiver.example",
            "HTTPS://Receiver.Example:8443/a?b=c%20d",
            "https://8.8.8.8/",
        ),
        *("https://[2606:4700::1111]/", "https://xn--bcher-kva.example/", "https://a_b.example."),
    ],
)
def test_public_webhooks_are_taken(service: TestApp, webhook: str) -> None:
    """Names are not resolved until something is sent."""
    assert save(service, webhook=webhook).json["webhook"] == webhook


def test_allowed_networks_are_reached(embedded_connections: Connections) -> None:
    """A setting names them; plain http only to this machine."""
    reachable = parse_networks("127.0.0.0/8, 10.1.0.0/16")
    service = service_of(embedded_connections, Webhooks(SEALER, reachable))
    for webhook in ("http://127.0.0.1:8443/", "https://10.1.2.3/", "http://localhost/"):
        save(service, webhook=webhook)
    for webhook in ("https://10.2.0.1/", "http://10.1.2.3/", "http://a.example/"):
        save(service, 400, webhook=webhook)


def test_without_a_key_no_search_is_saved(embedded_connections: Connections) -> None:
    """A 503 names the setting; searches can still be listed and removed."""
    place = save(service_of(embedded_connections)).headers["Location"]
    service = service_of(embedded_connections, Webhooks())
    assert "RENTOMATIC_SECRET_KEY_FILE is not set" in save(service, 503).json["message"]
    assert len(service.get("/searches", headers=BEARER).json["searches"]) == 1
    service.delete(place, headers=BEARER, status=204)


def test_other_stores_save_no_searches() -> None:
    """It is a 404 that says what is needed."""
    application = Application(Stores(MemRepo()), tokens=TOKENS, webhooks=Webhooks(SEALER))
    service = TestApp(application, extra_environ=HTTP_1_1)
    for method, path in (("GET", "/searches"), ("DELETE", f"/searches/{NOBODYS}")):
        refused = service.request(path, method=method, headers=BEARER, status=404)
        assert refused.json["message"] == "Searches cannot be saved here; it needs PostgreSQL"
    save(service, 404)


def test_an_owner_has_a_limited_number(service: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is a conflict."""
    monkeypatch.setattr(postgressearches, "MAX_SEARCHES", 1)
    save(service)
    assert "remove one first" in save(service, 409).json["message"]
    service.post_json("/searches", SEARCH, headers=THEIRS, status=201)


def test_a_secret_is_not_stored_for_repetitions(service: TestApp) -> None:
    """An Idempotency-Key is refused, because the stored answer would contain the secret."""
    headers = {**BEARER, "Idempotency-Key": "a"}
    refused = service.post_json("/searches", SEARCH, headers=headers, status=400)
    assert refused.json["message"].startswith("Idempotency-Key: cannot be used here")


def test_what_is_not_asked_for_is_refused(service: TestApp) -> None:
    """Parameters, and bodies that are not JSON."""
    place = save(service).headers["Location"]
    for method, path in (
        *(("GET", "/searches?limit=1"), ("GET", f"{place}?a=1"), ("DELETE", f"{place}?a=1")),
        *(("POST", f"{place}/test?a=1"), ("POST", "/searches?a=1")),
    ):
        body = {"Content-Type": "application/json"} if path.startswith("/searches?a") else {}
        service.request(path, method=method, headers=BEARER | body, status=400)
    service.post("/searches", "a=b", headers=BEARER, status=415)


@pytest.fixture
def away() -> Iterator[Connections]:
    """Connections to a database that does not answer."""
    with closing(Connections("postgresql://127.0.0.1:1/none")) as connections:
        yield connections


def test_while_the_database_is_away_it_is_a_503(away: Connections) -> None:
    """As everywhere."""
    service = service_of(away)
    save(service, 503)
    service.get("/searches", headers=BEARER, status=503)
