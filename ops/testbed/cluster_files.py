"""The files of ops/cluster, filled for servers on this machine, and the programs that read them."""

import os
import random
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

FILES = Path(__file__).resolve().parents[1] / "cluster"
NAMES = ("db1", "db2", "db3")
# Their Debian packages, by their names.
_PROGRAMS = {
    "etcd": "etcd-server",
    "etcdctl": "etcd-client",
    "haproxy": "haproxy",
    "patroni": "patroni",
}
# Earlier ones let a primary that was frozen take back its lock from the one that replaced it.
_OLDEST_PATRONI = 4
# Debian's haproxy is not in the PATH of ordinary users.
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
# pytest-randomly seeds `random` the same for each test.
_CHANCE = random.SystemRandom()


def program(name: str) -> str:
    """Return the path of etcd, haproxy or patroni, or an empty string.

    The variable PATRONI names another Patroni than the one in the PATH.
    """
    named = os.environ.get("PATRONI") if name == "patroni" else ""
    return shutil.which(named or name, path=PATH) or ""


def postgres() -> Path | None:
    """Return the newest server that Debian has installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max(found, key=lambda path: int(path.parts[-3]), default=None)


def missing_packages() -> list[str]:
    """Return the Debian packages that a cluster needs and that are not installed."""
    missing = [package for name, package in _PROGRAMS.items() if not program(name)]
    if (found := program("patroni")) and int(_version(found).split(".")[0]) < _OLDEST_PATRONI:
        missing += [f"patroni {_OLDEST_PATRONI}.0 or later (PATRONI names one)"]
    return missing if postgres() else [*missing, "postgresql"]


def summary() -> str:
    """Return the versions of the programs, and the packages that are missing."""
    found = {name: program(name) for name in _PROGRAMS} | {"PostgreSQL": str(postgres() or "")}
    parts = [f"{name} {_version(path)}" for name, path in found.items() if path]
    parts += [f"no {package} (what needs it is skipped)" for package in missing_packages()]
    return ", ".join(parts)


def tracking_pgbouncer() -> str:
    """Return the path of a PgBouncer that tracks prepared statements, or an empty string."""
    return os.environ.get("TRACKING_PGBOUNCER", "")


def _version(path: str) -> str:
    option = {"haproxy": "-v", "etcdctl": "version"}.get(Path(path).name, "--version")
    said = subprocess.run([path, option], capture_output=True, text=True, check=True).stdout
    return next(word for word in said.split() if word[0].isdigit())


def fill(file: str, settings: Mapping[str, str]) -> str:
    """Return a file with settings in it, as `envsubst` writes it."""
    return Template((FILES / file).read_text(encoding="utf-8")).substitute(settings)


def role_settings() -> list[str]:
    """Return the statements of the runbook that give the role what PgBouncer drops."""
    text = (FILES.parent / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^alter role rentomatic in database rentomatic .*;$", text, re.MULTILINE)
    assert found
    return found


def variables(text: str) -> dict[str, str]:
    """Read lines NAME=VALUE."""
    lines = text.splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def local_settings() -> dict[str, str]:
    """Return the settings of cluster.env, with unused loopback addresses and new passwords."""
    settings = variables((FILES / "cluster.env").read_text(encoding="utf-8"))
    network = f"127.{_CHANCE.randint(1, 254)}.{_CHANCE.randint(1, 254)}"
    changed = {f"DB{number}": f"{network}.{number}" for number in range(1, len(NAMES) + 1)}
    # Connections between two of these addresses come from 127.0.0.1.
    changed |= {"NETWORK": "127.0.0.0/8", "LOCAL": f"{network}.9"}
    # A watchdog would reset this machine when an experiment freezes Patroni.
    changed |= {"WATCHDOG": "off"}
    if found := postgres():
        changed |= {"PROGRAMS": str(found.parent)}
    changed |= {name: secrets.token_hex(20) for name in settings if name.endswith("_PASSWORD")}
    assert changed.keys() <= settings.keys()
    return settings | changed
