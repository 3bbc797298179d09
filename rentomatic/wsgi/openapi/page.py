"""The OpenAPI document as a page. Its HTML and style are in `rentomatic/wsgi/templates`."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from rentomatic.requests.parsers import MAX_INTEGER, as_list_text
from rentomatic.resources import PACKAGE
from rentomatic.wsgi.handlers.documents import ADDRESS
from rentomatic.wsgi.openapi.headers import COMMON

if TYPE_CHECKING:
    from jinja2 import Template

Node = dict[str, Any]

_TEMPLATES = PACKAGE / "wsgi" / "templates"


def write_page(document: Node) -> bytes:
    """Render a document made by `describe`."""
    operations = [
        _operation(path, method, said, document["components"]["parameters"])
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    statuses = {name: status for each in operations for status, name in each["failures"].items()}
    # A parameter has its anchor in the first operation that takes it.
    homes = {
        key: each["operationId"]
        for each in reversed(operations)
        for keys in each["parameters"].values()
        for key in keys
    }
    page = _template().render(
        info=document["info"],
        components=document["components"],
        operations=operations,
        statuses=dict(sorted(statuses.items(), key=lambda item: item[1])),
        homes=homes,
        common=COMMON,
        address=ADDRESS,
        style=_style(),
    )
    return page.encode()


def policy() -> str:
    """Return the page's Content-Security-Policy: its own style and nothing else."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    return (_TEMPLATES / "docs.css").read_text(encoding="utf-8")


@cache
def _template() -> "Template":
    # Most commands do not write the page and start faster without Jinja2.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["max_integer"] = MAX_INTEGER
    environment.filters.update(
        command=_command, name=_name_of, readable=_readable, typed=as_list_text
    )
    return environment.get_template("docs.html")


def _operation(path: str, method: str, said: Node, parameters: Node) -> Node:
    """Arrange the parameters and answers of an operation for the page."""
    kinds: Node = {"query": [], "filters": [], "headers": []}
    for key in map(_name_of, said["parameters"]):
        is_header, is_filter = parameters[key]["in"] == "header", key.startswith("filter_")
        kinds["headers" if is_header else "filters" if is_filter else "query"].append(key)
    answers = said["responses"].items()
    successes = {status: answer for status, answer in answers if "$ref" not in answer}
    contents = [each for some in successes.values() for each in some.get("content", {}).values()]
    return said | {
        "path": path,
        "method": method.upper(),
        "parameters": kinds,
        "successes": successes,
        # Answers of several operations have a section of their own.
        "failures": {status: _name_of(answer) for status, answer in answers if "$ref" in answer},
        "examples": [each for some in contents for each in some.get("examples", {}).values()],
    }


def _name_of(pointer: dict[str, str]) -> str:
    """Return the name of the component to which a reference points."""
    return pointer["$ref"].rpartition("/")[2]


def _command(description: str) -> str:
    """Return the request of an example as a curl command."""
    head, _, body = description.partition("\n\n")
    line, *headers = head.splitlines()
    method, _, target = line.partition(" ")
    options = "" if method == "GET" else f" -X {method}"
    options += "".join(f" -H '{each}'" for each in headers)
    options += f" -d '{body}'" if body else ""
    return f'curl{options} "$SERVICE{target}"'


def _readable(value: object) -> str:
    """Format a value for people: text unchanged, an array with one item per line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"
    return json.dumps(value, indent=2)
