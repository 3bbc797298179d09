"""nginx's own errors look like the service's, whose errors pass unchanged."""

import re
from collections.abc import Iterable, Iterator

import pytest

from rentomatic.wsgi.request import REQUEST_ID
from tests.ops.nginx.site import Answer, Site

PROBLEM = "application/problem+json"
ONCE = [
    "Cache-Control",
    "Content-Type",
    "X-Request-Id",
    "X-Content-Type-Options",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Content-Security-Policy",
    "Referrer-Policy",
]
# From RFC 9110; Python's differ between releases.
TITLES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}
HOST = "Host: x\r\n"
LONG = "x" * 9_000
# Longer than allowed except for POST /rooms; no body needs to follow.
LONG_BODY = "Content-Length: 2000000\r\n"
MORE_THAN_ELSEWHERE = b" " * 2_000_000


def _names(requests: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{first[:40]} {headers[:30].strip()}" for first, headers in requests]


# By first line and headers: the status, the kind, and part of the message.
OWN = {
    ("GET /rooms HTTP/1.1", f"{HOST}X: {LONG}\r\n"): (431, "LimitError", "the limit is 8 KiB"),
    ("PUT /rooms/x HTTP/1.1", f"{HOST}Content-Length: 1048577\r\n"): (413, "LimitError", "1 MiB"),
    ("POST /rooms HTTP/1.1", f"{HOST}Content-Length: 67108865\r\n"): (
        *(413, "LimitError", "for POST /rooms 64 MiB"),
    ),
    ("GET /metrics HTTP/1.1", HOST): (404, "ResourceError", "nothing"),
    ("GET /rooms/../metrics HTTP/1.1", HOST): (404, "ResourceError", "nothing"),
    ("GET http://x/%6Detrics?a=b HTTP/1.1", HOST): (404, "ResourceError", "nothing"),
    ("GET /rentomatic-error HTTP/1.1", HOST): (404, "ResourceError", "nothing"),
    ("GET /rentomatic-problem HTTP/1.1", HOST): (404, "ResourceError", "nothing"),
    ("TRACE /rooms HTTP/1.1", HOST): (405, "MethodError", "method"),
    ("GET /rooms HTTP/1.1", ""): (400, "ParametersError", "malformed"),
    ("GET /rooms HTTP/1.1", "Host: a b\r\n"): (400, "ParametersError", "malformed"),
    ("GET /rooms HTTP/1.1", f"{HOST}{HOST}"): (400, "ParametersError", "malformed"),
    ("POST /rooms HTTP/1.1", f"{HOST}Transfer-Encoding: gzip\r\n"): (
        *(400, "ParametersError", "malformed"),
    ),
    ("POST /rooms HTTP/1.1", f"{HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"): (
        *(400, "ParametersError", "malformed"),
    ),
    ("GET /rooms?limit=none HTTP/1.0", HOST): (400, "ParametersError", "limit: none needs"),
    ("GET /rooms?%6Cimit=%6eone HTTP/1.0", HOST): (400, "ParametersError", "limit: none needs"),
    # The length of the body does not change the error.
    ("TRACE /rooms HTTP/1.1", f"{LONG_BODY}{HOST}"): (405, "MethodError", "method"),
    ("POST /rooms HTTP/1.1", f"{LONG_BODY}{HOST}X: {LONG}\r\n"): (431, "LimitError", "8 KiB"),
    ("POST /rooms HTTP/1.1", f"{LONG_BODY}Host: a b\r\n"): (400, "ParametersError", "malformed"),
    ("GET /rooms?limit=none HTTP/1.0", f"{LONG_BODY}{HOST}"): (
        *(400, "ParametersError", "limit: none needs"),
    ),
    ("PATCH /rentomatic-error HTTP/1.1", f"{LONG_BODY}{HOST}"): (404, "ResourceError", "nothing"),
}

# Refused by the first line: nginx does not read further, so it does not see Accept.
EARLY = {
    (f"GET /rooms?a={LONG} HTTP/1.1", HOST): (414, "LimitError", "the limit is 8190 bytes"),
    ("CONNECT x:80 HTTP/1.1", HOST): (400, "ParametersError", "malformed"),
    ("GET /rooms/%zz HTTP/1.1", HOST): (400, "ParametersError", "malformed"),
    ("GET /../etc/passwd HTTP/1.1", HOST): (400, "ParametersError", "malformed"),
    ("GET /rooms HTTP/9.9", HOST): (400, "ParametersError", "malformed"),
}


@pytest.mark.parametrize(("asked", "expected"), EARLY.items(), ids=_names(EARLY))
def test_a_bad_first_line_gets_an_error_in_the_contracts_form(
    site: Site, asked: tuple[str, str], expected: tuple[int, str, str]
) -> None:
    """Status, kind, message and all headers."""
    first, headers = asked
    check(site.send(f"{first}\r\n{headers}\r\n".encode()), *expected)


def check(answer: Answer, status: int, kind: str, message: str) -> None:
    """Compare an error with the contract."""
    assert answer.status == status
    assert answer.json() == {"type": kind, "message": answer.json()["message"]}
    assert message in answer.json()["message"]
    assert answer.headers["Content-Type"] == "application/json"
    check_headers(answer)


def check_headers(answer: Answer) -> None:
    """Compare an error's headers with the contract."""
    assert {name: len(answer.headers.get_all(name, [])) for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert answer.headers.get_all("Vary") == ["Accept"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert REQUEST_ID.fullmatch(answer.headers["X-Request-Id"])
    assert answer.headers["Server"] == "nginx"


@pytest.mark.parametrize(("asked", "expected"), OWN.items(), ids=_names(OWN))
def test_own_errors_have_the_contracts_form(
    site: Site, asked: tuple[str, str], expected: tuple[int, str, str]
) -> None:
    """Status, kind, message and all headers; as problem details if Accept names them."""
    first, headers = asked
    answer = site.send(f"{first}\r\nConnection: close\r\n{headers}\r\n".encode())
    check(answer, *expected)
    named = f"Accept: {PROBLEM}\r\nConnection: close\r\n{headers}"
    problem = site.send(f"{first}\r\n{named}\r\n".encode())
    assert problem.headers["Content-Type"] == PROBLEM
    check_headers(problem)
    assert problem.json() == {
        "type": answer.json()["type"],
        "title": TITLES[answer.status],
        "status": answer.status,
        "detail": answer.json()["message"],
        "instance": f"#{problem.headers['X-Request-Id']}",
    }


def test_a_service_that_is_away_is_a_503(away: Site) -> None:
    """It says when to try again and has the request's id to quote, but no internals."""
    for method in ("GET", "POST"):
        answer = away.ask("/rooms", {"X-Request-Id": "r.2"}, method)
        assert answer.status == 503
        assert answer.headers.get_all("Retry-After") == ["1"]
        assert answer.headers["X-Request-Id"] == "r.2"
        assert answer.json() == {
            "type": "SystemError",
            "message": "The service cannot answer now; try again in a moment (request r.2)",
        }
    problem = away.ask("/rooms", {"Accept": f"application/json, {PROBLEM}"})
    assert problem.headers["Content-Type"] == PROBLEM
    assert problem.json()["status"] == 503
    assert away.ask("/rooms", {"Accept": f"{PROBLEM};q=0"}).json().keys() == {"type", "message"}
    assert away.ask("/rooms", method="HEAD").body == b""


def in_chunks(body: bytes) -> Iterator[bytes]:
    """Yield a body without a known length."""
    yield body


@pytest.mark.parametrize("accept", ["application/json", PROBLEM])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_long_body_does_not_make_a_503_permanent(
    away: Site, accept: str, *, is_chunked: bool
) -> None:
    """A batch that can be sent again is not refused as too long."""
    body = in_chunks(MORE_THAN_ELSEWHERE) if is_chunked else MORE_THAN_ELSEWHERE
    answer = away.ask("/rooms", {"Accept": accept}, "POST", body)
    assert (answer.status, answer.headers["Content-Type"]) == (503, accept)
    assert answer.headers["Retry-After"] == "1"
    check_headers(answer)


def test_a_full_disk_is_a_500_for_a_long_body(away: Site) -> None:
    """It cannot be stored, which is not the body's fault."""
    bodies = away.proxy.folder / "body"
    bodies.rmdir()
    bodies.write_text("not a folder")
    answer = away.ask("/rooms", method="POST", body=MORE_THAN_ELSEWHERE)
    check(answer, 500, "SystemError", "The service failed")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rooms", 200),
        ("/rooms/summary", 200),
        ("/health/ready", 200),
        ("/docs", 200),
        ("/rooms?limit=0", 400),
        ("/rooms?filter_prise__lt=%22", 400),
        ("/nothing", 404),
    ],
)
def test_the_services_answers_pass_as_they_are(site: Site, path: str, status: int) -> None:
    """No header is sent twice, and only those that the service lacks are added."""
    answer = site.ask(path, {"X-Request-Id": "r.3"})
    assert answer.status == status
    assert {name: len(answer.headers.get_all(name, [])) for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert answer.headers["X-Request-Id"] == "r.3"
    assert ", ".join(answer.headers.get_all("Vary")).split(", ").count("Accept") == 1
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    styled = "style-src" in answer.headers["Content-Security-Policy"]
    assert styled == (path == "/docs")
    if status != 200:
        assert answer.json()["type"] in {"ParametersError", "ResourceError"}
        assert "malformed" not in answer.json()["message"]


@pytest.mark.parametrize("name", ['"', "a b", "-x", "x" * 129, "<x>", "ä"])
def test_a_malformed_request_id_is_replaced(site: Site, name: str) -> None:
    """It could not be quoted or put into JSON."""
    for path in ("/rooms", "/metrics"):
        answer = site.ask(path, {"X-Request-Id": name.encode("latin-1")})
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
