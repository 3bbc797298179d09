"""Health checks and metrics."""

from contextlib import suppress
from http import HTTPStatus

from rentomatic.formats.json import dump_value
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.results import USED
from rentomatic.use_cases.readiness import readiness_use_case
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import TEXT, Answer
from rentomatic.wsgi.service import Service

# https://prometheus.io/docs/instrumenting/exposition_formats/
FORMAT = "version=0.0.4; charset=utf-8"

NO_METRICS = HttpFailure(
    HTTPStatus.NOT_FOUND, "There is nothing at '/metrics' while RENTOMATIC_METRICS is off"
)


def live(_service: Service, _request: Request) -> Answer:
    """Say that the process is up."""
    return Answer(HTTPStatus.OK, dump_value({"status": "live"}), cache="no-store")


def ready(service: Service, _request: Request) -> Outcome:
    """Say whether the database answers and has every migration that this release ships."""
    response = readiness_use_case(service.stores.repository)
    if not response:
        return response
    body: dict[str, object] = {"status": "ready", "newer_migrations": response.value.newer}
    if replicas := service.stores.replicas():
        # Without addresses, which clients must not learn.
        body["pools"] = {"primary": USED, "replicas": [each.state for each in replicas]}
    return Answer(HTTPStatus.OK, dump_value(body), cache="no-store")


def metrics(service: Service, _request: Request) -> Outcome:
    """Return the metrics for Prometheus."""
    if service.metrics is None:
        return NO_METRICS
    schema = backlog = None
    searches = service.stores.searches
    with suppress(RepositoryUnavailableError):
        schema = service.stores.repository.schema()
        backlog = searches.backlog() if searches and not schema.missing else None
    replicas = service.stores.replicas()
    body = service.metrics.render(service.release, schema, backlog, replicas)
    return Answer(HTTPStatus.OK, body, f"{TEXT}; {FORMAT}", cache="no-store")
