"""What Prometheus reads; process/test_observation checks the counts over several workers."""

import os
import re
from pathlib import Path
from threading import Timer

import pytest
from webtest import TestApp

from rentomatic.metrics import Metrics
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.migrations import shipped_migrations
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.requests.saved_search import SavedSearchRequest
from rentomatic.variables import MULTIPROCESS
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores


def test_there_are_none_unless_they_are_turned_on() -> None:
    """A deploy publishes nothing by default; the answer names the setting."""
    answer = TestApp(Application(Stores(MemRepo()))).get("/metrics", status=404)
    assert "RENTOMATIC_METRICS" in answer.json["message"]


@pytest.fixture
def metrics() -> Metrics:
    """Counts of the test's own."""
    return Metrics()


def test_requests_are_counted_by_route_method_and_status(metrics: Metrics) -> None:
    """Nothing that a client can make up creates a series."""
    for method, route in (("GET", "/rooms"), ("GET", "/rooms"), ("BREW", None), ("TEA", None)):
        metrics.count_request(route, method, 200 if route else 404, 0.004)
    text = TestApp(Application(Stores(MemRepo()), metrics=metrics)).get("/metrics").text
    counted = 'rentomatic_http_requests_total{method="%s",route="%s",status="%s"} 2.0\n'
    assert counted % ("GET", "/rooms", "200") in text
    assert counted % ("other", "none", "404") in text
    bucket = 'rentomatic_http_request_duration_seconds_bucket{le="%s",route="/rooms"} %s\n'
    assert bucket % ("0.0025", "0.0") in text
    assert bucket % ("0.005", "2.0") in text


def test_the_database_and_its_schema_are_reported(
    metrics: Metrics, postgres_embedded: PostgresRepo
) -> None:
    """As they are at the time of the request."""
    answer = TestApp(Application(Stores(postgres_embedded), metrics=metrics)).get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "rentomatic_database_up 1.0\n" in answer.text
    assert "rentomatic_missing_migrations 0.0\n" in answer.text
    assert f'schema="{shipped_migrations()[-1]}"' in answer.text


def test_saved_searches_and_their_messages_are_reported(
    metrics: Metrics, postgres_embedded: PostgresRepo, embedded_connections: Connections
) -> None:
    """Where there are none, and for each search and each outcome of `rentomatic notify`."""
    searches = PostgresSearches(embedded_connections)
    service = TestApp(Application(Stores(postgres_embedded, searches=searches), metrics=metrics))
    assert "rentomatic_notify_idle_seconds +Inf\n" in service.get("/metrics").text
    request = SavedSearchRequest("a", "", "https://a.example")
    searches.test(searches.add(request, "office", "sealed").id, None)
    with embedded_connections.transaction() as connection:
        connection.execute("insert into notification_outcome values ('refused', 3)")
    text = service.get("/metrics").text
    for line in (
        'rentomatic_saved_searches{state="enabled"} 1.0',
        'rentomatic_saved_searches{state="disabled"} 0.0',
        "rentomatic_webhook_messages 1.0",
        'rentomatic_webhook_deliveries_total{outcome="refused"} 3.0',
    ):
        assert f"{line}\n" in text
    assert re.search(r"^rentomatic_webhook_queue_age_seconds \d", text, re.MULTILINE)


def test_a_worker_that_is_just_starting_is_waited_for(
    metrics: Metrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file of counts is empty for a moment."""
    monkeypatch.setenv(MULTIPROCESS, str(tmp_path))
    counts = tmp_path / "counter_1.db"
    counts.touch()
    filling = Timer(0.05, os.truncate, (counts, 65_536))
    filling.start()
    assert b"rentomatic_database_up 0.0\n" in metrics.render("release", None)
    filling.join()
