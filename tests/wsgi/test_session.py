"""The cookie of a signed-in browser counts for our own pages only."""

import pytest

from rentomatic.throttle import Throttle
from rentomatic.tokens import digest_of
from rentomatic.wsgi.session import Sessions

# A part of the names of tests, which must be the same in all processes.
TOKEN = "rom_" + "t" * 43
TOKENS = {digest_of(TOKEN): "office"}
SITE, LOCAL = "https://rooms.example.com", "http://127.0.0.1:8000"
SIGNED_IN = {"HTTP_COOKIE": f"__Host-rentomatic={TOKEN}"}


def sessions(public_url: str | None = SITE) -> Sessions:
    """Make the object under test."""
    return Sessions(TOKENS, public_url, Throttle())


@pytest.mark.parametrize(
    ("public_url", "begin", "end"),
    [
        (
            SITE,
            f"__Host-rentomatic={TOKEN}; Path=/; HttpOnly; SameSite=Strict; Secure",
            "__Host-rentomatic=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure",
        ),
        (
            LOCAL,
            f"rentomatic={TOKEN}; Path=/; HttpOnly; SameSite=Strict",
            "rentomatic=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
        ),
    ],
)
def test_the_cookie_is_the_hosts_own_and_encrypted(public_url: str, begin: str, end: str) -> None:
    """Only plain HTTP on this machine does without both."""
    assert sessions(public_url).begin(TOKEN) == ("Set-Cookie", begin)
    assert sessions(public_url).end() == ("Set-Cookie", end)


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        (f"__Host-rentomatic={TOKEN}", "office"),
        (f"a=b; __Host-rentomatic={TOKEN}; c=d", "office"),
        (f"a=b;__Host-rentomatic={TOKEN}", "office"),
        (f"rentomatic={TOKEN}", None),
        (f"__host-rentomatic={TOKEN}", None),
        (f"__Host-rentomatic={TOKEN}; __Host-rentomatic={TOKEN}", None),
        (f"__Host-rentomatic={TOKEN}x", None),
        (f'__Host-rentomatic="{TOKEN}"', None),
        (f"__Host-rentomatic={digest_of(TOKEN)}", None),
        ("__Host-rentomatic=", None),
        ("__Host-rentomatic=ä", None),
        # With white space, the name has no prefix for browsers: pages of a subdomain may set it.
        *((f"{blank}__Host-rentomatic={TOKEN}", None) for blank in "\x0b\x0c\x1c\x1f\x85\xa0"),
        (f"__Host-rentomatic\xa0={TOKEN}", None),
        (f"\xa0__Host-rentomatic=x; __Host-rentomatic={TOKEN}", "office"),
        ("", None),
    ],
)
def test_the_cookie_has_a_token(cookie: str, expected: str | None) -> None:
    """One that is not valid, ambiguous or under another name is ignored."""
    environ = {"HTTP_COOKIE": cookie, "HTTP_SEC_FETCH_SITE": "same-origin"}
    assert sessions().reader(environ) == expected
    assert sessions().reader({"HTTP_SEC_FETCH_SITE": "same-origin"}) is None


@pytest.mark.parametrize(
    ("headers", "reads", "writes"),
    [
        ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": SITE}, True, True),
        # With `Referrer-Policy: no-referrer` browsers send this origin with forms.
        ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "null"}, True, True),
        ({"HTTP_SEC_FETCH_SITE": "none"}, True, False),
        ({"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_ORIGIN": SITE}, False, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": SITE}, False, False),
        ({"HTTP_SEC_FETCH_SITE": "Same-Origin"}, False, False),
        ({"HTTP_SEC_FETCH_SITE": ""}, False, False),
        ({"HTTP_ORIGIN": SITE}, True, True),
        ({"HTTP_ORIGIN": f"{SITE}:443"}, False, False),
        ({"HTTP_ORIGIN": "http://rooms.example.com"}, False, False),
        ({"HTTP_ORIGIN": "https://evil.example"}, False, False),
        ({"HTTP_ORIGIN": "null"}, False, False),
        ({"HTTP_REFERER": f"{SITE}/rooms/new"}, True, False),
        ({}, True, False),
    ],
)
def test_a_form_must_be_ours(headers: dict[str, str], *, reads: bool, writes: bool) -> None:
    """By Sec-Fetch-Site; without it, by the origin; a form that says neither is refused."""
    environ = SIGNED_IN | headers
    assert (sessions().reader(environ) == "office") is reads
    assert sessions().is_own_form(environ) is writes


@pytest.mark.parametrize("public_url", [None, "http://rooms.example.com"])
def test_nobody_is_signed_in_where_others_could_read_the_cookie(public_url: str | None) -> None:
    """Nor where the service does not know its address."""
    for name in ("__Host-rentomatic", "rentomatic"):
        environ = {"HTTP_COOKIE": f"{name}={TOKEN}", "HTTP_SEC_FETCH_SITE": "same-origin"}
        assert sessions(public_url).reader(environ) is None
    assert not sessions(public_url).are_possible


def test_nobody_is_signed_in_without_tokens() -> None:
    """Even if a browser has an old cookie."""
    environ = SIGNED_IN | {"HTTP_SEC_FETCH_SITE": "same-origin"}
    assert Sessions({}, SITE, Throttle()).reader(environ) is None
    assert not Sessions({}, SITE, Throttle()).are_possible
