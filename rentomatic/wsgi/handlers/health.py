"""Whether the service is well."""

from http import HTTPStatus

from rentomatic.serializers.json import dump_value
from rentomatic.use_cases.readiness import readiness_use_case
from rentomatic.wsgi.failure import answer_failure
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service


def live(_service: Service, _request: Request) -> Answer:
    """Say that the process is up."""
    return Answer(HTTPStatus.OK, dump_value({"status": "live"}), cache="no-store")


def ready(service: Service, request: Request) -> Answer:
    """Say whether the database answers and has every migration that this release ships."""
    response = readiness_use_case(service.repository)
    if not response:
        return answer_failure(response, request)
    body = {"status": "ready", "newer_migrations": response.value.newer}
    return Answer(HTTPStatus.OK, dump_value(body), cache="no-store")
