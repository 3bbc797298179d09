"""Who may write: the tokens of POST, PUT, PATCH and DELETE."""

import pytest
from webtest import TestApp

from rentomatic.tokens import digest_of
from tests.http.writing import BEARER, CODE, OTHER, TOKEN, WRITES, all_rooms, write

# By name, as the tokens of each run are others.
MISSING = {"none": None, "empty": "", "another-scheme": "Basic b2ZmaWNlOng=", "no-scheme": TOKEN}
INVALID = {
    "shortened": f"Bearer {TOKEN[:-1]}",
    "lengthened": f"Bearer {TOKEN}x",
    "upper-case": f"Bearer {TOKEN.upper()}",
    "digest": f"Bearer {digest_of(TOKEN)}",
    "name": "Bearer office",
    "latin-1": "Bearer \xe4\xf6\xfc",
    "two-words": "Bearer a b",
    "quote": 'Bearer "',
    "twice": f"Bearer {TOKEN}, Bearer {TOKEN}",
    "long": f"Bearer {'a' * 8000}",
}


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        *(pytest.param(given, "Bearer", id=name) for name, given in MISSING.items()),
        *(
            pytest.param(given, 'Bearer error="invalid_token"', id=name)
            for name, given in INVALID.items()
        ),
    ],
)
@pytest.mark.parametrize("method", WRITES)
def test_without_a_right_token_nothing_is_changed(
    writable: TestApp, method: str, authorization: str | None, challenge: str
) -> None:
    """401 says whether one was sent; the body is not read, whatever it is."""
    before = all_rooms(writable)
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = write(writable, method, values=b"\xff" * 70_000, headers=headers, status=401)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json["type"] == "AuthError"
    assert TOKEN not in answer.text
    assert all_rooms(writable) == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_each_token_may_write(writable: TestApp, scheme: str) -> None:
    """So tokens can be rotated; only the log shows their names."""
    for token, name in ((TOKEN, "office"), (OTHER, "portal")):
        headers = {"Authorization": f"{scheme} {token}"}
        answer = write(writable, "POST", headers=headers, status=201)
        assert answer.request.environ["rentomatic.token"] == name
        assert name not in str(answer.headers)


@pytest.mark.parametrize("method", WRITES)
def test_without_configured_tokens_writes_are_refused(client: TestApp, method: str) -> None:
    """403 says how to change that; a token changes nothing."""
    for headers in ({}, BEARER):
        answer = write(client, method, headers=headers, status=403)
        assert answer.json["type"] == "AuthError"
        assert "rentomatic token new" in answer.json["message"]
    assert len(all_rooms(client)) == 4


def test_a_missing_token_is_reported_before_other_errors(writable: TestApp) -> None:
    """A stranger learns nothing of codes, parameters or bodies."""
    for method, path in (("DELETE", "/rooms/abc"), ("POST", "/rooms?x=1"), ("PUT", "/rooms/1")):
        write(writable, method, path, headers={}, status=401)


def test_reads_need_no_token(writable: TestApp) -> None:
    """A wrong one has no effect, and the log has no name."""
    answer = writable.get("/rooms", headers={"Authorization": "Bearer x"})
    assert len(answer.json) == 4
    assert "rentomatic.token" not in answer.request.environ


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # the lint's, of odd spellings
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(writable: TestApp, header: str) -> None:
    """No header or parameter makes a read a write, and no spelling bypasses the token."""
    before = all_rooms(writable)
    for method in WRITES:
        for path in ("/rooms", f"/rooms/{CODE}"):
            answer = writable.get(path, headers={header: method})
            assert answer.status_int == 200
            writable.get(f"{path}?_method={method}", status=400)
        for spelling in (method.lower(), method.title(), f"X{method}"):
            writable.request(f"/rooms/{CODE}", method=spelling, headers=BEARER, status=405)
    assert all_rooms(writable) == before
