"""Errors as problem details (RFC 9457), where they are asked for."""

import pytest
from webtest import TestApp

PROBLEM = {"Accept": "application/problem+json"}


def test_problem_details_are_given_where_they_are_asked_for(client: TestApp) -> None:
    """RFC 9457, with each wrong parameter under the name by which it was sent."""
    headers = PROBLEM | {"X-Request-Id": "r-1"}
    response = client.get("/rooms?filter_prise__lq=60&limit=0", headers=headers, status=400)
    assert response.content_type == "application/problem+json"
    assert response.json == {
        "type": "ParametersError",
        "title": "Bad Request",
        "status": 400,
        "detail": "filters: Key prise__lq cannot be used; did you mean price__lt?\n"
        "limit: must be an integer from 1 to 1000, or none, not '0'",
        "instance": "/rooms#r-1",
        "errors": [
            {
                "parameter": "filter_prise__lq",
                "message": "Key prise__lq cannot be used",
                "suggestion": "filter_price__lt",
            },
            {
                "parameter": "limit",
                "message": "must be an integer from 1 to 1000, or none, not '0'",
                "suggestion": None,
            },
        ],
    }


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "text/html"),
        ("text/html, application/json;q=0.5", "text/html"),
        ("text/html, application/json", "application/json"),
        ("text/html, application/problem+json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("APPLICATION/PROBLEM+JSON", "application/problem+json"),
        ("application/json, application/problem+json", "application/problem+json"),
        ("application/json, application/problem+json;q=0.5", "application/json"),
        ("application/problem+json;q=0", "application/json"),
        ("application/problem+json;q=0.1, */*", "application/problem+json"),
        ("application/problem+json;q=abc;;,,", "application/problem+json"),
    ],
)
def test_accept_chooses_the_form_of_an_error(client: TestApp, accept: str, media_type: str) -> None:
    """And never its status."""
    response = client.get("/nothing", headers={"Accept": accept}, status=404)
    assert response.content_type == media_type


def test_the_instance_of_a_problem_names_no_host(client: TestApp) -> None:
    """Two slashes at its beginning would."""
    response = client.get("//evil.example/x", headers=PROBLEM | {"X-Request-Id": "r"}, status=404)
    assert response.json["instance"] == "/evil.example/x#r"
