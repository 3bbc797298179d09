"""`rentomatic check` of replicas: whether they can answer searches, and what would cancel some."""

from collections.abc import Iterator
from contextlib import closing

from rentomatic.cli.finding import PROBES, Finding
from rentomatic.config import Settings
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.inspection import Inspection, inspect_server
from rentomatic.repository.replica import Replica
from rentomatic.repository.replicas import Replicas
from rentomatic.repository.results import PRIMARY, USED, ReplicaState


def check_replicas(
    settings: Settings, primary: Connections, server: Inspection | None
) -> Iterator[Finding]:
    """Check each replica of a server; of None if that is away."""
    with closing(Replicas(primary, settings.read_url or "", settings.max_lag)) as replicas:
        states = [each.state() for each in replicas]
        has_standby = any(each.state == USED for each in states)
        for replica, state in zip(replicas, states, strict=True):
            name = f"replica {replica.number}"
            problem = state.problem
            if state.state == PRIMARY and has_standby:
                yield Finding(name, f"{replica.address}: {problem}; the other ones are used")
            elif problem:
                yield Finding(name, f"{replica.address}: {problem}", is_good=False)
            else:
                yield _check(name, replica, state, server, settings)


def _check(
    name: str, replica: Replica, state: ReplicaState, primary: Inspection | None, settings: Settings
) -> Finding:
    """Check a standby that can be used."""
    try:
        found = inspect_server(replica)
    except RepositoryUnavailableError as reason:
        return Finding(name, f"{replica.address}: {reason}", is_good=False)
    if primary and found.identity != primary.identity:
        other = "it is a standby of another server, or another database, than DATABASE_URL names"
        return Finding(name, f"{replica.address}: {other}", is_good=False)
    wanted = settings.machines * settings.workers * (settings.threads + PROBES)
    text = f"PostgreSQL {found.version}, {state.age or 0:.1f} s behind at most"
    text += f", up to {wanted} of {found.connections} connections"
    if wanted > found.connections:
        hint = "lower WEB_CONCURRENCY or RENTOMATIC_THREADS"
        return Finding(name, f"{replica.address}: {text}; {hint}", is_good=False)
    return Finding(name, f"{replica.address}: {text}{_conflicts(found)}")


def _conflicts(found: Inspection) -> str:
    """Say what would cancel searches; the primary answers those."""
    if found.feedback:
        return ""
    return (
        f"; hot_standby_feedback is off, so VACUUM on the primary cancels searches after "
        f"{found.patience} (max_standby_streaming_delay)"
    )
