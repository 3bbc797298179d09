"""Pictures of all kinds of pages."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize
from service import Service, local_service
from testbed.chromium import CHROMIUM, DESKTOP, PHONE, chromium
from testbed.pages import PAGES

from rentomatic.demo import demo_rooms
from rentomatic.repository.connections import Connections
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.pages.languages import LANGUAGES

# Otherwise pictures of rooms load only when they scroll into view.
_LOAD_ALL = "for (const each of document.images) each.loading = 'eager'"

Colors = Literal["dark", "light"]

LOOKS: dict[str, tuple[ViewportSize, Colors]] = {
    "wide": (DESKTOP, "light"),
    "dark": (DESKTOP, "dark"),
    "phone": (PHONE, "light"),
}
# The pictures in the README: file, page, the part that is shown, and size.
README: dict[str, tuple[str, str, ViewportSize]] = {
    "search.png": ("filtered", "#rooms", {"width": 1280, "height": 640}),
    "room.png": ("room", "", {"width": 375, "height": 620}),
}


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(prog="ops/pictures", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    parser.add_argument("--readme", action="store_true", help="only the two of the README")
    given = parser.parse_args()
    if not CHROMIUM:
        sys.exit("ops/pictures: needs Debian's chromium (apt install chromium fonts-liberation)")
    given.folder.mkdir(parents=True, exist_ok=True)
    with local_service() as service, chromium() as browser:
        _fill(service)
        camera = Camera(browser, service, given.folder, given.lang)
        if given.readme:
            camera.take_for_readme()
        else:
            camera.take_all()


def _fill(service: Service) -> None:
    with closing(Connections(service.cluster.database.url)) as connections:
        PostgresRepo(connections).save(list(demo_rooms()))


class Camera:
    """Takes pictures of the pages of a service, into a folder."""

    def __init__(self, browser: Browser, service: Service, folder: Path, language: str) -> None:
        self._browser = browser
        self._service = service
        self._folder = folder
        self._language = language

    def take_all(self) -> None:
        """Take each page in each of its looks, from top to bottom."""
        for name in PAGES:
            for look, (size, colors) in LOOKS.items():
                page = self._open(name, size, colors)
                page.screenshot(path=self._folder / f"{name}-{look}.png", full_page=True)
                page.context.close()
            print(name)

    def take_for_readme(self) -> None:
        """Take what fits into a window, in little space."""
        for file, (name, part, size) in README.items():
            page = self._open(name, size, "light", part)
            page.screenshot(path=self._folder / file)
            page.context.close()

    def _open(self, name: str, size: ViewportSize, colors: Colors, part: str = "") -> Page:
        context = self._browser.new_context(
            viewport=size, color_scheme=colors, locale=self._language
        )
        address = f"http://{self._service.address}"
        if PAGES[name].is_for_staff:
            cookie = {"name": "rentomatic", "value": self._service.token, "url": address}
            context.add_cookies([cookie])  # type: ignore[list-item]  # a part of its keys
        page = context.new_page()
        page.goto(f"{address}{PAGES[name].path}{part}")
        page.evaluate(_LOAD_ALL)
        page.wait_for_load_state("networkidle")
        return page


if __name__ == "__main__":
    main()
