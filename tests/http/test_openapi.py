"""`/openapi.json` and `/docs`: complete, and true of the service."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate
from webtest import TestApp

from rentomatic import __version__
from rentomatic.demo import book_rooms
from rentomatic.domain.room import FIELDS, InvalidRoomError, Room
from rentomatic.embedded.cluster import Cluster
from rentomatic.formats.table import FORMATS
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import RepositoryUnavailableError
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.repository.results import Page
from rentomatic.requests.parameters import (
    FEED_PARAMETERS,
    MAP_PARAMETERS,
    SEARCH_PARAMETERS,
    SELECTION_PARAMETERS,
    SIMILAR_PARAMETERS,
)
from rentomatic.requests.parsers import as_list_text
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.sealing import Sealer, new_key
from rentomatic.tokens import digest_of
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.failure import ERROR_TYPES
from rentomatic.wsgi.openapi.examples import TOKEN
from rentomatic.wsgi.openapi.manual import arrange
from rentomatic.wsgi.pages.manual import TOPICS, manual_page
from rentomatic.wsgi.request import read_request
from rentomatic.wsgi.routing import API
from rentomatic.wsgi.service import Limits, Stores, Webhooks
from tests.databases import settle

FILTERS = [f"filter_{key}" for key in FILTER_KEYS]
DOCUMENTS = {
    "/openapi.json": "application/json",
    "/docs": "text/html",
    "/docs/room_list": "text/html",
    "/docs/all": "text/html",
}


class FailingRepository(MemRepo):
    """A repository that raises an exception."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(book_rooms())
        self._reason = reason

    def search(self, request: RoomListRequest) -> Page:
        """Fail."""
        raise self._reason


def services() -> dict[str, TestApp]:
    """Return services that answer each of the statuses: by default one that is well."""
    reasons = {
        "InternalServerError": RuntimeError("a bug"),
        "ServiceUnavailable": RepositoryUnavailableError("away"),
    }
    return {
        name: TestApp(Application(Stores(FailingRepository(reason))))
        for name, reason in reasons.items()
    } | {"Forbidden": TestApp(Application(Stores(MemRepo())))}


def written_with(description: str) -> tuple[str, str, dict[str, str], str]:
    """Read an example's request: method, target, headers and body."""
    head, _, body = description.partition("\n\n")
    line, *lines = head.splitlines()
    method, target = line.split()
    return method, target, dict(each.split(": ") for each in lines), body


@pytest.fixture
def document(client: TestApp) -> Any:  # noqa: ANN401 - JSON
    """The OpenAPI document."""
    return client.get("/openapi.json").json


@pytest.fixture
def pages(client: TestApp) -> dict[str, BeautifulSoup]:
    """All pages that the contents link to, by their paths, and the contents."""
    contents = page_at(client, "/docs")
    links = {each["href"].partition("#")[0] for each in contents.select("article a")}
    return {"/docs": contents} | {path: page_at(client, path) for path in links}


def page_at(client: TestApp, path: str) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup(client.get(path).body, "html.parser")


def named(document: Any, pointer: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Return what a reference points to."""
    _, *steps = pointer["$ref"].split("/")
    for step in steps:
        document = document[step]
    return document


def query_of(document: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the parameters of a path's query, by name."""
    parameters = [named(document, each) for each in document["paths"][path]["get"]["parameters"]]
    return {each["name"]: each for each in parameters if each["in"] == "query"}


def operations_of(document: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Return each method with its path, and what it does."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents_of(document: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401 - JSON
    """Return each answer's name or status, and what it has in each media type."""
    answers = list(document["components"]["responses"].items())
    for _, operation in operations_of(document):
        answers += [each for each in operation["responses"].items() if "$ref" not in each[1]]
    for name, answer in answers:
        for media_type, content in answer.get("content", {}).items():
            yield name, media_type, content


def test_it_is_a_valid_openapi_document(document: Any) -> None:  # noqa: ANN401 - JSON
    """By the specification's own schema, 3.1."""
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_every_route_is_in_it_and_nothing_else(document: Any) -> None:  # noqa: ANN401 - JSON
    """Each path of the API with the methods that have a handler, each under a name of its own."""
    described = {path: set(methods) for path, methods in document["paths"].items()}
    assert described == {each.path: {m.lower() for m in each.operations} for each in API}
    names = [each["operationId"] for _, each in operations_of(document)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/rooms",
            [*FILTERS, *(each.name for each in SEARCH_PARAMETERS), "place", "format", "lang"],
        ),
        ("/rooms/summary", [*FILTERS, *(each.name for each in SELECTION_PARAMETERS)]),
        ("/rooms/map", [*FILTERS, *(each.name for each in MAP_PARAMETERS), "format"]),
        (
            "/rooms/relaxations",
            [*FILTERS, *(each.name for each in SEARCH_PARAMETERS if each.name != "after")],
        ),
        ("/rooms/feed", [*FILTERS, *(each.name for each in FEED_PARAMETERS), "lang"]),
        ("/rooms/changes", ["since", "limit"]),
        ("/rooms/{code}", ["format", "lang"]),
        (
            "/rooms/{code}/similar",
            [*FILTERS, *(each.name for each in SIMILAR_PARAMETERS), "format"],
        ),
        ("/openapi.json", []),
        ("/docs", ["lang"]),
        ("/docs/{page}", ["lang"]),
    ],
)
def test_every_parameter_of_the_tables_is_in_it(
    document: Any,  # noqa: ANN401 - JSON
    client: TestApp,
    path: str,
    expected: list[str],
) -> None:
    """Each with its meaning and schema; with the examples of all together there is an answer."""
    described = query_of(document, path)
    assert list(described) == expected
    assert all(each["description"] and each["schema"] for each in described.values())
    assert {name for name in described if "example" not in described[name]} <= {"after", "place"}
    query = {
        name: as_list_text(each["example"]) for name, each in described.items() if "example" in each
    }
    code = document["components"]["parameters"]["code"]["example"]
    assert client.get(path.format(code=code, page="room_list"), query).status_int == 200


def test_the_values_of_a_room_are_those_that_it_allows(rooms: list[Room]) -> None:
    """What a schema has as least and greatest makes a room, what lies beyond does not."""
    for name, field in FIELDS.items():
        bounds = field.kind.schema.get("minimum"), field.kind.schema.get("maximum")
        for bound, step in zip(bounds, (-1, 1), strict=True):
            if bound is not None:
                assert Room.from_dict(rooms[0].to_dict() | {name: bound})
                with pytest.raises(InvalidRoomError):
                    Room.from_dict(rooms[0].to_dict() | {name: bound + step})


# What each service makes anew.
OWN = {"at", "next", "id", "secret", "created_at"}


def timeless(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without the cursors and moments in it, which are each service's own."""
    if isinstance(value, dict):
        return {name: type(each) if name in OWN else timeless(each) for name, each in value.items()}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def test_every_example_is_what_the_service_answers(
    document: Any,  # noqa: ANN401 - JSON
    client: TestApp,
    rooms: list[Room],
    embedded: Cluster,
    embedded_connections: Connections,
) -> None:
    """In each media type, of successes and failures: on the book's rooms."""
    settle(embedded.database)
    others = services()
    shown = 0
    for name, media_type, content in contents_of(document):
        for example in content.get("examples", {}).values():
            method, target, headers, body = written_with(example["description"])
            # Each on the book's rooms: what one has written another does not find.
            writable = TestApp(
                Application(
                    Stores(MemRepo(rooms), searches=PostgresSearches(embedded_connections)),
                    tokens={digest_of(TOKEN): "example"},
                    webhooks=Webhooks(Sealer([new_key()])),
                )
            )
            service = others.get(name, client if method == "GET" else writable)
            response = service.request(
                target, method=method, headers=headers, body=body.encode(), status="*"
            )
            assert response.content_type == media_type, target
            is_json = isinstance(example["value"], dict | list)
            answered = timeless(response.json) if is_json else response.text
            assert answered == timeless(example["value"]), target
            shown += 1
    assert shown >= len(FORMATS) * 2 + 25


def test_what_writes_says_what_it_takes(document: Any) -> None:  # noqa: ANN401 - JSON
    """It needs a token, and reads do not; its body has a media type, a schema and examples."""
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, operation in operations_of(document):
        is_write = not name.startswith("GET ")
        is_own = name.startswith("GET /searches")
        tells_more = name == "GET /rooms/changes"
        security = [
            *([{}] if tells_more else []),
            *([{"token": []}] if is_write or is_own or tells_more else []),
        ]
        assert operation.get("security", []) == security, name
        assert ("401" in operation["responses"]) == bool(security)
        assert ("403" in operation["responses"]) == (is_write or is_own)
        is_order = name.endswith(("/test", "/enable"))
        takes_body = name.split()[0] in {"POST", "PUT", "PATCH"} and not is_order
        assert ("requestBody" in operation) == takes_body
        if "requestBody" in operation:
            for content in operation["requestBody"]["content"].values():
                assert content["schema"]["$ref"]
                assert content["examples"]
            assert {"408", "413", "415"} <= {*operation["responses"]}


def test_every_example_is_one_of_its_schema(document: Any) -> None:  # noqa: ANN401 - JSON
    """Those of parameters too."""
    described = [
        (content["schema"], example["value"])
        for _, _, content in contents_of(document)
        for example in content.get("examples", {}).values()
    ]
    described += [
        (content["schema"], example["value"])
        for _, operation in operations_of(document)
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for example in content["examples"].values()
    ]
    described += [
        (parameter["schema"], parameter["example"])
        for parameter in document["components"]["parameters"].values()
        if "example" in parameter
    ]
    for schema, example in described:
        root = {"components": document["components"]}
        OAS31Validator(root | schema, format_checker=oas31_format_checker).validate(example)


def test_every_kind_of_error_has_its_name_in_it(document: Any) -> None:  # noqa: ANN401 - JSON
    """And no other."""
    names = set(ERROR_TYPES.values())
    assert set(document["components"]["schemas"]["ErrorType"]["enum"]) == names


def test_the_next_page_of_the_examples_is_the_one_that_is_linked(
    document: Any,  # noqa: ANN401 - JSON
    client: TestApp,
) -> None:
    """Following the examples pages through the rooms."""
    content = document["paths"]["/rooms"]["get"]["responses"]["200"]["content"]
    targets = [
        each["description"].removeprefix("GET ")
        for each in content["application/json"]["examples"].values()
    ]
    (after,) = (each for each in targets if "after=" in each)
    (before,) = (each for each in targets if each == after.partition("&after=")[0])
    assert f'<{after}>; rel="next"' in client.get(before).headers["Link"]


def test_it_is_built_once_and_always_the_same(client: TestApp) -> None:
    """Another process answers with the same bytes; the default limit is its own."""
    twin = TestApp(Application(Stores(MemRepo())))
    other = TestApp(Application(Stores(MemRepo()), Limits(rooms=7), release="9.9.9"))
    for path in DOCUMENTS:
        first = client.get(path)
        assert twin.get(path).body == first.body
        assert twin.get(path).headers["ETag"] == first.headers["ETag"]
        assert other.get(path).headers["ETag"] != first.headers["ETag"]
    document = other.get("/openapi.json").json
    assert document["info"]["version"] == __version__
    assert query_of(document, "/rooms")["limit"]["schema"]["default"] == 7


@pytest.mark.parametrize("path", DOCUMENTS)
def test_they_are_answered_like_all_else(client: TestApp, path: str) -> None:
    """With an entity tag, to HEAD, to a client that has it; in their media type or not at all."""
    response = client.get(path)
    assert response.content_type == DOCUMENTS[path]
    assert response.headers["Cache-Control"] == "no-cache"
    assert client.head(path).headers["ETag"] == response.headers["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": response.headers["ETag"]}, status=304)
    assert unchanged.body == b""
    wrong = client.get(path, headers={"Accept": "image/png"}, status=406)
    assert wrong.json["message"].endswith(DOCUMENTS[path])
    assert client.get(f"{path}?part=2", status=400).json["message"].startswith("part: ")
    assert client.post(path, status=405).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_it_names_no_host(client: TestApp) -> None:
    """It works under any address of the service, whatever host a client names."""
    response = client.get("/openapi.json", headers={"Host": "evil.example"})
    assert response.json["servers"] == [{"url": "/"}]
    # Patterns and examples of addresses name a host that belongs to no one (RFC 2606).
    assert "//" not in response.text.replace("://[^", "").replace("https://example.com/rooms/", "")


def test_each_operation_has_a_page_of_its_own(
    document: Any,  # noqa: ANN401 - JSON
    pages: dict[str, BeautifulSoup],
) -> None:
    """With every parameter; the contents link to all of them, and all links have targets."""
    operations = dict(operations_of(document))
    for name, operation in operations.items():
        assert pages[f"/docs/{operation['operationId']}"].h1.get_text() == name
    assert [each.get_text() for each in pages["/docs"].select("article dl.list dt .method")]
    assert {*pages} == {
        "/docs",
        *(f"/docs/{each['operationId']}" for each in operations.values()),
        *(f"/docs/{topic}" for topic in TOPICS),
    }
    identities = {
        path: [each["id"] for each in page.find_all(id=True)] for path, page in pages.items()
    }
    for path, page in pages.items():
        assert len(set(identities[path])) == len(identities[path])
        for link in page.select("article a"):
            target, _, anchor = link["href"].partition("#")
            assert not anchor or anchor in identities[target], link


def test_the_contents_list_every_parameter(
    document: Any,  # noqa: ANN401 - JSON
    pages: dict[str, BeautifulSoup],
) -> None:
    """Whatever of it a visitor looks for is found at once."""
    listed = [each.get_text() for each in pages["/docs"].select("ul.index li")]
    assert listed == sorted(document["components"]["parameters"])


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_pages_show_every_example_as_a_command(
    document: Any,  # noqa: ANN401 - JSON
    pages: dict[str, BeautifulSoup],
    *,
    is_whole: bool,
) -> None:
    """With curl and the address of the service, as it can be typed; on one page, too."""
    shown = [pages["/docs/all"]] if is_whole else [p for n, p in pages.items() if n != "/docs/all"]
    commands = [each.get_text() for page in shown for each in page.find_all("pre")]
    for _, _, content in contents_of(document):
        for example in content.get("examples", {}).values():
            method, target, headers, body = written_with(example["description"])
            options = "" if method == "GET" else f"-X {method} "
            options += "".join(f"-H '{name}: {value}' " for name, value in headers.items())
            options += f"-d '{body}' " if body else ""
            assert f'curl {options}"http://localhost:80{target}"' in commands


def test_the_pages_have_nothing_inline(pages: dict[str, BeautifulSoup]) -> None:
    """No style and no script, which their policy would not allow."""
    for page in pages.values():
        elements = {each.name for each in page.select("*")}
        assert elements.isdisjoint({"style", "iframe", "object", "base"})
        assert not page.find_all(style=True)
        assert not [each for each in page("script") if not each.get("src")]


def test_the_pages_escape_everything(document: Any) -> None:  # noqa: ANN401 - JSON
    """Every text is shown literally."""
    hostile = "</title><script>alert(1)</script>&amp;'\""
    document["info"] |= {"title": hostile, "summary": hostile, "description": hostile}
    for parameter in document["components"]["parameters"].values():
        parameter |= {"description": hostile, "example": hostile}
    document["paths"]["/"]["get"] |= {"operationId": hostile, "summary": hostile}
    request = read_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/docs/all"})
    manual = arrange(document)
    for name in ("all", hostile):
        shown = BeautifulSoup(manual_page(request, manual, name), "html.parser")
        assert all(each.get("src") for each in shown("script"))
        assert shown.find(href=f"/docs/{hostile}").find_parent("nav")
        assert hostile in shown.get_text()
    whole = BeautifulSoup(manual_page(request, manual, "all"), "html.parser")
    assert whole.get_text().count(hostile) > 50
    assert whole.find(id=hostile).name == "section"


def test_a_parameter_is_described_with_each_operation_that_takes_it(
    document: Any,  # noqa: ANN401 - JSON
    pages: dict[str, BeautifulSoup],
) -> None:
    """With its name, its meaning, its example, and an anchor to link to."""
    for _, operation in operations_of(document):
        page = pages[f"/docs/{operation['operationId']}"]
        for pointer in operation["parameters"]:
            each = named(document, pointer)
            row = page.find(id=f"parameter-{pointer['$ref'].rpartition('/')[2]}")
            assert row.code.get_text() == each["name"]
            assert each["description"].replace("`", "") in row.dd.get_text()
            assert as_list_text(each.get("example", "")) in row.dd.get_text()


def test_the_pages_say_what_needs_a_token(
    document: Any,  # noqa: ANN401 - JSON
    pages: dict[str, BeautifulSoup],
) -> None:
    """Writes need one, and where it is optional, that is said."""
    for name, operation in operations_of(document):
        text = pages[f"/docs/{operation['operationId']}"].article.get_text()
        security = operation.get("security", [])
        assert ("Needs a token." in text) == (security == [{"token": []}]), name
        assert ("A token is optional." in text) == ({} in security), name


def test_a_page_that_does_not_exist_is_a_404(client: TestApp) -> None:
    """With a suggestion."""
    answer = client.get("/docs/rom_list", status=404)
    assert answer.json["message"].endswith("did you mean room_list?")
    assert client.get("/docs/x", status=404).json["message"].endswith("/docs lists them")


def test_the_frame_is_in_the_language_of_the_visitor(client: TestApp) -> None:
    """The descriptions stay English, and say so to screen readers."""
    page = client.get("/docs/room_list?lang=ja").html
    assert page.html["lang"] == "ja"
    assert page.select_one("article h2").get_text() == "パラメーター"
    assert page.find("strong").parent["lang"] == "en"
    assert all("lang=ja" in each["href"] for each in page.select(".manual nav a"))


def test_commands_do_not_load_the_template_engine() -> None:
    """They write no page, and would start more slowly."""
    program = "import sys, rentomatic.cli; print('jinja2' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout == b"False\n"


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"HTTP_HOST": "rooms.example.com"}, "http://rooms.example.com"),
        ({"HTTP_HOST": "[::1]:8080"}, "http://[::1]:8080"),
        ({"HTTP_HOST": "x", "wsgi.url_scheme": "https"}, "https://x"),
    ],
)
def test_the_pages_show_the_address_under_which_they_are_read(
    environ: dict[str, str], address: str
) -> None:
    """The commands of its examples work where they are copied."""
    app = TestApp(Application(Stores(MemRepo())), extra_environ=environ)
    (first, *_) = page_at(app, "/docs/room_list")("pre")
    assert first.get_text().startswith(f'curl "{address}/rooms')
    assert address in [each.get_text() for each in page_at(app, "/docs")("code")]
