r"""How fast rooms are written over HTTP, compared with PostgreSQL alone.

Single rooms: wrk on 16 connections, and pgbench with the same statement and transaction (8 clients,
prepared). Batches: one client, and a bare `\copy` of the same rooms. All tables have all indexes,
constraints and triggers, and each write is on disk before it is acknowledged. What matters are the
ratios, as the machine may be noisy.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench_import import copy_command, prepare, write_files
from rooms import fill, rows
from servers import Database, Server, gunicorn, table, temporary_cluster
from wrk import wrk

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.formats.table import FORMATS
from rentomatic.repository.connections import Connections
from rentomatic.tokens import new_token, token_line

TOKEN = new_token()
SETTINGS = {"RENTOMATIC_TOKENS": token_line("bench", TOKEN)}
PATCHED = 1_000

_BEGIN = "begin;\nselect set_config('rentomatic.actor', 'bench', true);\n"
PGBENCH = {
    "add": f"""{_BEGIN}\\set price random(1, 1000)
insert into room (code, size, price, longitude, latitude)
values (gen_random_uuid(), 20, :price, 13.4, 52.5) on conflict (code) do nothing returning code;
commit;""",
    "change": f"""{_BEGIN}\\set price random(1, 1000)
\\set place random(1, {PATCHED})
update room set price = :price where id = :place returning code;
commit;""",
}

_LUA = f"""
wrk.headers["Authorization"] = "Bearer {TOKEN}"
math.randomseed(os.time())
local room = '{{"size":20,"price":%d,"longitude":13.4,"latitude":52.5}}'
"""
_ADD = """
request = function()
  wrk.headers["Content-Type"] = "application/json"
  KEY
  return wrk.format("POST", "/rooms", nil, room:format(math.random(1, 1000)))
end
"""
_KEY = 'wrk.headers["Idempotency-Key"] = ("%d-%d"):format(os.time(), math.random(1, 2^31))'
_CHANGE = """
local codes = {CODES}
request = function()
  wrk.headers["Content-Type"] = "application/merge-patch+json"
  local path = "/rooms/" .. codes[math.random(#codes)]
  return wrk.format("PATCH", path, nil, ('{"price":%d}'):format(math.random(1, 1000)))
end
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="ops/bench writes", description=__doc__)
    parser.add_argument("--rooms", type=int, default=1_000_000, help="existing before")
    parser.add_argument("--batch", type=int, default=100_000, help="rooms in a batch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    with temporary_cluster() as cluster:
        database = cluster.database_named("rooms")
        fill(database, given.rooms)
        print(f"Single rooms, added to {given.rooms:,}:\n")
        print(single(database, cluster, given.rounds, given.seconds))
        print(f"\nBatches of {given.batch:,} rooms, into an empty table:\n")
        print(batches(cluster, given.batch, given.rounds))


def single(database: PostgresDatabase, cluster: Cluster, rounds: int, seconds: int) -> str:
    """Measure adding and changing single rooms; return a table."""
    codes = ",".join(f'"{code}"' for code, *_ in rows(PATCHED))
    scripts = {
        "POST": ("add", _LUA + _ADD.replace("KEY", "")),
        "POST with a key": ("add", _LUA + _ADD.replace("KEY", _KEY)),
        "PATCH": ("change", _LUA + _CHANGE.replace("CODES", codes)),
    }
    limits: dict[str, list[float]] = {name: [] for name in PGBENCH}
    loads: dict[str, list[list[float]]] = {name: [] for name in scripts}
    with (
        gunicorn(database, variables=SETTINGS) as server,
        closing(Connections(database.url)) as connections,
    ):
        alone = Database(database, cluster, connections)
        for _ in range(rounds):
            for name, script in PGBENCH.items():
                limits[name].append(alone.pgbench_script(script, seconds))
            for name, (_, script) in scripts.items():
                load = wrk(server.url, seconds, script=script)
                loads[name].append([load.rate, load.median, load.p99])
    shown = []
    for name, (limit, _) in scripts.items():
        rates, medians, slowest = zip(*loads[name], strict=True)
        ratios = [rate / most for rate, most in zip(rates, limits[limit], strict=True)]
        shown.append(
            [
                name,
                f"{statistics.median(limits[limit]):,.0f}",
                f"{statistics.median(rates):,.0f}",
                f"{statistics.median(medians):.1f}",
                f"{statistics.median(slowest):.1f}",
                f"{statistics.median(ratios):.2f}",
            ]
        )
    return table(("write", "pgbench/s", "requests/s", "p50 ms", "p99 ms", "ratio"), shown)


def batches(cluster: Cluster, size: int, rounds: int) -> str:
    """Measure batches in each format and the worker's peak memory; return a table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        files = write_files(folder, size)
        seconds: dict[str, list[float]] = {way: [] for way in ("copy", *files)}
        peaks: dict[str, float] = {}
        for number in range(rounds):
            for way, times in seconds.items():
                database = cluster.database_named(f"{way}_{number}")
                prepare(database)
                if way == "copy":
                    times.append(_copy(cluster, database, files["csv"]))
                    continue
                variables = {**SETTINGS, "WEB_CONCURRENCY": "1"}
                with gunicorn(database, variables=variables) as server:
                    times.append(_post(server, FORMATS[way].media_type, files[way]))
                    peaks[way] = server.peak_megabytes()
    shown = [
        [
            way,
            f"{size / statistics.median(times):,.0f}",
            f"{statistics.median(c / t for c, t in zip(seconds['copy'], times, strict=True)):.2f}",
            f"{peaks[way]:.0f} MB" if way in peaks else "",
        ]
        for way, times in seconds.items()
    ]
    return table(("batch", "rooms/s", "ratio to \\copy", "peak of the worker"), shown)


def _copy(cluster: Cluster, database: PostgresDatabase, file: Path) -> float:
    """Return the seconds that psql takes."""
    start = time.perf_counter()
    subprocess.run(copy_command(cluster, database, file), check=True)
    return time.perf_counter() - start


def _post(server: Server, media_type: str, file: Path) -> float:
    """Return the seconds that the service takes."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=600)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": media_type}
    start = time.perf_counter()
    with file.open("rb") as body:
        connection.request("POST", "/rooms", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    taken = time.perf_counter() - start
    connection.close()
    if answer.status != HTTPStatus.OK:
        sys.exit(text)
    return taken


if __name__ == "__main__":
    main()
