"""Kills of `rentomatic notify` between sending and remembering: nothing is lost."""

import tempfile
from pathlib import Path

from report import Report
from testbed.notifiers import kill_while_sending

from rentomatic.embedded.cluster import embedded_cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations

# Starting a process takes longer than a kill and a takeover.
PROCESSES = 6


def kill_notifiers(report: Report, times: int) -> None:
    """Kill the sending process while messages arrive, on a database of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Readable by all: the server may run as another account.
        folder.chmod(0o755)
        with embedded_cluster(folder / "data") as cluster:
            create_database(cluster.database)
            apply_migrations(cluster.database.url)
            found = kill_while_sending(cluster.database, folder, times, PROCESSES)
    seen = f"{len(found.written):,} changes for {len(found.arrived)} searches, lost {found.lost}, "
    seen += f"out of order {found.disordered}; {found.messages:,} messages, "
    seen += f"{found.repeats:,} repeated, {found.altered} of them altered"
    report.add(f"{times} times kill -9 while sending", seen, is_good=found.is_good)
