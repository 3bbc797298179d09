"""People who are signed in, and those who try to be, through nginx."""

from urllib.parse import urlencode

from rentomatic.throttle import FREE_ATTEMPTS
from tests.ops.nginx.site import TOKEN, Site

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
SENT = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
SESSION = f"rentomatic={TOKEN}"
WRONG = urlencode({"token": "rom_wrong-token-of-some-length-0123456789"}).encode()


def test_wrong_tokens_are_charged_to_the_address_that_nginx_sees(site: Site) -> None:
    """Whatever other addresses the headers name; other clients can still sign in."""

    def guess(number: int, source: str = "127.0.0.41") -> int:
        said = {
            "X-Real-IP": f"192.0.2.{number}",
            "X_Real_IP": f"192.0.2.{number}",
            "X-Forwarded-For": f"192.0.2.{number}",
            "Forwarded": f"for=192.0.2.{number}",
        }
        return site.ask("/sign-in", SENT | said, "POST", WRONG, source).status

    statuses = [guess(number) for number in range(3 * FREE_ATTEMPTS)]
    assert statuses[:FREE_ATTEMPTS] == [403] * FREE_ATTEMPTS
    assert 429 in statuses
    assert guess(0, "127.0.0.42") == 403


def test_what_staff_see_is_never_stored(site: Site) -> None:
    """A visitor who then asks for the same address, in any way, gets a page for visitors."""
    headers = [
        {"Cookie": SESSION},
        {"Cookie": f"a=b;{SESSION}"},
        {"Cookie": f"\xa0{SESSION}"},
        {"Cookie": f"a=b,{SESSION}"},
    ]
    for number, staff in enumerate(headers):
        path = f"/rooms?limit={40 + number}"
        for method in ("GET", "HEAD", "GET"):
            answer = site.ask(path, BROWSER | staff, method)
            assert answer.status == 200
        for _ in range(3):
            page = site.ask(path, BROWSER)
            assert b"/sign-out" not in page.body
            assert b"office" not in page.body
    assert b"/sign-out" in site.ask("/rooms?limit=40", BROWSER | headers[0]).body
