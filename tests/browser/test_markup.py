"""Every kind of page is valid HTML, and its style valid CSS."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from testbed.pages import PAGES

from rentomatic.resources import PACKAGE
from rentomatic.wsgi.pages.languages import LANGUAGES
from tests.browser.service import Service
from tests.browser.tools import CHECKER, why_no_checker

pytestmark = pytest.mark.skipif(bool(why_no_checker()), reason=why_no_checker())


FOREIGN = {"leaflet"}
# Properties of SVG 2, which the checker does not know in a style.
UNKNOWN = re.compile("Property “(paint-order|r|vector-effect)” doesn't exist")


def messages(*arguments: str | Path) -> list[str]:
    """Return what the Nu Html Checker says about files, or about all pages in a folder."""
    command = [*CHECKER, "--stdout", "--exit-zero-always", "--format", "json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    return [
        f"{Path(each['url']).name}:{each.get('lastLine')}: {each['type']}: {each['message']}"
        for each in found
    ]


def test_the_checker_finds_no_error(service: Service, tmp_path: Path) -> None:
    """Nor a warning, in each language."""
    for name, kind in PAGES.items():
        for language in LANGUAGES:
            page = service.read(kind, lang=language)
            (tmp_path / f"{name}.{language}.html").write_text(page, encoding="utf-8")
    assert messages(tmp_path) == []


@pytest.mark.parametrize(("option", "suffix"), [("--css", "css"), ("--svg", "svg")])
def test_the_checker_finds_no_error_in_what_pages_load(option: str, suffix: str) -> None:
    """Styles and pictures of our own."""
    files = (PACKAGE / "wsgi" / "assets").glob(f"*.{suffix}")
    found = messages(option, *(each for each in files if each.stem not in FOREIGN))
    assert [each for each in found if not UNKNOWN.search(each)] == []


def test_the_checker_is_not_blind(tmp_path: Path) -> None:
    """It finds what is wrong with a page, and with a style."""
    (tmp_path / "wrong.html").write_text("<!doctype html><title>x</title><p><main></p>")
    (tmp_path / "wrong.css").write_text("p { colour: red }")
    assert any("error" in each for each in messages(tmp_path / "wrong.html"))
    assert any("error" in each for each in messages("--css", tmp_path / "wrong.css"))


def test_what_pages_load_is_there(service: Service) -> None:
    """Every style, script and picture of our own."""
    for kind in PAGES.values():
        page = service.read(kind)
        for path in re.findall(r'(?:href|src)="(/assets/[^"]+)"', page):
            assert service.get(path).status == 200
