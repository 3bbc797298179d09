"""The OpenAPI document, arranged for the pages at /docs."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rentomatic.requests.parsers import as_list_text
from rentomatic.wsgi.openapi.headers import COMMON

Node = dict[str, Any]


def arrange(document: Node) -> Node:
    """Return what the pages show of a document made by `describe`.

    It has `info`; `tags`; `operations` by their names, with their parameters, answers and examples;
    the `errors`, `headers` and `schemas` that operations share; and an `index` of parameters.
    """
    components = document["components"]
    operations = [
        _operation(path, method, said, components)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    statuses = {each["name"]: each["status"] for one in operations for each in one["failures"]}
    return {
        "info": document["info"],
        "tags": [each["name"] for each in document["tags"]],
        "operations": {each["id"]: each for each in operations},
        "errors": [
            {**_answer(status, components["responses"][name]), "name": name}
            for name, status in sorted(statuses.items(), key=lambda item: item[1])
        ],
        "headers": components["headers"],
        "schemas": components["schemas"],
        "index": _index(operations),
    }


def _index(operations: Iterable[Node]) -> dict[str, str]:
    """Return the name of the first operation that takes each parameter, in alphabetical order."""
    found: dict[str, str] = {}
    for each in operations:
        for parameter in (*each["parameters"], *each["filters"], *each["headers"]):
            found.setdefault(parameter["key"], each["id"])
    return dict(sorted(found.items()))


def _operation(path: str, method: str, said: Node, components: Node) -> Node:
    """Arrange an operation: its parameters by kinds, and its answers."""
    kinds: dict[str, list[Node]] = {"parameters": [], "filters": [], "headers": []}
    for key in map(_name_of, said["parameters"]):
        parameter = components["parameters"][key]
        is_header, is_filter = parameter["in"] == "header", key.startswith("filter_")
        kind = "headers" if is_header else "filters" if is_filter else "parameters"
        kinds[kind].append(_parameter(key, parameter))
    answers = said["responses"].items()
    successes = [_answer(status, each) for status, each in answers if "$ref" not in each]
    return {
        "id": said["operationId"],
        "path": path,
        "method": method.upper(),
        "tag": said["tags"][0],
        "summary": said["summary"],
        "description": said.get("description", ""),
        # OpenAPI lists an optional token as {} beside it.
        "needs_token": bool(said.get("security")) and {} not in said["security"],
        "reads_token": {} in said.get("security", ()),
        **kinds,
        "body": said.get("requestBody", {}).get("content", {}),
        "successes": successes,
        # Answers of several operations are described once, on a page of their own.
        "failures": [
            {"status": status, "name": name, **components["responses"][name]}
            for status, name in _shared(answers)
        ],
        "examples": [example for each in successes for example in each["examples"]],
    }


def _shared(answers: Iterable[tuple[str, Node]]) -> Iterator[tuple[str, str]]:
    return ((status, _name_of(each)) for status, each in answers if "$ref" in each)


def _parameter(key: str, parameter: Node) -> Node:
    has_example = "example" in parameter
    example = as_list_text(parameter["example"]) if has_example else None
    required = parameter.get("required", False)
    return {**parameter, "key": key, "example": example, "required": required}


def _answer(status: str, said: Node) -> Node:
    contents = said.get("content", {})
    return {
        "status": status,
        "description": said["description"],
        "contents": {media_type: each["schema"] for media_type, each in contents.items()},
        "headers": [name for name in said.get("headers", ()) if name not in COMMON],
        "examples": [
            _example(example)
            for each in contents.values()
            for example in each.get("examples", {}).values()
        ],
    }


def _example(said: Node) -> Node:
    """Arrange an example as a curl command, without the address of the service, and its answer."""
    head, _, body = said["description"].partition("\n\n")
    line, *headers = head.splitlines()
    method, _, target = line.partition(" ")
    options = "" if method == "GET" else f" -X {method}"
    options += "".join(f" -H '{each}'" for each in headers)
    options += f" -d '{body}'" if body else ""
    answer = _readable(said["value"])
    return {"summary": said["summary"], "options": options, "target": target, "answer": answer}


def _name_of(pointer: dict[str, str]) -> str:
    """Return the name of the component to which a reference points."""
    return pointer["$ref"].rpartition("/")[2]


def _readable(value: object) -> str:
    """Format a value for people: text unchanged, an array with one item per line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"
    return json.dumps(value, indent=2)
