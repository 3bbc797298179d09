"""The micro-cache is fast, and no client gets an old answer or another client's."""

import gzip
import json
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest
from testbed.nginx import FILES
from testbed.waiting import until

from rentomatic.demo import BOOK
from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.negotiation import preferred, prefers_html
from rentomatic.wsgi.response import HTML
from tests.ops.nginx.seconds import at_the_next_second, in_one_second
from tests.ops.nginx.site import HERE, Site

RUNBOOK = (FILES.parent / "README.md").read_text()
CODE = BOOK[0][0]
CACHED = [
    *("/rooms", "/rooms?sort=price&limit=20", "/rooms/summary", "/rooms/map", f"/rooms/{CODE}"),
    "/rooms/relaxations?filter_price__lt=1",
    f"/rooms/{CODE}/similar",
    *("/ogc/collections", "/ogc/collections/rooms", "/ogc/collections/rooms/items?price=39"),
    f"/ogc/collections/rooms/items/{CODE}",
]
OFFERED = tuple(each.media_type for each in FORMATS.values())
# The machine may be busy.
MARGIN_SECONDS = 0.1


def files_of(site: Site, path: str) -> list[str]:
    """Return the cache files of an answer."""
    command = ["grep", "--recursive", "--files-with-matches", "--line-regexp", "--text"]
    command += ["--fixed-strings", f"KEY: json en {path}", site.proxy.folder / "cache"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def test_a_search_sent_once_is_not_cached(site: Site) -> None:
    """However many such searches there are; answers requested twice are removed soon after."""
    paths = [f"/rooms?limit=1000&filter_price__ne={number}" for number in range(50)]
    for path in paths:
        assert site.cache(path) == "MISS"
    assert [files_of(site, path) for path in paths] == [[]] * 50
    assert site.cache(paths[0]) == "MISS"
    until(lambda: site.cache(paths[0]) and len(files_of(site, paths[0])) == 1)
    until(lambda: not files_of(site, paths[0]))


@in_one_second
def test_what_the_runbook_removes_is_requested_again(site: Site) -> None:
    """At once and without errors, as needed after the clock was set back."""
    (command,) = re.findall("^find /var/cache/nginx/rentomatic.*", RUNBOOK, re.MULTILINE)
    path = f"/rooms?limit=9&sort=code&utm_source={uuid4()}"
    assert [site.cache(path) for _ in range(3)] == ["MISS", "MISS", "HIT"]
    folder = str(site.proxy.folder / "cache")
    errors_before = site.errors()
    subprocess.run(command.replace("/var/cache/nginx/rentomatic", folder), shell=True, check=True)
    assert site.cache(path) == "MISS"
    assert "[crit]" not in site.errors().removeprefix(errors_before)


@pytest.mark.parametrize("path", [*CACHED, "/rooms/feed?filter_price__lt=60"])
@in_one_second
def test_repeated_searches_are_cached(site: Site, path: str) -> None:
    """For GET and HEAD and from any origin; the answer differs only in its request id."""
    assert site.cache(path) in {"MISS", "EXPIRED", "REVALIDATED"}
    first = site.store(path)
    request_id = f"second.{uuid4()}"
    second = site.ask(path, {"Origin": "https://maps.example", "X-Request-Id": request_id})
    assert site.logged(second)["cache"] == "HIT"
    assert second.body == first.body
    for name in {*first.headers} - {"Date", "X-Request-Id"}:
        assert second.headers.get_all(name) == first.headers.get_all(name)
    assert second.headers.get_all("X-Request-Id") == [request_id]
    head = site.ask(path, method="HEAD")
    assert site.logged(head)["cache"] == "HIT"
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.body))
    assert "X-Accel-Expires" not in first.headers


@in_one_second
def test_head_first_leaves_a_whole_answer(site: Site) -> None:
    """A GET after it gets the body."""
    for path in CACHED * 2:
        assert site.ask(path, method="HEAD").body == b""
    for path in CACHED:
        # nginx passes on the head before it has the complete answer to cache.
        until(lambda path=path: site.cache(path, method="HEAD") == "HIT")
        answer = site.ask(path)
        assert site.logged(answer)["cache"] == "HIT"
        assert answer.json()


@in_one_second
def test_nginx_answers_conditions_itself(site: Site) -> None:
    """By the service's tags, even those that compression has made weak."""
    for path in CACHED:
        for encoding in ("identity", "gzip"):
            headers = {"Accept-Encoding": encoding}
            site.store(path, headers)
            tag = site.store(path, headers).headers["ETag"]
            answer = site.ask(path, headers | {"If-None-Match": tag})
            assert (answer.status, answer.body) == (304, b"")
            assert site.logged(answer)["cache"] == "HIT"
            assert site.ask(path, headers | {"If-None-Match": '"x"'}).status == 200


def test_an_unchanged_answer_is_not_searched_for_again(site: Site) -> None:
    """After its second, nginx revalidates it with the service."""
    path = "/rooms?sort=size&limit=7"
    site.store(path)
    before = site.store(path)

    @in_one_second
    def ask_again() -> None:
        after = site.ask(path)
        assert site.logged(after)["cache"] == "REVALIDATED"
        assert after.body == before.body
        assert site.cache(path) == "HIT"

    ask_again()


@in_one_second
def test_formats_are_cached_separately(site: Site) -> None:
    """Each client gets the format that the service negotiates, from the cache too."""
    asked = ["", "*/*", "application/*", "text/*", "APPLICATION/JSON", "text/csv;q=0.9"]
    asked += [*OFFERED, "application/problem+json", "text/csv, application/json"]
    asked += ["application/json;q=0.1, text/csv", "application/json, text/csv;q=0.1"]
    asked += ["text/html,application/xhtml+xml,*/*;q=0.8", "nonsense", "text/csv,,", " text/csv"]
    for _ in range(2):
        for accept in asked:
            answer = site.ask("/rooms?limit=3", {"Accept": accept} if accept else {})
            expected = HTML if prefers_html(accept) else preferred(accept, OFFERED)
            assert answer.headers.get_content_type() == expected, accept
        answers = [site.ask(f"/rooms?limit=3&format={name}") for name in FORMATS]
        assert tuple(each.headers["Content-Type"] for each in answers) == OFFERED
    refused = site.ask("/rooms?limit=3", {"Accept": "image/png"})
    assert refused.status == 406


@in_one_second
def test_a_repeated_header_poisons_nothing(site: Site) -> None:
    """The cache key and the service get the same Accept."""
    path = "/rooms?limit=4"
    two = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    two += "Accept: text/csv\r\nAccept: application/json\r\n\r\n"
    assert site.send(two.encode()).status == 200
    answer = site.ask(path, {"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.body.startswith(b"code,")


def test_no_header_of_a_client_poisons_what_others_get(site: Site) -> None:
    """Not the hosts, addresses and paths in it, nor conditions, ranges and encodings."""
    path = "/rooms?limit=30"
    honest = site.store(path)
    evil = {
        "Host": "evil.example",
        "Forwarded": "for=evil.example;host=evil.example;proto=https",
        **{
            f"X-Forwarded-{name}": "evil.example"
            for name in ("For", "Host", "Port", "Prefix", "Proto", "Server")
        },
        "X-Real-IP": "evil.example",
        "X-Original-URL": "/health/live",
        "X-Rewrite-URL": "/health/live",
        "X-HTTP-Method-Override": "DELETE",
        "Script-Name": "/evil",
        "SCRIPT_NAME": "/evil",
        "X-Accel-Expires": "100",
        "Cache-Control": "max-age=100",
        "Range": "bytes=0-1",
        "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT",
        "Accept-Encoding": "gzip",
        "Cookie": "evil=1",
        "Origin": "https://evil.example",
    }

    @in_one_second
    def poison(extra: dict[str, str]) -> None:
        answer = site.store(path, evil | extra)
        assert answer.status == 200
        assert gzip.decompress(answer.body) == honest.body
        again = site.ask(path)
        assert site.logged(again)["cache"] == "HIT"
        assert (again.status, again.body) == (200, honest.body)
        assert {*again.headers} == {*honest.headers}
        assert "evil" not in str(again.headers)

    for extra in ({}, {"If-None-Match": '"evil"'}, {"TE": "trailers", "Connection": "X-Real-IP"}):
        poison(extra)


@in_one_second
def test_cached_answers_are_sent_whole(site: Site) -> None:
    """The service serves no ranges either."""
    site.store("/rooms?limit=8")
    whole = site.store("/rooms?limit=8")
    part = site.ask("/rooms?limit=8", {"Range": "bytes=0-1"})
    assert site.logged(part)["cache"] == "HIT"
    assert (part.status, part.body) == (200, whole.body)
    assert "Accept-Ranges" not in part.headers


@pytest.mark.parametrize("path", ["/rooms/%73ummary", f"/rooms/{CODE}%3Fformat=csv", "//rooms"])
def test_another_spelling_of_a_path_is_another_answer(site: Site, path: str) -> None:
    """Nginx normalizes paths, the service does not: they never share an answer."""
    plain = path.replace("%73", "s").replace("%3F", "?").replace("//", "/")
    first, other, again = site.ask(plain), site.ask(path), site.ask(plain)
    assert (again.status, again.body) == (first.status, first.body) == (200, first.body)
    assert site.logged(other)["cache"] != "HIT"


@in_one_second
def test_requests_with_a_token_are_never_cached(site: Site) -> None:
    """Others never get such an answer, and such a request never gets a cached one."""
    path, token = f"/rooms?limit=6&utm_source={uuid4()}", {"Authorization": "Bearer secret"}
    assert [site.cache(path, token), site.cache(path, token)] == ["", ""]
    assert [site.cache(path), site.cache(path)] == ["MISS", "MISS"]
    assert site.cache(path) == "HIT"
    assert site.cache(path, token) == ""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rooms?limit=none&fields=code", 200),
        ("/rooms?fields=code&%6Cimi%74=n%6Fne", 200),
        ("/rooms?limit=0", 400),
        ("/rooms/changes?since=now", 200),
        ("/rooms/00000000-0000-0000-0000-000000000000", 404),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/metrics", 404),
        ("/docs", 200),
        ("/nothing", 404),
    ],
)
def test_streams_errors_and_states_are_never_cached(site: Site, path: str, status: int) -> None:
    """The service answers each; nginx looks in the cache only if an answer could be there."""
    for method in ("GET", "HEAD", "GET"):
        answer = site.ask(path, method=method)
        assert answer.status == status
        assert site.logged(answer)["cache"] in ("", "MISS" if status >= 400 else "")


@pytest.mark.parametrize("path", CACHED)
@in_one_second
def test_if_match_is_left_to_the_service(site: Site, path: str) -> None:
    """It refuses in its own form if the tag does not match, even if an answer is cached."""
    assert site.ask(path).status == 200
    # The service's own, because the cached one may be older than a write a moment ago.
    tag = site.ask(path, {"If-Match": "*"}).headers["ETag"]
    for method in ("GET", "HEAD"):
        for expected, status in (('"x"', 412), (f"W/{tag}", 412), (tag, 200), ("*", 200)):
            answer = site.ask(path, {"If-Match": expected}, method)
            assert (answer.status, site.logged(answer)["cache"]) == (status, "")
        refused = site.ask(path, {"If-Match": '"x"', "If-None-Match": tag})
        assert refused.status == 412
        assert refused.json()["type"] == "ConflictError"
        assert refused.headers["Content-Type"] == "application/json"
        # nginx's maps treat an empty header as absent, but nginx itself does not.
        empty = site.ask(path, {"If-Match": ""})
        assert empty.status == 412
        assert "If-Match: " in empty.json()["message"]
    assert site.ask(path).status == 200


def test_the_date_of_an_answer_is_not_a_condition(site: Site) -> None:
    """The service sends no Last-Modified, by which nginx would refuse some valid reads."""
    for _ in range(2):
        answer = site.ask("/rooms", {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"})
        assert (answer.status, site.logged(answer)["cache"]) == (200, "")


@pytest.mark.parametrize("name", FORMATS)
def test_answers_are_compressed_on_request(site: Site, name: str) -> None:
    """In each format, cached or not; uncompressed answers stay uncompressed."""
    path = f"/rooms?format={name}"
    for _ in range(2):
        packed, plain = site.ask(path, {"Accept-Encoding": "gzip"}), site.ask(path)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers.get_all("Vary")
        assert gzip.decompress(packed.body) == plain.body
        assert "Content-Encoding" not in plain.headers


PRICES: dict[str, Callable[[bytes], int]] = {
    f"/rooms/{CODE}": lambda body: json.loads(body)["price"],
    f"/rooms?filter_code__eq={CODE}": lambda body: json.loads(body)[0]["price"],
    f"/rooms/summary?filter_code__eq={CODE}": lambda body: json.loads(body)["price"]["max"],
    "/rooms/relaxations?filter_price__gt=1000": lambda body: int(json.loads(body)[0]["to"]) + 1,
}


def test_an_answer_after_a_pause_is_not_old(site: Site) -> None:
    """The first request after a pause gets the present answer, not the cached one."""
    for path, price_of in PRICES.items():
        assert price_of(site.ask(path).body) != 999
    with psycopg.connect(site.database.url, autocommit=True) as connection:
        connection.execute("update room set price = 999 where code = %s", (CODE,))
    time.sleep(1 + MARGIN_SECONDS)
    assert {price_of(site.ask(path).body) for path, price_of in PRICES.items()} == {999}


def test_no_answer_is_older_than_a_second(site: Site) -> None:
    """Readers see the old value for at most a second after a write is acknowledged."""
    acknowledged: dict[int, float] = {}
    seen: list[tuple[float, int]] = []
    done = Event()

    def write() -> None:
        with psycopg.connect(site.database.url, autocommit=True) as connection:
            for price in range(1_000, 1_000_000):
                connection.execute("update room set price = %s where code = %s", (price, CODE))
                acknowledged[price] = time.time()
                if done.wait(0.03):
                    return

    def read(path: str) -> None:
        with closing(HTTPConnection(HERE, site.proxy.port)) as connection:
            while not done.is_set():
                began = time.time()
                connection.request("GET", path)
                seen.append((began, PRICES[path](connection.getresponse().read())))

    writer = Thread(target=write)
    writer.start()
    while 1_000 not in acknowledged:
        time.sleep(0.01)
    at_the_next_second()
    threads = [writer, *(Thread(target=read, args=(path,)) for path in (*PRICES, *PRICES))]
    for thread in threads[1:]:
        thread.start()
    time.sleep(4)
    until(lambda: len(seen) > 500)
    done.set()
    for thread in threads:
        thread.join()
    ages = [began - acknowledged.get(price + 1, began) for began, price in seen]
    assert 0.5 < max(ages) <= 1 + MARGIN_SECONDS
