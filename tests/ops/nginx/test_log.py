"""The logs have lines of JSON, whatever a client sends, and never a token."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from testbed.waiting import until

from tests.commands import SECONDS
from tests.ops.nginx.site import TOKEN, Site

IN_AN_ADDRESS = {
    "parameter": f"/rooms?access_token={TOKEN}",
    "between": f"/rooms?limit=1&Authorization=Bearer%20{TOKEN}&sort=price",
    "code": f"/rooms/{TOKEN}",
    "query": f"/rooms/summary?{TOKEN}",
    "escaped": f"/nothing?a={TOKEN.replace('_', '%5F', 1)}",
    "shortened": f"/rooms?a={TOKEN[:-1]}",
}


def request(target: bytes, name: str) -> bytes:
    """Return a request for a target, with this request id."""
    head = [b"GET %b HTTP/1.1" % target, b"Host: x", b"Connection: close", b"X-Request-Id: "]
    return b"\r\n".join(head) + name.encode() + b"\r\n\r\n"


def line_of(log: Path, name: str) -> bytes:
    """Wait for the line of a request and return it."""
    (line,) = until(
        lambda: [line for line in log.read_bytes().splitlines() if name.encode() in line]
    )
    return line


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (b"/rooms?q=\"\\'", "/rooms?q=\"\\'"),
        ("/rooms?q=Köln,東京,🏠".encode(), "/rooms?q=Köln,東京,🏠"),
        (b"/rooms?q=" + "é".encode() * 4_000, "/rooms?q=" + "é" * 4_000),
        ("/rooms?q=Köln".encode("latin-1") + b"&limit=1", "/rooms?q=K…"),
        (b"/\xff\xfe", "/…"),
        (b"/rooms?q=\xc3", "/rooms?q=…"),
        (b"/rooms?q=\xc0\xaf", "/rooms?q=…"),
        (b"/rooms?q=\xed\xa0\x80", "/rooms?q=…"),
        (b"/rooms?q=\xf4\x90\x80\x80", "/rooms?q=…"),
        (b"/rooms?q=\xf0\x9f\x8f", "/rooms?q=…"),
    ],
)
def test_a_line_is_json_in_utf_8(site: Site, sent: bytes, logged: str) -> None:
    """Characters are logged as they are, up to the first byte that is not UTF-8."""
    name = str(uuid4())
    site.send(request(sent, name))
    line = line_of(site.proxy.folder / "rentomatic.log", name)
    assert json.loads(line.decode())["uri"] == logged


def test_every_byte_makes_a_line(site: Site) -> None:
    """Anywhere in the first line."""
    for number in range(1, 256):
        for first in (b"GET /%c HTTP/1.1", b"G%cT / HTTP/1.1", b"GET /?%c HTTP/1.%c"):
            with closing(site.connect()) as connection:
                byte = (number,) * first.count(b"%c")
                connection.sendall(first % byte + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
                while connection.recv(4096):
                    pass
    for folder, some in ((site.proxy.folder, 255), (site.proxy.folder.parent, 100)):
        lines = (folder / "rentomatic.log").read_bytes().splitlines()
        assert len([json.loads(line.decode()) for line in lines]) > some


@pytest.fixture(params=["site", "away"])
def each_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site whose service answers, and one whose service is not running."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("target", IN_AN_ADDRESS.values(), ids=IN_AN_ADDRESS)
def test_a_token_in_an_address_is_refused_and_not_logged(each_site: Site, target: str) -> None:
    """Not even in nginx's error log; the message says what to do."""
    name = str(uuid4())
    answer = each_site.send(request(target.encode(), name))
    assert (answer.status, answer.json()["type"]) == (400, "ParametersError")
    assert "Authorization: Bearer" in answer.json()["message"]
    line = json.loads(line_of(each_site.proxy.folder / "rentomatic.log", name))
    assert line["uri"].endswith("…")
    for log in (
        *each_site.proxy.folder.glob("*.log"),
        *each_site.proxy.folder.parent.glob("*.log"),
    ):
        assert TOKEN[8:-1] not in log.read_text(errors="replace"), log


@pytest.mark.parametrize("target", IN_AN_ADDRESS.values(), ids=IN_AN_ADDRESS)
def test_the_service_logs_no_token_either(site: Site, target: str) -> None:
    """Even without nginx; what surrounds the token is logged."""
    service, name = site.proxy.folder.parent / "rentomatic.sock", str(uuid4())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(service))
        connection.sendall(request(target.encode(), name))
        assert connection.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 404"}
    served = json.loads(line_of(service.with_suffix(".log"), name))
    assert "rom_…" in served["target"]
    assert TOKEN[8:-1] not in service.with_suffix(".log").read_text()
