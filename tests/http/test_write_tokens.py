"""Who may write: the tokens of POST, PUT, PATCH and DELETE."""

import pytest
from webtest import TestApp

from rentomatic.tokens import digest_of
from tests.http.writing import BEARER, CODE, OTHER, TOKEN, WRITES, stock, write

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
    before = stock(writable)
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = write(writable, method, values=b"\xff" * 70_000, headers=headers, status=401)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json["type"] == "AuthError"
    assert TOKEN not in answer.text
    assert stock(writable) == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_each_token_may_write(writable: TestApp, scheme: str) -> None:
    """So that one can be put in the place of another; its name is told to the log alone."""
    for token, name in ((TOKEN, "office"), (OTHER, "portal")):
        headers = {"Authorization": f"{scheme} {token}"}
        answer = write(writable, "POST", headers=headers, status=201)
        assert answer.request.environ["rentomatic.token"] == name
        assert name not in str(answer.headers)


@pytest.mark.parametrize("method", WRITES)
def test_where_no_token_is_configured_nobody_may_write(client: TestApp, method: str) -> None:
    """403 says how to change that; a token changes nothing."""
    for headers in ({}, BEARER):
        answer = write(client, method, headers=headers, status=403)
        assert answer.json["type"] == "AuthError"
        assert "rentomatic token new" in answer.json["message"]
    assert len(stock(client)) == 4


def test_who_may_write_is_told_before_what_is_wrong(writable: TestApp) -> None:
    """A stranger learns nothing of codes, parameters or bodies."""
    for method, path in (("DELETE", "/rooms/abc"), ("POST", "/rooms?x=1"), ("PUT", "/rooms/1")):
        write(writable, method, path, headers={}, status=401)


def test_reads_need_no_token(writable: TestApp) -> None:
    """A wrong one harms nobody, and names nobody."""
    answer = writable.get("/rooms", headers={"Authorization": "Bearer x"})
    assert len(answer.json) == 4
    assert "rentomatic.token" not in answer.request.environ


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # the lint's, of odd spellings
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(writable: TestApp, header: str) -> None:
    """No header and no parameter makes a read a write, and no spelling goes round the token."""
    before = stock(writable)
    for method in WRITES:
        for path in ("/rooms", f"/rooms/{CODE}"):
            answer = writable.get(path, headers={header: method})
            assert answer.status_int == 200
            writable.get(f"{path}?_method={method}", status=400)
        for spelling in (method.lower(), method.title(), f"X{method}"):
            writable.request(f"/rooms/{CODE}", method=spelling, headers=BEARER, status=405)
    assert stock(writable) == before
