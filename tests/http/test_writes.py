"""Rooms are added, replaced, changed and removed."""

from uuid import UUID, uuid4

import pytest
from webtest import TestApp

from rentomatic.domain.room import MAX_PRICE, MAX_SIZE, Room
from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from tests.http.writing import BEARER, CODE, NOBODYS, VALUES, WRITES, all_rooms, write


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
    assert [room["code"] for room in all_rooms(writable)][4:] == [code]


def test_a_code_of_ones_own_is_taken_once(writable: TestApp) -> None:
    """In any spelling; the second time it is a conflict, and the first room stays as it is."""
    code = uuid4()
    answer = write(writable, "POST", values={"code": code.urn, **VALUES}, status=201)
    assert answer.json["code"] == str(code)
    again = write(writable, "POST", values={**VALUES, "code": str(code), "size": 1}, status=409)
    assert again.json == {
        "type": "ConflictError",
        "message": f"There is already a room with the code {code}",
    }
    assert writable.get(f"/rooms/{code}").json["size"] == 20


def test_a_room_is_put_in_the_place_of_another(writable: TestApp) -> None:
    """200 where there was one, which it replaces in the order too; 201 where there was none."""
    answer = write(writable, "PUT", status=200)
    assert "Location" not in answer.headers
    assert all_rooms(writable)[0] == {"code": CODE, **VALUES} == answer.json
    assert writable.get(f"/rooms/{CODE}").headers["ETag"] == answer.headers["ETag"]
    answer = write(writable, "PUT", f"/rooms/{NOBODYS}", status=201)
    assert answer.headers["Location"] == f"/rooms/{NOBODYS}"
    assert all_rooms(writable)[4] == {"code": NOBODYS, **VALUES}


def test_a_code_in_the_body_is_that_of_the_path(writable: TestApp) -> None:
    """However it is spelt; a different one is an error."""
    write(writable, "PUT", values={"code": CODE.upper(), **VALUES}, status=200)
    answer = write(writable, "PUT", values={"code": NOBODYS, **VALUES}, status=400)
    assert answer.json["message"] == f"code: must be the code in the path, {CODE}"


def test_some_fields_are_changed(writable: TestApp) -> None:
    """The other fields stay; an empty patch changes nothing."""
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
    assert len(all_rooms(writable)) == 3
    write(writable, "DELETE", status=404)
    write(writable, "PATCH", status=404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_a_code_is_no_rooms(writable: TestApp, method: str) -> None:
    """404, as for a read."""
    answer = write(writable, method, "/rooms/abc", status=404)
    assert answer.json["message"] == "There is no room with the code 'abc'; a code is a UUID"


@pytest.mark.parametrize("latitude", [1, 1.0, -0.0, 0, 1e-300])
def test_an_answer_is_what_is_read_then(writable: TestApp, latitude: float) -> None:
    """Byte for byte and tag for tag, however a number was written."""
    answer = write(writable, "PUT", values={**VALUES, "latitude": latitude}, status=200)
    read = writable.get(f"/rooms/{CODE}")
    assert (answer.body, answer.headers["ETag"]) == (read.body, read.headers["ETag"])


@pytest.mark.parametrize("method", WRITES)
def test_a_write_has_no_parameters(writable: TestApp, method: str) -> None:
    """One that would be ignored is an error."""
    answer = write(writable, method, f"{WRITES[method][0]}?dry_run=1", status=400)
    assert answer.json["message"] == "dry_run: Parameter dry_run cannot be used"


def test_other_origins_may_write_with_a_token(writable: TestApp) -> None:
    """A preflight offers the methods that the path has, and the headers that the API reads."""
    for path in ("/rooms", f"/rooms/{CODE}", "/rooms/summary", "/health/live"):
        allowed = writable.options(path).headers["Allow"]
        headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
        answer = writable.options(path, headers=headers, status=204)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == allowed
        assert {*answer.headers["Access-Control-Allow-Headers"].split(", ")} == {
            *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"),
            *("X-Request-Id", "X-Requested-With"),
        }
        assert not {"Allow", "Accept-Patch"} & {*answer.headers}
    foreign = BEARER | {"Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"}
    assert write(writable, "PATCH", headers=foreign).json["price"] == 1


def test_other_origins_send_no_cookies(writable: TestApp) -> None:
    """A browser sends cookies with a preflighted request only if the answer allows credentials."""
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    for answer in (writable.options("/rooms", headers=headers), writable.get("/rooms")):
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_documents_say_what_other_origins_may_do(writable: TestApp) -> None:
    """Authors of pages read it there instead of in a browser's console."""
    reported = "Web pages of any origin may read, and write with a token"
    description = writable.get("/openapi.json").json["info"]["description"]
    for text in (description, writable.get("/docs").html.get_text()):
        assert reported in " ".join(text.split())


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
