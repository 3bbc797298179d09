"""Packages of npm that tests need, installed once beside Python's packages."""

import fcntl
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_HOME = Path(sys.prefix) / "npm"


def packages_of(folder: Path) -> Path:
    """Return where the packages are that the package.json in a folder names."""
    return _HOME / folder.name / "node_modules"


@cache
def why_missing(folder: Path) -> str:
    """Install these packages; return why that is impossible, an empty string if they are there."""
    if missing := [name for name in ("node", "npm") if not shutil.which(name)]:
        return f"{' and '.join(missing)} not installed"
    place = packages_of(folder).parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        # Several processes may want them at the same time.
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _install(folder / "package.json", place)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"


def _install(wanted: Path, place: Path) -> str:
    stamp = place / "installed.json"
    if stamp.exists() and stamp.read_text() == wanted.read_text():
        return ""
    shutil.copy(wanted, place)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"npm cannot install what it needs: {(done.stderr.splitlines() or ['?'])[0]}"
    shutil.copy(wanted, stamp)
    return ""
