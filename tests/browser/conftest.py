"""A real browser on the real service with the demo's rooms: one of each for all tests."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from testbed.chromium import CHROMIUM, DESKTOP, PHONE, chromium
from testbed.processes import free_port

from rentomatic.embedded.cluster import Cluster
from rentomatic.tokens import new_token, token_line
from tests.browser.service import Service
from tests.browser.window import Window, opened
from tests.serving import served, with_demo_rooms

# A script can be turned off, and a phone is narrow: pages must work in each of these ways.
WAYS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "phone": {"size": PHONE},
    "desktop without JavaScript": {"size": DESKTOP, "has_script": False},
    "phone without JavaScript": {"size": PHONE, "has_script": False},
}


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    if not CHROMIUM:
        pytest.skip("chromium is not installed")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def service(embedded: Cluster) -> Iterator[Service]:
    """The service, at an address that it knows."""
    database, token = with_demo_rooms(embedded.database_named("browser")), new_token()
    address = f"127.0.0.1:{free_port()}"
    settings = {
        "RENTOMATIC_TOKENS": token_line("office", token),
        "RENTOMATIC_PUBLIC_URL": f"http://{address}",
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        served(database, address, Path(folder) / "log", **settings),
    ):
        yield Service(f"http://{address}", database, token)


@pytest.fixture
def open_window(browser: Browser, service: Service) -> Iterator[Callable[..., Window]]:
    """Open windows on the service; each must be without complaint when the test ends."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(opened(browser, service.address, **how))


@pytest.fixture(params=WAYS)
def window(request: pytest.FixtureRequest, open_window: Callable[..., Window]) -> Window:
    """A window of each kind in turn."""
    return open_window(**WAYS[request.param])


@pytest.fixture
def desktop(open_window: Callable[..., Window]) -> Window:
    """A wide window in which scripts run."""
    return open_window()
