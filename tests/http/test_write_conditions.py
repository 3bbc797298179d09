"""Conditional writes: If-Match and If-None-Match, RFC 9110, section 13."""

import pytest
from webtest import TestApp

from rentomatic.formats.table import FORMATS
from tests.http.writing import BEARER, CODE, NOBODYS, VALUES, all_rooms, tag_of, write


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_client_cannot_overwrite_what_it_has_not_seen(writable: TestApp, method: str) -> None:
    """412 and no change if the room has changed since; otherwise it is written."""
    seen = tag_of(writable)
    write(writable, "PATCH", values={"price": 7}, status=200)
    answer = write(writable, method, headers=BEARER | {"If-Match": seen}, status=412)
    assert answer.json["type"] == "ConflictError"
    assert writable.get(f"/rooms/{CODE}").json["price"] == 7
    again = {"If-Match": tag_of(writable)}
    assert write(writable, method, headers=BEARER | again).status_int in {200, 204}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_that_expects_a_room_adds_none(writable: TestApp, method: str) -> None:
    """412 where no room exists, whatever is expected."""
    for expected in ("*", '"0"', tag_of(writable)):
        headers = BEARER | {"If-Match": expected}
        write(writable, method, f"/rooms/{NOBODYS}", headers=headers, status=412)
    assert len(all_rooms(writable)) == 4


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_tag_is_compared_strongly(writable: TestApp, method: str) -> None:
    """A weak one and one of another answer never match."""
    tag, search = tag_of(writable), writable.get("/rooms").headers["ETag"]
    for other in (f"W/{tag}", f"w/{tag}", search, '""', '"*"', f',"a" , W/{tag},'):
        write(writable, method, headers=BEARER | {"If-Match": other}, status=412)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_a_tag_is_reported(writable: TestApp, method: str) -> None:
    """Otherwise a client that forgets the quotes would retry forever."""
    tag = tag_of(writable)
    for other in (tag.strip('"'), tag[:-1], "", '"', "W/*", "x", f"{tag} x", f"*, {tag}"):
        answer = write(writable, method, headers=BEARER | {"If-Match": other}, status=400)
        assert answer.json["message"].startswith(
            "If-Match: must be * or quoted entity tags, as in ETag, not "
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
    before = all_rooms(writable)
    write(writable, "PUT", headers=only, status=412)
    assert all_rooms(writable) == before
    write(writable, "PUT", f"/rooms/{NOBODYS}", headers=only, status=201)
    write(writable, "PUT", f"/rooms/{NOBODYS}", headers=only, status=412)


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", {"If-Match": '"0"'}, "If-Match: cannot be used with POST"),
        ("POST", {"If-None-Match": "*"}, "If-None-Match: cannot be used with POST"),
        ("PATCH", {"If-None-Match": "*"}, "If-None-Match: cannot be used with PATCH"),
        ("DELETE", {"If-None-Match": '"0"'}, "If-None-Match: cannot be used with DELETE"),
        ("PUT", {"If-None-Match": ""}, "If-None-Match: must be * in a write"),
        ("PUT", {"If-None-Match": '"0"'}, "If-None-Match: must be * in a write"),
        (
            "PUT",
            {"If-None-Match": "*", "If-Match": "*"},
            "If-None-Match: cannot be used together with If-Match",
        ),
    ],
)
def test_no_condition_is_ignored(
    writable: TestApp, method: str, headers: dict[str, str], expected: str
) -> None:
    """One that has no meaning is an error, and nothing is changed."""
    before = all_rooms(writable)
    answer = write(writable, method, headers=BEARER | headers, status=400)
    assert answer.json["message"] == expected
    assert all_rooms(writable) == before


def test_a_conditional_put_replaces_the_whole_room(writable: TestApp) -> None:
    """What it leaves out is removed, as without a condition."""
    write(writable, "PUT", values=VALUES | {"title": "Studio", "bedrooms": 1})
    headers = BEARER | {"If-Match": tag_of(writable)}
    answer = write(writable, "PUT", values=VALUES, headers=headers, status=200)
    stored = writable.get(f"/rooms/{CODE}")
    assert stored.body == answer.body
    assert not {"title", "bedrooms"} & {*stored.json}
