"""The servers of ops/benchmarks/peers, in an environment of their own."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import Server, serving

from rentomatic.embedded.cluster import ROLE, Cluster

FOLDER = Path(__file__).parent / "peers"
# As many connections to the database in each process as the pool of fastapi_rooms.py has.
THREADS = 4

_UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools")
_GUNICORN = (
    *("-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS)),
    *("--keep-alive", "75", "--log-level", "warning", "--no-control-socket"),
)

PEERS = {
    "FastAPI, asyncpg, without a log": (*_UVICORN, "--no-access-log", "fastapi_rooms:app"),
    "FastAPI, asyncpg": (*_UVICORN, "fastapi_rooms:app"),
    "Flask, SQLAlchemy, without a log": (*_GUNICORN, "flask_rooms:app"),
    "Django REST Framework, without a log": (*_GUNICORN, "django_rooms:app"),
}


def peers_python(root: Path) -> Path:
    """Make the environment of the peers if their requirements have changed; return its Python."""
    folder = root / ".venv" / "peers"
    wanted = FOLDER / "requirements.txt"
    installed = folder / "installed.txt"
    python = folder / "bin" / "python"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        print(f"installing the peers into {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        # Isolated, so that pip does not look at the packages on our own path.
        pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--requirement", str(wanted)], check=True)
        installed.write_bytes(wanted.read_bytes())
    return python


@contextmanager
def peer(
    name: str, python: Path, processes: int, cluster: Cluster, database: str
) -> Iterator[Server]:
    """Run one of PEERS on a database of a cluster."""
    variables = {
        "PGHOST": str(cluster.sockets),
        "PGUSER": ROLE,
        "PGDATABASE": database,
        "PYTHONPATH": str(FOLDER),
    }

    def arguments(address: str) -> list[str]:
        host, port = address.split(":")
        is_uvicorn = "uvicorn" in PEERS[name]
        place = ["--host", host, "--port", port] if is_uvicorn else ["--bind", address]
        return [*PEERS[name], *place, "--workers", str(processes)]

    with serving(arguments, variables, python) as server:
        yield server
