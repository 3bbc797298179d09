"""Writes through nginx, after reads that were compressed, cached or old."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from testbed.nginx import place, running
from testbed.waiting import until

from rentomatic.formats.table import FORMATS, Format
from tests.databases import ask, locked_rooms
from tests.ops.nginx.site import Site
from tests.ops.nginx.writing import BEARER, LONG_BATCH, ROOM, write

WAITED_LONG = """
select pid from pg_stat_activity
where wait_event_type = 'Lock' and query_start < clock_timestamp() - interval '1.5 s'
"""


@pytest.fixture
def path(site: Site) -> Iterator[str]:
    """A new room."""
    path = f"/rooms/{uuid4()}"
    assert write(site, "PUT", path, ROOM).status == 201
    yield path
    write(site, "DELETE", path)


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_a_room_that_was_read_compressed_can_be_changed(
    site: Site, path: str, each: Format
) -> None:
    """A room is too short to be compressed, so its tag stays strong."""
    answer = site.ask(path, {"Accept": each.media_type, "Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    changed = write(site, "PATCH", path, {"price": 1}, If_Match=answer.headers["ETag"])
    assert (changed.status, changed.json()["price"]) == (200, 1)
    late = write(site, "PATCH", path, {"price": 2}, If_Match=answer.headers["ETag"])
    assert late.status == 412


def test_a_long_answer_is_compressed(site: Site) -> None:
    """Its tag is weak, but a search's tag is never a write's precondition."""
    answer = site.ask("/rooms", {"Accept-Encoding": "gzip"})
    assert answer.headers["ETag"].startswith("W/")
    assert len(json.loads(gzip.decompress(answer.body))) == 100


def test_a_write_is_answered_by_the_service(site: Site, path: str) -> None:
    """Answers and refusals pass unchanged and are not cached."""
    answer = write(site, "PATCH", path, {"price": 5})
    assert (answer.status, answer.json()["price"]) == (200, 5)
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.logged(answer)["cache"] in {"", "BYPASS"}
    refused = site.ask(path, {}, "DELETE")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    added = write(site, "POST", "/rooms", ROOM)
    assert added.headers["Location"] == f"/rooms/{added.json()['code']}"
    assert write(site, "DELETE", added.headers["Location"]).status == 204


@pytest.fixture
def hasty(site: Site, folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site that waits at most a second for answers, except to batches."""
    with changed(site, folder, tmp_path, "proxy_read_timeout 30s", "proxy_read_timeout 1s") as it:
        yield it


@pytest.fixture
def hasty_everywhere(site: Site, folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site that waits at most a second for batches too."""
    with changed(site, folder, tmp_path, "proxy_read_timeout 5m", "proxy_read_timeout 1s") as it:
        yield it


@contextmanager
def changed(site: Site, folder: Path, own: Path, before: str, after: str) -> Iterator[Site]:
    """Run another nginx for the same service, with a part of its configuration replaced."""
    with running(
        place(own, folder / "rentomatic.sock", lambda text: text.replace(before, after))
    ) as proxy:
        yield replace(site, proxy=proxy)


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PATCH", 503)])
def test_only_batches_may_take_long(hasty: Site, path: str, method: str, status: int) -> None:
    """An answer may take long after POST /rooms, but not elsewhere."""
    where, values = ("/rooms", ROOM) if method == "POST" else (path, {"price": 1})
    with ThreadPoolExecutor(1) as pool, locked_rooms(hasty.database):
        written = pool.submit(write, hasty, method, where, values)
        until(lambda: ask(hasty.database, WAITED_LONG))
        # nginx counts from when it has sent the request, and may be slow to notice.
        until(lambda: method == "POST" or written.done())
    answer = written.result()
    assert answer.status == status
    if method == "POST":
        assert write(hasty, "DELETE", answer.headers["Location"]).status == 204


def test_an_abandoned_long_batch_may_be_sent_again(hasty_everywhere: Site) -> None:
    """It may have been written, so the answer must not say that it never can be."""
    given = BEARER | {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    with locked_rooms(hasty_everywhere.database):
        answer = hasty_everywhere.ask("/rooms", given, "POST", LONG_BATCH)
    assert (answer.status, answer.json()["type"]) == (503, "SystemError")
    assert answer.headers["Retry-After"] == "1"
    assert hasty_everywhere.logged(answer)["upstream_status"] == "504"
