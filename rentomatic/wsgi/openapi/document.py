"""The OpenAPI document (OpenAPI Specification 3.1)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rentomatic.domain.kinds import PICTURES
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import FIELDS
from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.parameters import Parameter
from rentomatic.requests.parsers import MAX_LIST
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.wsgi.authorization import WRITES
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.json_body import MERGE_PATCH
from rentomatic.wsgi.openapi.examples import FILTER_EXAMPLES, FIRST, Examples
from rentomatic.wsgi.openapi.failures import FAILURES, DescribedFailure
from rentomatic.wsgi.openapi.headers import COMMON, HEADERS, REQUEST_HEADERS, TAG
from rentomatic.wsgi.openapi.operations import Description, description_of
from rentomatic.wsgi.openapi.schemas import SCHEMAS, JsonSchema, reference
from rentomatic.wsgi.openapi.successes import Success
from rentomatic.wsgi.response import HTML
from rentomatic.wsgi.routing import Operation, Route

Node = dict[str, Any]

_INTRODUCTION = f"""\
Search and manage the rooms of a company that rents out rooms. Reading needs no account; adding,
changing and removing rooms needs a token: `Authorization: Bearer TOKEN`. Web pages of any origin
may read, and write with a token. No cookie counts here: browsers must not send credentials.

Values are read strictly: integers of at most 18 digits, decimals without an exponent, UUIDs in any
standard spelling, comma-separated lists of at most {MAX_LIST} values. A parameter that is unknown,
repeated, empty or malformed is an error, and all errors are reported at once; only what advertisers
append to links (`utm_*`, `gclid`, `fbclid`) is ignored.

Some generated clients send a list as one parameter per value, which is refused. With openapi-fetch,
set `querySerializer: {{ array: {{ style: "form", explode: false }} }}`.

Errors are `{JSON}`; clients that accept `{PROBLEM}` get problem details (RFC 9457).

`HEAD` answers like `GET`, without a body. `OPTIONS` lists the methods of a path; any other
method is a 405 with the same list in `Allow`. Every answer has the headers
{", ".join(f"`{name}`" for name in COMMON)}.
"""

_SENT: Mapping[str, Node] = {
    JSON: reference("NewRoom"),
    MERGE_PATCH: reference("RoomChange"),
    **dict.fromkeys(BATCH_FORMATS, reference("Batch")),
}
# The segments of paths.
_SEGMENTS: Mapping[str, Node] = {
    "code": {
        "description": FIELDS["code"].help,
        "schema": FIELDS["code"].kind.schema,
        "example": FIRST.code,
    },
    "id": {
        "description": "the id of a saved search",
        "schema": {"type": "string", "format": "uuid"},
        "example": "0b4d2f0e-6c0f-4a43-9f6e-0f2f6f8c1d11",
    },
    "page": {
        "description": "the name of an operation, `errors`, `headers`, `schemas`, or `all`",
        "schema": {"type": "string", "pattern": "^[a-z_]+$"},
        "example": "room_list",
    },
    "name": {
        "description": "the name of a picture, or of another file that a page loads",
        "schema": {"type": "string"},
        "example": PICTURES[0],
    },
}
_FAILURE_CONTENTS = {
    JSON: reference("Error"),
    PROBLEM: reference("Problem"),
    HTML: {"type": "string"},
}
# Statuses that any operation may have.
_ALWAYS = (400, 414, 500)

_TOKEN = "token"  # noqa: S105 - a name


def describe(routes: Sequence[Route], version: str, default_limit: int, rent: Rent) -> Node:
    """Return the document of a service.

    Args:
        routes: its routes.
        version: its release.
        default_limit: the `limit` of searches without one.
        rent: what its prices mean.
    """
    document: Node = _with_units(_describe(routes, version, default_limit), rent)
    document["info"]["description"] += f"\nPrices are {rent}.\n"
    return document


def _with_units(node: Any, rent: Rent) -> Any:  # noqa: ANN401 - any part of a document
    """Fill in what prices mean, in all texts of a part of the document."""
    if isinstance(node, Mapping):
        return {name: _with_units(each, rent) for name, each in node.items()}
    if isinstance(node, list | tuple):
        return [_with_units(each, rent) for each in node]
    return rent.with_units(node) if isinstance(node, str) else node


def _describe(routes: Sequence[Route], version: str, default_limit: int) -> Node:
    defaults = {"limit": default_limit, "limit-of-similar": default_limit}
    described = [description_of(each) for route in routes for each in route.operations.values()]
    query = {each.unique_name: each for one in described for each in one.parameters}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rent-o-Matic",
            "version": version,
            "summary": "Room search",
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in routes)],
        "paths": {
            route.path: {each.lower(): _operation(route, each) for each in route.operations}
            for route in routes
        },
        "components": {
            "schemas": SCHEMAS,
            "parameters": {
                **{name: _in_path(name) for route in routes for name in route.converters},
                **{name: _in_query(each, defaults.get(name)) for name, each in query.items()},
                **REQUEST_HEADERS,
            },
            "securitySchemes": {
                _TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One of the service's configured tokens",
                }
            },
            "headers": HEADERS,
            "responses": {
                _named(304): {
                    "description": "The answer that the client has is still current",
                    "headers": _headers(TAG),
                },
                # From the server itself.
                _named(414): {"description": "The request line is longer than the server accepts"},
                **{_named(status): _failed(each) for status, each in FAILURES.items()},
            },
        },
    }


def _named(status: int) -> str:
    """Return the name of the component for a status; Python releases differ in that of 414."""
    is_too_long = status == HTTPStatus.REQUEST_URI_TOO_LONG
    return "TooLong" if is_too_long else HTTPStatus(status).phrase.replace(" ", "")


def _operation(route: Route, method: str) -> Node:
    operation = route.operations[method]
    is_write = method in WRITES
    needs_token = is_write or operation.needs_token
    described = description_of(operation)
    is_tagged = not is_write and any(TAG in each.headers for each in described.successes)
    conditions = described.headers
    if is_tagged:
        conditions = ("If-Match.read", "If-None-Match", *conditions)
    others = {*_ALWAYS, *((304, 412) if is_tagged else ()), *described.failures}
    names = [
        *route.converters,
        *(each.unique_name for each in described.parameters),
        *(*conditions, "X-Request-Id"),
    ]
    return {
        "operationId": operation.handler.__name__,
        "tags": [route.tag],
        "summary": described.summary,
        **({"description": described.help} if described.help else {}),
        **_security(operation, is_needed=needs_token),
        "parameters": [reference(name, "parameters") for name in names],
        **_body(operation.media_types, described),
        "responses": {
            **{str(each.status.value): _succeeded(each) for each in described.successes},
            **{str(each): reference(_named(each), "responses") for each in sorted(others)},
        },
    }


def _security(operation: Operation, *, is_needed: bool) -> Node:
    if is_needed:
        return {"security": [{_TOKEN: []}]}
    # OpenAPI's form of an optional token.
    return {"security": [{}, {_TOKEN: []}]} if operation.reads_token else {}


def _body(media_types: Sequence[str], described: Description) -> Node:
    """Describe the request body in each media type, if there is one."""
    examples = [
        each
        for success in described.successes
        for some in success.examples.values()
        for each in some
    ]
    schemas = {**_SENT, JSON: reference(described.sent)} if described.sent else _SENT
    content = {}
    for media_type in media_types:
        sent = [each for each in examples if ("Content-Type", media_type) in each.headers]
        shown = _numbered([each.describe_sent(media_type) for each in sent])
        content[media_type] = {"schema": schemas[media_type], **shown}
    return {"requestBody": {"required": True, "content": content}} if content else {}


def _succeeded(success: Success) -> Node:
    return {
        "description": success.help,
        "headers": _headers(*success.headers),
        **_content(success.contents, success.examples),
    }


def _in_query(parameter: Parameter, default: object) -> Node:
    schema = dict(parameter.schema)
    example = FILTER_EXAMPLES.get(parameter.name, parameter.example)
    is_list = schema.get("type") == "array"
    return {
        "name": parameter.name,
        "in": "query",
        **({"required": True} if parameter.is_required else {}),
        "description": parameter.help,
        **({"style": "form", "explode": False} if is_list else {}),
        "schema": schema if default is None else {**schema, "default": default},
        **({} if example is None else {"example": example}),
    }


def _in_path(name: str) -> Node:
    return {
        "name": name,
        "in": "path",
        "required": True,
        **_SEGMENTS[name],
    }


def _headers(*names: str) -> Node:
    return {name: reference(name, "headers") for name in (*names, *COMMON)}


def _failed(failure: DescribedFailure) -> Node:
    return {
        "description": failure.help,
        "headers": _headers(*failure.headers),
        **_content(_FAILURE_CONTENTS, failure.examples),
    }


def _content(contents: Mapping[str, JsonSchema], examples: Examples) -> Node:
    """Describe the answer's body in each media type, if there is one."""
    described = {
        kind: {"schema": schema, **_numbered([e.describe(kind) for e in examples.get(kind, ())])}
        for kind, schema in contents.items()
    }
    return {"content": described} if described else {}


def _numbered(shown: Sequence[Node]) -> Node:
    numbered = {f"example-{number}": each for number, each in enumerate(shown, 1)}
    return {"examples": numbered} if numbered else {}
