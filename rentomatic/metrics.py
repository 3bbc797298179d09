"""Metrics for Prometheus, correct across several worker processes.

If PROMETHEUS_MULTIPROC_DIR was set before prometheus_client was imported, each process counts in
files in that folder, and any of them can report the sum.
"""

import math
import os
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from rentomatic import __version__
from rentomatic.repository.results import AWAY, TOO_OLD, ReplicaState, Schema
from rentomatic.repository.saved_searches import Backlog
from rentomatic.variables import MULTIPROCESS

NO_ROUTE = "none"

# Seconds; a search takes a few milliseconds, a statement times out after 4 s.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_READ_ATTEMPTS = 20
_PAUSE_SECONDS = 0.01
# Clients invent methods; each would become a series.
_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class Metrics:
    """What the service counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "rentomatic_http_requests",
            "Requests answered, by route, method and status",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "rentomatic_http_request_duration_seconds",
            "Time from a request's head to the last byte of its answer",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        # Finding a series takes longer than counting in it.
        self._series = cache(self._find_series)
        self.count_connections = self._count_of_all(
            "rentomatic_database_connections", "Open connections to the database"
        )
        self.count_unconfirmed = self._count_of_all(
            "rentomatic_unconfirmed_writes",
            "Writes whose COMMIT the database has not answered in time, and may still answer",
        )
        self.count_replica_connections = self._count_of_all(
            "rentomatic_replica_connections", "Open connections to replicas"
        )
        self.count_passed_reads: Callable[[], None] = Counter(
            "rentomatic_replica_reads_passed",
            "Reads for replicas that none of them could answer",
            registry=self._registry,
        ).inc
        self.count_dropped_lines: Callable[[float], None] = Counter(
            "rentomatic_log_lines_dropped",
            "Log lines that were dropped because the log was not read",
            registry=self._registry,
        ).inc

    def _count_of_all(self, name: str, help_: str) -> Callable[[float], None]:
        """Return what adds to the number of something in all running workers, or subtracts."""
        gauge = Gauge(name, help_, registry=self._registry, multiprocess_mode="livesum")
        return gauge.inc

    def count_request(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count an answered request; its route is None if no route has its path."""
        label = route or NO_ROUTE
        requests, durations = self._series(label, method if method in _METHODS else "other", status)
        requests.inc()
        durations.observe(seconds)

    def _find_series(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(route, method, status), self._seconds.labels(route)

    def render(
        self,
        release: str,
        schema: Schema | None,
        backlog: Backlog | None = None,
        replicas: Sequence[ReplicaState] = (),
    ) -> bytes:
        """Return all metrics and the state of the service in Prometheus' text format.

        The schema is None if the database does not answer, and so is the backlog.
        """
        registry = CollectorRegistry(support_collectors_without_names=True)
        registry.register(_State(release, schema, replicas))
        registry.register(_Notifications(backlog or Backlog()))
        counted = b""
        if folder := os.environ.get(MULTIPROCESS):
            _AllWorkers(registry, folder)  # type: ignore[no-untyped-call]
        else:
            counted = generate_latest(self._registry)
        return generate_latest(registry) + counted


class _AllWorkers(MultiProcessCollector):
    """What all workers have counted."""

    def collect(self) -> Iterable[Metric]:
        # The file of a worker that has just started is empty for a moment.
        for _ in range(_READ_ATTEMPTS - 1):
            with suppress(struct.error):
                return self._collect()
            time.sleep(_PAUSE_SECONDS)
        return self._collect()

    def _collect(self) -> Iterable[Metric]:
        metrics: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
        return metrics


class _State(Collector):
    """The state of the service, collected at scrape time."""

    def __init__(
        self, release: str, schema: Schema | None, replicas: Sequence[ReplicaState]
    ) -> None:
        self._release = release
        self._schema = schema
        self._replicas = replicas

    def collect(self) -> Iterator[Metric]:
        schema = self._schema or Schema()
        labels = {"version": __version__, "release": self._release, "schema": schema.latest or ""}
        yield InfoMetricFamily("rentomatic", "The running code, and the last migration", labels)
        for name, help_, value in (
            ("database_up", "Whether the database answers", int(self._schema is not None)),
            ("missing_migrations", "Migrations that the database lacks", len(schema.missing)),
            ("newer_migrations", "Migrations of a newer release", len(schema.newer)),
        ):
            yield GaugeMetricFamily(f"rentomatic_{name}", help_, value)
        if self._replicas:
            yield from self._of_replicas()

    def _of_replicas(self) -> Iterator[Metric]:
        passed = GaugeMetricFamily(
            "rentomatic_replica_passed_over",
            "Whether the replica is away, or its data are too old",
            labels=["replica"],
        )
        lag = GaugeMetricFamily(
            "rentomatic_replica_lag_seconds", "The greatest age of its data", labels=["replica"]
        )
        for each in self._replicas:
            passed.add_metric([str(each.number)], int(each.state in {AWAY, TOO_OLD}))
            if each.age is not None:
                lag.add_metric([str(each.number)], each.age)
        yield passed
        yield lag


class _Notifications(Collector):
    """The state of the notifications, which `rentomatic notify` keeps in the database."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        backlog = self._backlog
        deliveries = CounterMetricFamily(
            "rentomatic_webhook_deliveries", "Attempts to deliver a message", labels=["outcome"]
        )
        for outcome, count in backlog.outcomes.items():
            deliveries.add_metric([outcome], count)
        yield deliveries
        searches = GaugeMetricFamily(
            "rentomatic_saved_searches", "Saved searches", labels=["state"]
        )
        for state in ("enabled", "disabled"):
            searches.add_metric([state], getattr(backlog, state))
        yield searches
        for name, help_, value in (
            ("webhook_messages", "Messages to webhooks that wait", backlog.waiting),
            ("webhook_queue_age_seconds", "How long the oldest is overdue", backlog.age),
            ("notify_idle_seconds", "Since `rentomatic notify` ran", backlog.idle),
        ):
            yield GaugeMetricFamily(
                f"rentomatic_{name}", help_, math.inf if value is None else value
            )


@cache
def metrics() -> Metrics:
    """Return the metrics of this process."""
    return Metrics()
