"""The bodies of writes: what is read, and what is wrong with others."""

import json

import pytest
from webtest import TestApp

from rentomatic.domain.room import FIELDS, MAX_LATITUDE, MAX_LONGITUDE, MAX_PRICE, MAX_SIZE, Room
from rentomatic.repository.memrepo import MemRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.body import MAX_BODY_BYTES
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.service import Stores
from tests.http.writing import BEARER, CODE, JSON, SENDING, TOKENS, VALUES, WRITES, all_rooms, write


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "body: is not JSON: Expecting value at line 1 column 1"),
        (b"{", "body: is not JSON: "),
        (b"[]", "body: must be an object such as "),
        (
            b"[{}]",
            "body: must be an object such as {...}, not an array; several rooms are sent as ",
        ),
        (b"null", "body: must be an object such as "),
        (b'"x"', "body: must be an object such as "),
        (b"{} {}", "body: is not JSON: Extra data at line 1 column 4"),
        (b"{}x", "body: is not JSON: Extra data"),
        (b'{"size":1,}', "body: is not JSON: "),
        (b"{'size':1}", "body: is not JSON: "),
        (b'{"size":01}', "body: is not JSON: "),
        (b'{"size":+1}', "body: is not JSON: "),
        (b'{"size":1_0}', "body: is not JSON: "),
        (b'{"size":0x1}', "body: is not JSON: "),
        ('{"size":\u0661}'.encode(), "body: is not JSON: "),
        (b'{"size":1/*x*/}', "body: is not JSON: "),
        (b'{"latitude":NaN}', "body: is not JSON, which has no NaN"),
        (b'{"latitude":-Infinity}', "body: is not JSON, which has no -Infinity"),
        (b'{"size":1,"size":2}', "body: has size more than once"),
        (b'{"size":1,"\\u0073ize":2}', "body: has size more than once"),
        (b'{"x":{"a":1,"a":1}}', "body: has a more than once"),
        (json.dumps(VALUES).encode("utf-16"), "body: must be UTF-8"),
        (json.dumps(VALUES).encode("utf-16-le"), "body: is not JSON: "),
        (json.dumps(VALUES).encode("utf-32"), "body: must be UTF-8"),
        (b"\xef\xbb\xbf{}", "body: must be UTF-8 without a byte order mark"),
        (b'{"size":"\xff"}', "body: must be UTF-8"),
        (b'{"size":"\xed\xa0\x80"}', "body: must be UTF-8"),
        (b'{"size":"a\nb"}', "body: is not JSON: "),
        (b"[" * 60_000, "body: is nested too deeply"),
        (b'{"size":' + b"[" * 60_000, "body: is nested too deeply"),
        (b'{"a":' * 12_000, "body: is nested too deeply"),
        (b'{"size":' + b"1" * 5_000 + b"}", "body: has a number with more than 30 digits"),
        (b"size=20&price=60", "body: is not JSON: "),
        (b"<room/>", "body: is not JSON: "),
        (b"\0", "body: is not JSON: "),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", SENDING)
def test_a_body_that_is_not_a_json_object_is_reported(
    writable: TestApp, method: str, body: bytes, expected: str
) -> None:
    """400 in one line, and nothing is changed."""
    before = all_rooms(writable)
    answer = write(writable, method, values=body, status=400)
    assert answer.json["type"] == "ParametersError"
    assert answer.json["message"].startswith(expected)
    assert len(answer.json["message"]) < 200
    assert all_rooms(writable) == before


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        *(
            ("size", value, f"size: must be an integer from 1 to {MAX_SIZE}, not {shown}")
            for value, shown in (
                ("true", "true"),
                ("null", "null"),
                ('"1"', "the text '1'"),
                ("1.5", "1.5"),
                ("1.0", "1.0"),
                ("1e3", "1000.0"),
                ("0", "0"),
                ("-1", "-1"),
                (str(MAX_SIZE + 1), str(MAX_SIZE + 1)),
                ("[1]", "an array"),
                ("{}", "an object"),
                ("[" * 900 + "]" * 900, "an array"),
                ('"\\ud800"', "the text '\\ud800'"),
                (f'"{"x" * 9_000}"', f"the text '{'x' * 39}…'"),
            )
        ),
        ("price", "-1", f"price: must be an integer from 0 to {MAX_PRICE}, not -1"),
        ("price", "1e999", f"price: must be an integer from 0 to {MAX_PRICE}, not Infinity"),
        *(
            ("longitude", value, f"longitude: must be a number from -{MAX_LONGITUDE} to ")
            for value in ("1e999", "-1e999", "180.1", "true", '"1"', "null", "1" * 30)
        ),
        ("latitude", "90.000001", f"latitude: must be a number from -{MAX_LATITUDE} to "),
    ],
)
@pytest.mark.parametrize("method", SENDING)
def test_a_value_of_the_wrong_kind_is_reported(
    writable: TestApp, method: str, field: str, value: str, expected: str
) -> None:
    """400 that names the field, what is right and what was sent, and nothing is changed."""
    before = all_rooms(writable)
    others = {name: each for name, each in VALUES.items() if name != field}
    body = f'{json.dumps(others)[:-1]},"{field}":{value}}}'.encode()
    answer = write(writable, method, values=body, status=400)
    assert answer.json["message"].startswith(expected)
    assert answer.json["message"].count("\n") == 0
    assert all_rooms(writable) == before


@pytest.mark.parametrize("code", ["abc", "", "1", "{}", "f853578c-fc0f-4e65-81b8-566c5dffa35"])
def test_an_invalid_code_is_reported(writable: TestApp, code: str) -> None:
    """Of whatever kind."""
    for given, what in (
        (code, "a UUID such as "),
        (1, "a UUID, not 1"),
        (None, "a UUID, not null"),
    ):
        answer = write(writable, "POST", values={"code": given, **VALUES}, status=400)
        assert answer.json["message"].startswith(f"code: must be {what}")


def test_all_that_is_wrong_is_reported_at_once(writable: TestApp) -> None:
    """Unknown, missing and wrong fields, a line each; problem details name them too."""
    values = {"sise": 1, "size": True, "code": "x", "longitude": 200}
    reported = [
        (f"sise: is not a field of a room; fields are {', '.join(FIELDS)}; did you mean size?"),
        "price: is missing",
        "latitude: is missing",
        "code: must be a UUID such as f853578c-fc0f-4e65-81b8-566c5dffa35a, not 'x'",
        f"size: must be an integer from 1 to {MAX_SIZE}, not true",
        "longitude: must be a number from -180 to 180, not 200",
    ]
    answer = write(writable, "POST", values=values, status=400)
    assert answer.json["message"].splitlines() == reported
    headers = BEARER | {"Accept": "application/problem+json"}
    problem = write(writable, "POST", values=values, headers=headers, status=400).json
    names = [each["parameter"] for each in problem["errors"]]
    assert names == ["sise", "price", "latitude", "code", "size", "longitude"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"size": 1, "prise": 1, "longitude": 1, "latitude": 1},
            (
                f"prise: is not a field of a room; fields are {', '.join(FIELDS)}; "
                "did you mean price?"
            ),
        ),
        (
            {"size": 1, "price": 1, "longitude": 52.5, "latitude": 113.4},
            (
                "latitude: must be a number from -90 to 90, not 113.4; "
                "were longitude and latitude swapped?"
            ),
        ),
        (
            {"size": 1, "price": 1, "longitude": 1, "latitude": 200},
            "latitude: must be a number from -90 to 90, not 200",
        ),
    ],
)
def test_one_cause_is_reported_once(
    writable: TestApp, values: dict[str, object], expected: str
) -> None:
    """With what was probably meant."""
    for method in ("POST", "PUT"):
        assert write(writable, method, values=values, status=400).json["message"] == expected


def test_swapped_coordinates_get_a_hint_in_a_patch(writable: TestApp) -> None:
    """One of them is enough to notice it; what is not a number is not a coordinate."""
    for given, is_swapped in (
        (113, True),
        (-180, True),
        (181, False),
        (None, False),
        ("113", False),
    ):
        answer = write(writable, "PATCH", values={"latitude": given}, status=400)
        assert ("swapped?" in answer.json["message"]) == is_swapped


def test_short_names_of_coordinates_get_a_suggestion(writable: TestApp) -> None:
    """And the fields that were meant are not called missing."""
    values = {"size": 1, "price": 1, "lon": 13.4, "lat": 52.5}
    lines = write(writable, "POST", values=values, status=400).json["message"].splitlines()
    assert [line.rpartition("; ")[2] for line in lines] == [
        "did you mean longitude?",
        "did you mean latitude?",
    ]


def test_a_code_is_not_changed(writable: TestApp) -> None:
    """Not even to itself, as a patch that names it means something else."""
    answer = write(writable, "PATCH", values={"code": CODE}, status=400)
    assert answer.json["message"] == "code: cannot be changed; leave it out"


def test_thousands_of_unknown_fields_are_reported_in_short(writable: TestApp) -> None:
    """Twenty are named, however hostile their names are."""
    values = {f"\u202e<{number}>": 1 for number in range(3_000)}
    answer = write(writable, "PATCH", values=values, status=400)
    lines = answer.json["message"].splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("'\\u202e<0>': is not a field")
    assert lines[-1] == "body: has 2980 more unknown fields"


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"Content-Type": each}
            for each in ("text/plain", "text/json", "application/xml", "json")
        ),
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": 'application/json; charset="latin-1"'},
        {"Content-Type": "application/json, text/plain"},
        {"Content-Type": "application/vnd.api+json"},
        {"Content-Type": "\xe4"},
        *({"Content-Encoding": each} for each in ("gzip", "br", "deflate", "gzip, identity")),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", SENDING)
def test_a_body_of_another_type_is_reported(
    writable: TestApp, method: str, headers: dict[str, str]
) -> None:
    """415 that names the right one, and nothing is changed."""
    before = all_rooms(writable)
    answer = write(writable, method, headers=BEARER | headers, status=415)
    assert answer.json["type"] == "MediaTypeError"
    media_types = [WRITES[method][1], *(BATCH_FORMATS if method == "POST" else ())]
    wanted = " or ".join(media_types)
    assert answer.json["message"].startswith(f"Content-Type: must be {wanted} in UTF-8, ")
    assert all_rooms(writable) == before


def test_a_patch_is_a_merge_patch(writable: TestApp) -> None:
    """And nothing else that is JSON; a room is not a merge patch."""
    write(writable, "PATCH", headers=BEARER | {"Content-Type": JSON}, status=415)
    write(
        writable,
        "PATCH",
        headers=BEARER | {"Content-Type": "application/json-patch+json"},
        status=415,
    )
    write(writable, "PUT", headers=BEARER | {"Content-Type": MERGE_PATCH}, status=415)


@pytest.mark.parametrize(
    "content_type",
    ["Application/JSON", "application/json; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_a_type_has_several_spellings(writable: TestApp, content_type: str) -> None:
    """As libraries do."""
    write(writable, "POST", headers=BEARER | {"Content-Type": content_type}, status=201)


def padded(length: int) -> bytes:
    """Return a room padded to `length` bytes."""
    return json.dumps(VALUES).encode().ljust(length)


@pytest.mark.parametrize("method", SENDING)
def test_a_body_has_its_limit(writable: TestApp, method: str) -> None:
    """413 for a byte more; a body of exactly the limit is accepted."""
    answer = write(writable, method, values=padded(MAX_BODY_BYTES + 1), status=413)
    assert answer.json == {
        "type": "LimitError",
        "message": f"The body is too long; at most {MAX_BODY_BYTES} bytes are accepted",
    }
    assert write(writable, method, values=padded(MAX_BODY_BYTES)).status_int in {200, 201}


def test_a_body_that_ends_early_is_reported(rooms: list[Room]) -> None:
    """Even if what arrived is valid JSON."""
    client = TestApp(Application(Stores(MemRepo(rooms)), tokens=TOKENS), lint=False)
    body = json.dumps(VALUES).encode()
    headers = BEARER | {"Content-Type": JSON, "Content-Length": str(len(body) + 1)}
    answer = client.request("/rooms", method="POST", body=body, headers=headers, status=400)
    assert answer.json["message"] == "body: was cut short"
    assert len(all_rooms(client)) == 4


@pytest.mark.parametrize("method", SENDING)
def test_a_415_says_what_would_be_accepted(writable: TestApp, method: str) -> None:
    """Media types; encodings only where the encoding was the problem (RFC 9110, 15.5.16)."""
    _, media_type, _ = WRITES[method]
    accept = {"POST": ", ".join((JSON, *BATCH_FORMATS)), "PUT": JSON, "PATCH": None}[method]
    patch = None if method == "POST" else MERGE_PATCH
    for sent, encoding in (("text/plain", ""), (media_type, "gzip"), ("a/b", "br")):
        given = {"Content-Type": sent} | ({"Content-Encoding": encoding} if encoding else {})
        headers = write(writable, method, headers=BEARER | given, status=415).headers
        assert (headers.get("Accept"), headers.get("Accept-Patch")) == (accept, patch)
        assert headers.get("Accept-Encoding") == ("identity" if encoding else None)


@pytest.mark.parametrize(
    ("method", "media_type"),
    [("POST", "application/ndjson"), ("POST", "text/plain"), ("PUT", "text/csv"), ("PATCH", JSON)],
)
def test_a_wrong_type_is_reported_before_what_it_is_for(
    writable: TestApp, method: str, media_type: str
) -> None:
    """The error of a batch of another type lists the types, and not `on_error`."""
    path = f"{WRITES[method][0]}?on_error=skip"
    headers = BEARER | {"Content-Type": media_type}
    message = write(writable, method, path, headers=headers, status=415).json["message"]
    assert message.startswith("Content-Type: must be ")
    assert "on_error" not in message
    assert ("application/x-ndjson" in message) == (method == "POST")
