"""What the tests of pages need besides Python's packages, and whether this machine has it."""

import json
import re
import shutil
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

from testbed.chromium import CHROMIUM

from tests import npm

_CHECKER = Path(__file__).with_name("checker")
CHECKER = ["java", "-jar", str(npm.packages_of(_CHECKER) / "vnu-jar/build/dist/vnu.jar")]


def browser() -> str:
    """Return the versions of the browser and of what drives it, or what is skipped without it."""
    if not CHROMIUM:
        return "not installed (chromium; tests/browser skipped)"
    return f"{_said(CHROMIUM, '--version')}, Playwright {version('playwright')}"


@cache
def why_no_checker() -> str:
    """Return why the Nu Html Checker cannot run; an empty string if it can."""
    return npm.why_missing(_CHECKER) if shutil.which("java") else "java not installed"


def checker() -> str:
    """Return the versions of the Nu Html Checker and Java, or what is skipped without them."""
    if reason := why_no_checker():
        return f"not tried ({reason}; tests/browser/test_markup.py skipped)"
    wanted = json.loads((_CHECKER / "package.json").read_text())["devDependencies"]
    return f"{wanted['vnu-jar']}, Java {_said('java', '-version')}"


def _said(*command: str) -> str:
    """Return the version that a program reports."""
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else "of an unknown version"
