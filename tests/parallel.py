"""How `ops/test` divides the tests among workers; without `-n`, nothing of this is used."""

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

# One worker runs all tests of a group, one after the other: what they share is slow to start, or is
# changed by them. All other tests run on any worker, which has servers of its own.
GROUPS = (
    "tests/ops/systemd/",
    "tests/ops/nginx/",
    "tests/browser/",
    "tests/replicas/",
    "tests/process/test_checkout.py",
    "tests/process/test_hosts.py",
    "tests/repository/test_hosts.py",
)
# They wait more than they compute, and some take long, so they start before the others.
FIRST = ("tests/ops/", "tests/process/", "tests/replicas/")
# Tests wait for servers and processes most of the time.
WORKERS_PER_CORE = 2
MOST_WORKERS = 16
# After Ctrl-C or `-x` workers are killed after 10 s by default, which leaves their servers running.
NodeManager.EXIT_TIMEOUT = 120


class Groups(LoadScopeScheduling):
    """Gives the groups to workers first, and then test by test."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in GROUPS if nodeid.startswith(group)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups | None:
    """Divide by these groups, unless the command line says how."""
    return Groups(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many workers `-n auto` means, unless pytest-xdist's variable says it."""
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    return min(WORKERS_PER_CORE * len(os.sched_getaffinity(0)), MOST_WORKERS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker, put long tests first, so that at the end no worker is left with one."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
