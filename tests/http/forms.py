"""A browser that is signed in, and the forms that it sends."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from webtest import TestApp, TestResponse

from rentomatic.tokens import digest_of

# They are parts of the names of tests, which must be the same in all processes.
TOKEN, OTHER = f"rom_{'t' * 43}", f"rom_{'o' * 43}"
TOKENS = {digest_of(TOKEN): "office", digest_of(OTHER): "portal"}
SITE = "https://rooms.example.com"
COOKIE = "__Host-rentomatic"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OWN = {"Sec-Fetch-Site": "same-origin"}
CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
NOBODYS = "00000000-0000-0000-0000-000000000000"


@dataclass
class Browser:
    """What a browser sends; it keeps the cookie."""

    client: TestApp
    cookie: str = f"{COOKIE}={TOKEN}"
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": HTML, **OWN})

    @property
    def sent(self) -> dict[str, str]:
        """The headers of a request."""
        return self.headers | ({"Cookie": self.cookie} if self.cookie else {})

    def get(self, path: str, status: int = 200) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=self.sent, status=status)

    def post(
        self, path: str, fields: dict[str, str] | None = None, status: int = 303, **options: object
    ) -> TestResponse:
        """Send a form."""
        body = urlencode(fields or {}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | self.sent
        return self.client.post(path, body, headers=headers, status=status, **options)

    def form(self, path: str) -> dict[str, str]:
        """Return the fields of a page's form, as a person finds them."""
        return fields_of(self.get(path))


def fields_of(answer: TestResponse) -> dict[str, str]:
    """Return the fields of the form of a page."""
    page = BeautifulSoup(answer.body, "html.parser")
    form = page.select_one("main form")
    assert form is not None, answer.text
    inputs = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    # HTML drops the line break with which the text of an area begins.
    areas = {each["name"]: each.text.removeprefix("\n") for each in form.select("textarea")}
    return {str(name): str(value) for name, value in (inputs | areas).items()}


def problems_of(answer: TestResponse) -> list[str]:
    """Return the lines of the summary of problems."""
    page = BeautifulSoup(answer.body, "html.parser")
    return [each.text for each in page.select(".summary li")]
