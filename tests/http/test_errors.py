"""Errors: every bad request gets a clear 4xx that names what was wrong."""

import pytest
from webtest import TestApp

from rentomatic.domain.room import FIELDS

HTTP_1_1 = {"SERVER_PROTOCOL": "HTTP/1.1"}


def reported(client: TestApp, query: str) -> list[str]:
    """Send a bad search and return the lines of its message."""
    response = client.get(f"/rooms?{query}", status=400)
    assert list(response.json) == ["type", "message"]
    assert response.json["type"] == "ParametersError"
    return str(response.json["message"]).splitlines()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "filter_prise__lq=60",
            "filters: Key prise__lq cannot be used; did you mean price__lt?",
        ),
        (
            "filter_price__lt=abc",
            "filters: price__lt must be an integer of at most 18 digits such as 60, not 'abc'",
        ),
        ("filter_price__lt=", "filter_price__lt: has no value"),
        ("filter_price__lt", "filter_price__lt: has no value"),
        ("=5", "'': is not the name of a parameter"),
        ("limit=1&limit=1", "limit: is given more than once"),
        (
            "near=13.4&near=52.5&sort=distance",
            "near: is given more than once; join them with a comma: near=longitude,latitude",
        ),
        (
            "sort=price&sort=-size",
            "sort: is given more than once; join them with a comma: sort=price,-size",
        ),
        (
            "bbox=1&bbox=2&bbox=3&bbox=4",
            "bbox: is given more than once; join them with a comma: bbox=west,south,east,north",
        ),
        (
            "filter_price__in=7&filter_price__in=8",
            (
                "filter_price__in: is given more than once; join them with a comma: "
                "filter_price__in=value,value"
            ),
        ),
        ("limits=5", "limits: Parameter limits cannot be used; did you mean limit?"),
        (
            "price__lt=5",
            "price__lt: Parameter price__lt cannot be used; did you mean filter_price__lt?",
        ),
        ("colour=red", "colour: Parameter colour cannot be used"),
        ("limit=0", "limit: must be an integer from 1 to 1000, or none, not '0'"),
        (
            "filter_price__lt=%zz",
            "filter_price__lt: has a % that is not followed by two hexadecimal digits",
        ),
        ("%=1", "%: has a % that is not followed by two hexadecimal digits"),
        ("filter_price__lt=1%00", "filter_price__lt: contains a NUL"),
        ("li%00mit=1", "'li\\x00mit': contains a NUL"),
        ("filter_price__lt=%ff", "filter_price__lt: is not UTF-8"),
        ("filter_price__lt=%ed%a0%80", "filter_price__lt: is not UTF-8"),
        ("order=price", "order: Parameter order cannot be used"),
        ("filter_=1", f"filters: Key '' cannot be used; fields are {', '.join(FIELDS)}"),
        ("near=&radius=5", "near: has no value"),
        ("near=%ff&radius=5&radius_min=2", "near: is not UTF-8"),
        ("near=&sort=distance", "near: has no value"),
        ("near=%&fields=distance", "near: has a % that is not followed by two hexadecimal digits"),
        ("naer=1,2&radius=5", "naer: Parameter naer cannot be used; did you mean near?"),
        ("lat=1&radius=5", "lat: Parameter lat cannot be used; did you mean near?"),
        ("limit=", "limit: has no value"),
        ("format=", "format: has no value"),
        ("after=&sort=", "after: has no value\nsort: has no value"),
        (
            "min_price=5",
            "min_price: Parameter min_price cannot be used; did you mean filter_price__gte?",
        ),
        (
            "price_max=5",
            "price_max: Parameter price_max cannot be used; did you mean filter_price__lte?",
        ),
        (
            "exclude_price=5",
            "exclude_price: Parameter exclude_price cannot be used; did you mean filter_price__ne?",
        ),
        ("price_avoid=5", "price_avoid: Parameter price_avoid cannot be used"),
        *(
            (f"{name}=x", f"{name}: Parameter {name} cannot be used; did you mean filter_{key}?")
            for name, key in {
                "name": "title__eq",
                "Town": "city__eq",
                "town__ne": "city__ne",
                "municipality__null": "city__null",
                "available": "available_from__eq",
                "link": "url__eq",
                "id": "code__eq",
            }.items()
        ),
        ("radius_max=5", "radius_max: Parameter radius_max cannot be used; did you mean radius?"),
        ("cursor=5", "cursor: Parameter cursor cannot be used; did you mean after?"),
        ("a%0Ab=5", "'a\\nb': Parameter 'a\\nb' cannot be used"),
        ("%E2%80%AEx=5", "'\\u202ex': Parameter '\\u202ex' cannot be used"),
    ],
)
def test_a_bad_parameter_is_reported_by_its_name(client: TestApp, query: str, message: str) -> None:
    """One cause is one line, which says what is wrong with it."""
    assert reported(client, query) == message.split("\n")


def test_what_is_wrong_besides_a_misspelt_parameter_is_reported_too(client: TestApp) -> None:
    """Also of the parameter that was probably meant, where that is given."""
    assert reported(client, "limits=5&limit=0") == [
        "limits: Parameter limits cannot be used; did you mean limit?",
        "limit: must be an integer from 1 to 1000, or none, not '0'",
    ]


def test_a_parameter_is_reported_once_for_each_thing_that_is_wrong(client: TestApp) -> None:
    """However often it is given."""
    assert reported(client, "limit=%&limit=5&limit=6&limit=7") == [
        "limit: has a % that is not followed by two hexadecimal digits",
        "limit: is given more than once",
    ]


def test_names_are_distinguished_however_long_they_are(client: TestApp) -> None:
    """And cut to the length of a line."""
    first, other = reported(client, f"{'x' * 70}1=a&{'x' * 70}2=b")
    assert first == other == "{0}: Parameter {0} cannot be used".format(f"'{'x' * 39}…'")


@pytest.mark.parametrize(
    "value",
    [
        *(
            "NaN",
            "inf",
            "1e999",
            "1_000",
            "+5",
            " 5",
            "5 ",
            "5\n",
            "१२",
            "9" * 5000,
            "0x1f",
            "true",
        ),
        *("' OR 1=1--", "1;drop table room", "../../etc/passwd", "<script>alert(1)</script>"),
        *(
            "%s",
            "{0}",
            "$(id)",
            "\r\nSet-Cookie: a=b",
            "\N{RIGHT-TO-LEFT OVERRIDE}",
            "\N{PILE OF POO}",
        ),
    ],
)
@pytest.mark.parametrize("field", ["code", "size", "latitude"])
def test_hostile_values_are_reported_and_do_nothing(
    client: TestApp, field: str, value: str
) -> None:
    """They are values of the wrong form, and are cut to the length of a line."""
    for operator in ("eq", "in"):
        response = client.get("/rooms", {f"filter_{field}__{operator}": value}, status=400)
        assert response.json["message"].startswith(f"filters: {field}__{operator} must be ")
        assert len(response.json["message"]) < 250
    assert len(client.get("/rooms").json) == 4


def test_bytes_that_are_not_text_are_reported(client: TestApp) -> None:
    """A server passes bytes on in the guise of Latin-1, escaped or not."""
    environ = {"QUERY_STRING": "filter_price__lt=\xff"}
    response = client.request("/rooms", environ=environ, status=400)
    assert response.json["message"] == "filter_price__lt: is not UTF-8"


def test_all_errors_are_reported_at_once(client: TestApp) -> None:
    """Of the query string, of unknown names, of filters and of the limit."""
    lines = reported(client, "a=%&a=1&b=2&filter_x__y=1&filter_size__gt=x&limit=-1")
    assert [line.split(":")[0] for line in lines] == ["a", "a", "b", "filters", "filters", "limit"]


def test_a_thousand_parameters_are_answered(client: TestApp) -> None:
    """With a line each, and quickly."""
    assert len(reported(client, "&".join(f"p{n}=1" for n in range(1000)))) == 1000


def test_a_room_takes_no_parameters(client: TestApp) -> None:
    """One that would be ignored is an error."""
    path = "/rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a?filter_price__lt=1"
    message = client.get(path, status=400).json["message"]
    assert message == "filter_price__lt: Parameter filter_price__lt cannot be used"


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # the lint's, of FOO
@pytest.mark.parametrize(
    ("path", "writes"),
    [
        *(("/", []), ("/health/live", []), ("/health/ready", []), ("/rooms/summary", [])),
        *(("/rooms", ["POST"]), ("/rooms/abc", ["PUT", "PATCH", "DELETE"])),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"])
def test_another_method_is_refused(
    client: TestApp, path: str, writes: list[str], method: str
) -> None:
    """405 with the methods that there are."""
    allowed = ", ".join(["GET", "HEAD", "OPTIONS", *writes])
    response = client.request(path, method=method, status=403 if method in writes else 405)
    if method not in writes:
        assert response.headers["Allow"] == allowed
        assert response.json["type"] == "MethodError"
        assert f"use {allowed}" in response.json["message"]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # the lint's, of FOO
@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/room", "; did you mean /rooms?"),
        ("/rooms/", "; did you mean /rooms?"),
        ("/nothing", ""),
        ("/rooms/a/b", "; did you mean /rooms?"),
        ("/rooms/map/1", "; did you mean /rooms/map?"),
        ("//rooms", "; did you mean /rooms?"),
        ("/%ff", ""),
    ],
)
def test_an_unknown_path_is_a_404(client: TestApp, path: str, hint: str) -> None:
    """Whatever the method; a near miss gets a hint."""
    for method in ("GET", "POST", "OPTIONS", "FOO"):
        response = client.request(path, method=method, status=404)
        assert response.json["type"] == "ResourceError"
        assert response.json["message"].startswith("There is nothing at ")
        assert response.json["message"].endswith(hint or "'")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("localhost", 200), ("localhost:8000", 200), ("192.0.2.1:80", 200), ("[::1]:80", 200)),
        *(("", 400), ("a b", 400), ("a@b", 400), ("[::1", 400), ("a:b", 400), ("a/../b", 400)),
        ("\xff", 400),
    ],
)
def test_a_request_names_its_host(client: TestApp, host: str, status: int) -> None:
    """One that HTTP/1.1 wants and that is none is refused (RFC 9112, section 3.2)."""
    response = client.request("/rooms", headers={"Host": host}, environ=HTTP_1_1, status=status)
    if status == 400:
        assert response.json["message"] == "Host: is missing or not a host name"


def test_an_override_of_the_method_or_path_has_no_effect(client: TestApp) -> None:
    """Only the request line says what is asked for."""
    headers = {
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/health/live",
        "X-Rewrite-URL": "/health/live",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
    }
    response = client.get("/rooms", headers=headers)
    assert response.json == client.get("/rooms").json
    assert "evil" not in str(response.headers)
