"""Failures become answers: each kind has one status, one type, one exit code."""

import json
from http import HTTPStatus

import pytest

from rentomatic.cli.outcome import EXIT_CODES, INTERRUPTED
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.responses import CHANGES_GONE, UNAVAILABLE, ResponseFailure, ResponseTypes
from rentomatic.wsgi.authorization import MISSING
from rentomatic.wsgi.failure import ERROR_TYPES, STATUSES, Failure, render_failure
from rentomatic.wsgi.request import read_request

PROBLEM = "application/problem+json"


def test_each_kind_of_response_has_a_status_and_an_exit_code() -> None:
    """Both tables are complete, and no two kinds share a status or an exit code."""
    assert set(STATUSES) == set(EXIT_CODES) - {INTERRUPTED} == set(ResponseTypes)
    assert len(set(STATUSES.values())) == len(ResponseTypes)
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)


@pytest.mark.parametrize("kind", [each for each in ResponseTypes if each != "Success"])
def test_http_says_what_the_value_of_a_response_says(kind: ResponseTypes) -> None:
    """The type in the answer is the one that the book's chapters show."""
    failure = ResponseFailure(kind, "message")
    body = render_failure(failure, read_request({"REQUEST_METHOD": "GET"})).body
    assert json.loads(body)["type"] == failure.value["type"] == ERROR_TYPES[STATUSES[kind]]


@pytest.mark.parametrize(
    ("failure", "status", "header"),
    [
        (InvalidRequest((ParameterError("limit", "is wrong"),)), HTTPStatus.BAD_REQUEST, None),
        (CHANGES_GONE, HTTPStatus.GONE, None),
        (UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "1")),
        (MISSING, HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", "Bearer")),
    ],
)
@pytest.mark.parametrize("accept", ["", PROBLEM])
def test_every_failure_is_rendered_in_the_form_that_is_accepted(
    failure: Failure, status: HTTPStatus, header: tuple[str, str] | None, accept: str
) -> None:
    """Whatever gave it, with the headers that belong to it."""
    environ = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT": accept}
    answer = render_failure(failure, read_request(environ))
    body = json.loads(answer.body)
    assert answer.status == status
    assert answer.headers == ((header,) if header else ())
    assert set(body) >= ({"detail", "instance", "title"} if accept else {"message"})
    assert not failure
