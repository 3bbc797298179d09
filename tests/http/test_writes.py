"""Writes over HTTP: who may, what is taken, and that nothing is overwritten unseen."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from webtest import TestApp, TestResponse

from rentomatic.domain.room import MAX_LATITUDE, MAX_LONGITUDE, MAX_PRICE, MAX_SIZE, Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.tokens import digest_of, new_token
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.body import MAX_BODY_BYTES
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.service import Stores

JSON = "application/json"
TOKEN, OTHER = new_token(), new_token()
TOKENS = {digest_of(TOKEN): "office", digest_of(OTHER): "portal"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
NOBODYS = "00000000-0000-0000-0000-000000000000"
VALUES = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
# What each method is sent to, of what type, with what in it.
WRITES = {
    "POST": ("/rooms", JSON, VALUES),
    "PUT": (f"/rooms/{CODE}", JSON, VALUES),
    "PATCH": (f"/rooms/{CODE}", MERGE_PATCH, {"price": 1}),
    "DELETE": (f"/rooms/{CODE}", "", None),
}
SENDING = [method for method, (_, media_type, _) in WRITES.items() if media_type]


@pytest.fixture
def writable(postgres_embedded: PostgresRepo, rooms: list[Room]) -> TestApp:
    """The application over PostgreSQL with the book's rooms and two tokens."""
    postgres_embedded.save(rooms)
    application = Application(Stores(postgres_embedded), tokens=TOKENS)
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


def write(
    client: TestApp,
    method: str,
    path: str = "",
    values: object = None,
    headers: Mapping[str, str] = BEARER,
    *,
    status: int | None = None,
) -> TestResponse:
    """Write as WRITES says, but for what is given."""
    usual, media_type, body = WRITES[method]
    sent = body if values is None else values
    raw = sent if isinstance(sent, bytes) else b"" if sent is None else json.dumps(sent).encode()
    given = ({"Content-Type": media_type} if media_type else {}) | dict(headers)
    return client.request(path or usual, method=method, body=raw, headers=given, status=status)


def stock(client: TestApp) -> Any:  # noqa: ANN401 - JSON
    """Give all rooms."""
    return client.get("/rooms?limit=1000").json


def test_a_room_is_added(writable: TestApp) -> None:
    """It is answered with its code, its tag and where it is, and found there and in searches."""
    answer = write(writable, "POST", status=201)
    code = answer.json["code"]
    assert UUID(code).version == 4
    assert answer.json == {"code": code, **VALUES}
    assert answer.headers["Location"] == f"/rooms/{code}"
    assert answer.headers["Cache-Control"] == "no-store"
    read = writable.get(answer.headers["Location"])
    assert read.body == answer.body
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert [room["code"] for room in stock(writable)][4:] == [code]


def test_a_code_of_ones_own_is_taken_once(writable: TestApp) -> None:
    """In any spelling; the second time it is a conflict, and the first room stays as it is."""
    code = uuid4()
    answer = write(writable, "POST", values={"code": code.urn, **VALUES}, status=201)
    assert answer.json["code"] == str(code)
    again = write(writable, "POST", values={**VALUES, "code": str(code), "size": 1}, status=409)
    assert again.json == {
        "type": "ConflictError",
        "message": f"There is a room with the code {code} already",
    }
    assert writable.get(f"/rooms/{code}").json["size"] == 20


def test_a_room_is_put_in_the_place_of_another(writable: TestApp) -> None:
    """200 where there was one, which it replaces in the order too; 201 where there was none."""
    answer = write(writable, "PUT", status=200)
    assert "Location" not in answer.headers
    assert stock(writable)[0] == {"code": CODE, **VALUES} == answer.json
    assert writable.get(f"/rooms/{CODE}").headers["ETag"] == answer.headers["ETag"]
    answer = write(writable, "PUT", f"/rooms/{NOBODYS}", status=201)
    assert answer.headers["Location"] == f"/rooms/{NOBODYS}"
    assert stock(writable)[4] == {"code": NOBODYS, **VALUES}


def test_a_code_in_the_body_is_that_of_the_path(writable: TestApp) -> None:
    """However it is spelt; another one is told."""
    write(writable, "PUT", values={"code": CODE.upper(), **VALUES}, status=200)
    answer = write(writable, "PUT", values={"code": NOBODYS, **VALUES}, status=400)
    assert answer.json["message"] == f"code: must be the code in the path, {CODE}"


def test_some_fields_are_changed(writable: TestApp) -> None:
    """The others stay; nothing is changed by nothing."""
    before = writable.get(f"/rooms/{CODE}")
    answer = write(writable, "PATCH", values={}, status=200)
    assert (answer.body, answer.headers["ETag"]) == (before.body, before.headers["ETag"])
    answer = write(writable, "PATCH", values={"price": 1, "latitude": -1}, status=200)
    assert answer.json == {**before.json, "price": 1, "latitude": -1.0}
    after = writable.get(f"/rooms/{CODE}")
    assert (answer.body, answer.headers["ETag"]) == (after.body, after.headers["ETag"])


def test_a_room_is_removed_once(writable: TestApp) -> None:
    """204, and then 404."""
    answer = write(writable, "DELETE", status=204)
    assert answer.body == b""
    assert len(stock(writable)) == 3
    write(writable, "DELETE", status=404)
    write(writable, "PATCH", status=404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_no_code_is_no_rooms(writable: TestApp, method: str) -> None:
    """404, as for who reads."""
    answer = write(writable, method, "/rooms/abc", status=404)
    assert answer.json["message"] == "There is no room with the code 'abc'; a code is a UUID"


@pytest.mark.parametrize("latitude", [1, 1.0, -0.0, 0, 1e-300])
def test_an_answer_is_what_is_read_then(writable: TestApp, latitude: float) -> None:
    """Byte for byte and tag for tag, however a number was written."""
    answer = write(writable, "PUT", values={**VALUES, "latitude": latitude}, status=200)
    read = writable.get(f"/rooms/{CODE}")
    assert (answer.body, answer.headers["ETag"]) == (read.body, read.headers["ETag"])


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        *((None, "Bearer"), ("", "Bearer"), ("Basic b2ZmaWNlOng=", "Bearer"), (TOKEN, "Bearer")),
        *(
            (given, 'Bearer error="invalid_token"')
            for given in (
                f"Bearer {TOKEN[:-1]}",
                f"Bearer {TOKEN}x",
                f"Bearer {TOKEN.upper()}",
                f"Bearer {digest_of(TOKEN)}",
                "Bearer office",
                "Bearer \xe4\xf6\xfc",
                "Bearer a b",
                'Bearer "',
                f"Bearer {TOKEN}, Bearer {TOKEN}",
                f"Bearer {'a' * 8000}",
            )
        ),
    ],
)
@pytest.mark.parametrize("method", WRITES)
def test_without_a_right_token_nothing_is_changed(
    writable: TestApp, method: str, authorization: str | None, challenge: str
) -> None:
    """401 says whether one was sent; the body is not read, whatever it is."""
    before = stock(writable)
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = write(writable, method, values=b"\xff" * 70_000, headers=headers, status=401)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json["type"] == "AuthError"
    assert TOKEN not in answer.text
    assert stock(writable) == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_each_token_may_write(writable: TestApp, scheme: str) -> None:
    """So that one can be put in the place of another; its name is told to the log alone."""
    for token, name in ((TOKEN, "office"), (OTHER, "portal")):
        headers = {"Authorization": f"{scheme} {token}"}
        answer = write(writable, "POST", headers=headers, status=201)
        assert answer.request.environ["rentomatic.token"] == name
        assert name not in str(answer.headers)


@pytest.mark.parametrize("method", WRITES)
def test_where_no_token_is_configured_nobody_may_write(client: TestApp, method: str) -> None:
    """403 says how to change that; a token changes nothing."""
    for headers in ({}, BEARER):
        answer = write(client, method, headers=headers, status=403)
        assert answer.json["type"] == "AuthError"
        assert "rentomatic token new" in answer.json["message"]
    assert len(stock(client)) == 4


def test_who_may_write_is_told_before_what_is_wrong(writable: TestApp) -> None:
    """A stranger learns nothing of codes, parameters or bodies."""
    for method, path in (("DELETE", "/rooms/abc"), ("POST", "/rooms?x=1"), ("PUT", "/rooms/1")):
        write(writable, method, path, headers={}, status=401)


def test_reads_need_no_token(writable: TestApp) -> None:
    """A wrong one harms nobody, and names nobody."""
    answer = writable.get("/rooms", headers={"Authorization": "Bearer x"})
    assert len(answer.json) == 4
    assert "rentomatic.token" not in answer.request.environ


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")  # the lint's, of odd spellings
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_the_request_line_says(writable: TestApp, header: str) -> None:
    """No header and no parameter makes a read a write, and no spelling goes round the token."""
    before = stock(writable)
    for method in WRITES:
        for path in ("/rooms", f"/rooms/{CODE}"):
            answer = writable.get(path, headers={header: method})
            assert answer.status_int == 200
            writable.get(f"{path}?_method={method}", status=400)
        for spelling in (method.lower(), method.title(), f"X{method}"):
            writable.request(f"/rooms/{CODE}", method=spelling, headers=BEARER, status=405)
    assert stock(writable) == before


@pytest.mark.parametrize(
    ("body", "told"),
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
        (b'{"latitude":NaN}', "body: is not JSON: NaN is no number"),
        (b'{"latitude":-Infinity}', "body: is not JSON: -Infinity is no number"),
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
        (b"[" * 60_000, "body: is nested too deep"),
        (b'{"size":' + b"[" * 60_000, "body: is nested too deep"),
        (b'{"a":' * 12_000, "body: is nested too deep"),
        (b'{"size":' + b"1" * 5_000 + b"}", "body: has a number with more than 30 digits"),
        (b"size=20&price=60", "body: is not JSON: "),
        (b"<room/>", "body: is not JSON: "),
        (b"\0", "body: is not JSON: "),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", SENDING)
def test_a_body_that_is_no_json_object_is_told(
    writable: TestApp, method: str, body: bytes, told: str
) -> None:
    """400 in one line, and nothing is changed."""
    before = stock(writable)
    answer = write(writable, method, values=body, status=400)
    assert answer.json["type"] == "ParametersError"
    assert answer.json["message"].startswith(told)
    assert len(answer.json["message"]) < 200
    assert stock(writable) == before


@pytest.mark.parametrize(
    ("field", "value", "told"),
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
def test_a_value_of_the_wrong_kind_is_told(
    writable: TestApp, method: str, field: str, value: str, told: str
) -> None:
    """400 that names the field, what is right and what was sent, and nothing is changed."""
    before = stock(writable)
    others = {name: each for name, each in VALUES.items() if name != field}
    body = f'{json.dumps(others)[:-1]},"{field}":{value}}}'.encode()
    answer = write(writable, method, values=body, status=400)
    assert answer.json["message"].startswith(told)
    assert answer.json["message"].count("\n") == 0
    assert stock(writable) == before


@pytest.mark.parametrize("code", ["abc", "", "1", "{}", "f853578c-fc0f-4e65-81b8-566c5dffa35"])
def test_a_code_that_is_none_is_told(writable: TestApp, code: str) -> None:
    """Of whatever kind."""
    for given, what in (
        (code, "a UUID such as "),
        (1, "a UUID, not 1"),
        (None, "a UUID, not null"),
    ):
        answer = write(writable, "POST", values={"code": given, **VALUES}, status=400)
        assert answer.json["message"].startswith(f"code: must be {what}")


def test_all_that_is_wrong_is_told_at_once(writable: TestApp) -> None:
    """Unknown, missing and wrong fields, a line each; problem details name them too."""
    values = {"sise": 1, "size": True, "code": "x", "longitude": 200}
    told = [
        (
            "sise: is not a field of a room; fields are code, size, price, latitude, longitude; "
            "did you mean size?"
        ),
        "price: is missing",
        "latitude: is missing",
        "code: must be a UUID such as f853578c-fc0f-4e65-81b8-566c5dffa35a, not 'x'",
        f"size: must be an integer from 1 to {MAX_SIZE}, not true",
        "longitude: must be a number from -180 to 180, not 200",
    ]
    answer = write(writable, "POST", values=values, status=400)
    assert answer.json["message"].splitlines() == told
    headers = BEARER | {"Accept": "application/problem+json"}
    problem = write(writable, "POST", values=values, headers=headers, status=400).json
    names = [each["parameter"] for each in problem["errors"]]
    assert names == ["sise", "price", "latitude", "code", "size", "longitude"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"size": 1, "prise": 1, "longitude": 1, "latitude": 1},
            (
                "prise: is not a field of a room; fields are code, size, price, latitude, "
                "longitude; did you mean price?"
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
def test_one_cause_is_told_once(writable: TestApp, values: dict[str, object], told: str) -> None:
    """With what was probably meant."""
    for method in ("POST", "PUT"):
        assert write(writable, method, values=values, status=400).json["message"] == told


def test_swapped_coordinates_get_a_hint_in_a_patch(writable: TestApp) -> None:
    """One of them is enough to see it; what is no number is none."""
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


def test_thousands_of_unknown_fields_are_told_in_short(writable: TestApp) -> None:
    """Twenty by their names, however hostile these are."""
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
def test_a_body_of_another_type_is_told(
    writable: TestApp, method: str, headers: dict[str, str]
) -> None:
    """415 that names the right one, and nothing is changed."""
    before = stock(writable)
    answer = write(writable, method, headers=BEARER | headers, status=415)
    assert answer.json["type"] == "MediaTypeError"
    media_types = [WRITES[method][1], *(BATCH_FORMATS if method == "POST" else ())]
    wanted = " or ".join(media_types)
    assert answer.json["message"].startswith(f"Content-Type: must be {wanted} in UTF-8, ")
    assert stock(writable) == before


def test_a_patch_is_a_merge_patch(writable: TestApp) -> None:
    """And nothing else that is JSON; a room is no merge patch."""
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
def test_a_type_may_be_spelt_otherwise(writable: TestApp, content_type: str) -> None:
    """As libraries do."""
    write(writable, "POST", headers=BEARER | {"Content-Type": content_type}, status=201)


def padded(length: int) -> bytes:
    """Give a room in so many bytes."""
    return json.dumps(VALUES).encode().ljust(length)


@pytest.mark.parametrize("method", SENDING)
def test_a_body_has_its_limit(writable: TestApp, method: str) -> None:
    """413 for a byte more; the longest that may be is taken."""
    answer = write(writable, method, values=padded(MAX_BODY_BYTES + 1), status=413)
    assert answer.json == {
        "type": "LimitError",
        "message": f"The body is too long; at most {MAX_BODY_BYTES} bytes are taken",
    }
    assert write(writable, method, values=padded(MAX_BODY_BYTES)).status_int in {200, 201}


def test_a_body_that_ends_early_is_told(rooms: list[Room]) -> None:
    """It is not taken for a whole one, though it be one."""
    client = TestApp(Application(Stores(MemRepo(rooms)), tokens=TOKENS), lint=False)
    body = json.dumps(VALUES).encode()
    headers = BEARER | {"Content-Type": JSON, "Content-Length": str(len(body) + 1)}
    answer = client.request("/rooms", method="POST", body=body, headers=headers, status=400)
    assert answer.json["message"] == "body: was cut short"
    assert len(stock(client)) == 4


def tag_of(client: TestApp, query: str = "") -> str:
    """Give the tag of the first room."""
    tag: str = client.get(f"/rooms/{CODE}{query}").headers["ETag"]
    return tag


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nobody_overwrites_what_he_has_not_seen(writable: TestApp, method: str) -> None:
    """412 where the room is another one by now, and nothing is changed; else it is written."""
    seen = tag_of(writable)
    write(writable, "PATCH", values={"price": 7}, status=200)
    answer = write(writable, method, headers=BEARER | {"If-Match": seen}, status=412)
    assert answer.json["type"] == "ConflictError"
    assert writable.get(f"/rooms/{CODE}").json["price"] == 7
    again = {"If-Match": tag_of(writable)}
    assert write(writable, method, headers=BEARER | again).status_int in {200, 204}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_who_expects_a_room_adds_none(writable: TestApp, method: str) -> None:
    """412 where there is none, whatever is expected."""
    for expected in ("*", '"0"', tag_of(writable)):
        headers = BEARER | {"If-Match": expected}
        write(writable, method, f"/rooms/{NOBODYS}", headers=headers, status=412)
    assert len(stock(writable)) == 4


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_tag_is_compared_strongly(writable: TestApp, method: str) -> None:
    """A weak one and one of another answer never match."""
    tag, search = tag_of(writable), writable.get("/rooms").headers["ETag"]
    for other in (f"W/{tag}", f"w/{tag}", search, '""', '"*"', f',"a" , W/{tag},'):
        write(writable, method, headers=BEARER | {"If-Match": other}, status=412)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_no_tag_is_told(writable: TestApp, method: str) -> None:
    """Else whoever forgets the quotes would read the room again and again."""
    tag = tag_of(writable)
    for other in (tag.strip('"'), tag[:-1], "", '"', "W/*", "x", f"{tag} x", f"*, {tag}"):
        answer = write(writable, method, headers=BEARER | {"If-Match": other}, status=400)
        assert answer.json["message"].startswith(
            "If-Match: must be * or entity tags in quotes, as ETag gives them, not "
        )


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("spelling", ["{}", '"x", {}', '{},"y"', ' W/"z" ,{} ', "*", " * "])
def test_a_room_may_have_been_read_in_any_format(
    writable: TestApp, format_name: str, spelling: str
) -> None:
    """Its tag is one of those that may be named."""
    tag = tag_of(writable, f"?format={format_name}")
    write(writable, "PATCH", headers=BEARER | {"If-Match": spelling.format(tag)}, status=200)


def test_a_room_can_be_added_only(writable: TestApp) -> None:
    """`If-None-Match: *` replaces nothing."""
    only = BEARER | {"If-None-Match": "*"}
    before = stock(writable)
    write(writable, "PUT", headers=only, status=412)
    assert stock(writable) == before
    write(writable, "PUT", f"/rooms/{NOBODYS}", headers=only, status=201)
    write(writable, "PUT", f"/rooms/{NOBODYS}", headers=only, status=412)


@pytest.mark.parametrize(
    ("method", "headers", "told"),
    [
        ("POST", {"If-Match": '"0"'}, "If-Match: cannot be used with POST"),
        ("POST", {"If-None-Match": "*"}, "If-None-Match: cannot be used with POST"),
        ("PATCH", {"If-None-Match": "*"}, "If-None-Match: cannot be used with PATCH"),
        ("DELETE", {"If-None-Match": '"0"'}, "If-None-Match: cannot be used with DELETE"),
        ("PUT", {"If-None-Match": ""}, "If-None-Match: must be * where something is written"),
        ("PUT", {"If-None-Match": '"0"'}, "If-None-Match: must be * where something is written"),
        (
            "PUT",
            {"If-None-Match": "*", "If-Match": "*"},
            "If-None-Match: cannot be used together with If-Match",
        ),
    ],
)
def test_no_condition_is_passed_over(
    writable: TestApp, method: str, headers: dict[str, str], told: str
) -> None:
    """One that has no meaning is told, and nothing is changed."""
    before = stock(writable)
    answer = write(writable, method, headers=BEARER | headers, status=400)
    assert answer.json["message"] == told
    assert stock(writable) == before


@pytest.mark.parametrize("method", SENDING)
def test_a_415_says_what_would_be_taken(writable: TestApp, method: str) -> None:
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
def test_a_wrong_type_is_told_before_what_it_is_for(
    writable: TestApp, method: str, media_type: str
) -> None:
    """A batch of another type is told what types there are, not that `on_error` is misplaced."""
    path = f"{WRITES[method][0]}?on_error=skip"
    headers = BEARER | {"Content-Type": media_type}
    message = write(writable, method, path, headers=headers, status=415).json["message"]
    assert message.startswith("Content-Type: must be ")
    assert "on_error" not in message
    assert ("application/x-ndjson" in message) == (method == "POST")


@pytest.mark.parametrize("method", WRITES)
def test_a_write_has_no_parameters(writable: TestApp, method: str) -> None:
    """One that would be passed over is told."""
    answer = write(writable, method, f"{WRITES[method][0]}?dry_run=1", status=400)
    assert answer.json["message"] == "dry_run: Parameter dry_run cannot be used"


def test_other_origins_may_read_only(writable: TestApp) -> None:
    """A preflight offers no write, not even in `Allow`, and lets no token through."""
    for path in ("/rooms", f"/rooms/{CODE}", "/rooms/summary", "/health/live"):
        for method in ("GET", *WRITES):
            headers = {"Origin": "https://a.example", "Access-Control-Request-Method": method}
            answer = writable.options(path, headers=headers, status=204)
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
            assert "Authorization" not in answer.headers["Access-Control-Allow-Headers"]
            assert not {"Allow", "Accept-Patch"} & {*answer.headers}


def test_the_documents_say_that_other_origins_may_only_read(writable: TestApp) -> None:
    """Whoever writes a page finds it there, rather than in a browser's console."""
    told = "origin may read, but not write"
    assert told in writable.get("/openapi.json").json["info"]["description"]
    assert told in writable.get("/docs").html.get_text()


def test_no_answer_to_a_write_is_kept_by_a_proxy(writable: TestApp) -> None:
    """Not even for a moment."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = write(writable, method)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "X-Accel-Expires" not in answer.headers


def test_a_room_is_too_short_to_be_compressed() -> None:
    """ops/nginx compresses from 1,024 bytes on, and would make a room's strong tag a weak one."""
    widest = Room(uuid4(), MAX_SIZE, MAX_PRICE, -123.45678901234567, -12.345678901234567e-300)
    for each in FORMATS.values():
        assert len(each.dump_room(widest, View())) < 1_024


def test_a_write_changes_what_is_searched(writable: TestApp) -> None:
    """The tag of a search that was read before is no longer its tag."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        tag = writable.get("/rooms").headers["ETag"]
        write(writable, method)
        writable.get("/rooms", headers={"If-None-Match": tag}, status=200)
