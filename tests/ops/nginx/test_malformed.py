"""Malformed and ambiguous requests through nginx: it and the service see the same requests."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from testbed.waiting import until

from tests.malformed import BEHIND, CHUNKED, CHUNKS, HOST, MALFORMED, POST, UNDERSCORED, get
from tests.ops.nginx.site import Site

LAST = "malformed-last"


def send(site: Site, sent: bytes) -> None:
    """Send bytes and read what is answered, until nginx closes the connection."""
    with site.connect() as client, suppress(ConnectionError):
        client.sendall(sent)
        while client.recv(65_536):
            pass


def lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log that are about requests."""
    whole = log.read_text(errors="replace").rpartition("\n")[0].splitlines()
    return [line for line in map(json.loads, whole) if "method" in line]


def test_the_service_sees_no_request_that_nginx_does_not(site: Site) -> None:
    """Each that it answers is one that nginx passed on, once: nothing was smuggled in behind."""
    theirs, ours = site.proxy.folder / "rentomatic.log", site.proxy.folder.parent / "rentomatic.log"
    before = len(lines(theirs)), len(lines(ours))
    last = get(b"Connection: close").replace(
        b"/rooms?limit=1", f"/rooms?utm_source={LAST}".encode()
    )
    for sent in (
        *MALFORMED.values(),
        *map(get, UNDERSCORED.values()),
        *(POST + HOST + CHUNKED + b"\r\n" + chunks for chunks in CHUNKS.values()),
    ):
        send(site, sent + BEHIND + last.replace(LAST.encode(), b"each"))
    send(site, last)
    until(lambda: any(LAST in line["target"] for line in lines(ours)))
    until(lambda: any(LAST in line["uri"] for line in lines(theirs)))
    passed_on = {line["request"]: line for line in lines(theirs)[before[0] :]}
    # What is refused before the application sees it has no id.
    answered = [line["request_id"] for line in lines(ours)[before[1] :] if line["request_id"]]
    assert len(answered) == len({*answered}) > len(UNDERSCORED)
    assert {*answered} <= passed_on.keys()
