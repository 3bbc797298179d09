"""The document as a page, to read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rentomatic.requests.parsers import as_text
from rentomatic.wsgi.handlers.documents import ADDRESS
from rentomatic.wsgi.openapi.headers import COMMON
from rentomatic.wsgi.openapi.markup import (
    Markup,
    element,
    inline,
    join,
    page,
    paragraphs,
    row,
    table,
)
from rentomatic.wsgi.openapi.spelling import name_of, spell

Node = dict[str, Any]
Entry = tuple[str, str, Node]  # the path, the method, and what is said of both

_EXAMPLES = """\
The examples show what a service with four rooms answers; `TOKEN` stands for a token. Their commands
find it at the address that `SERVICE` holds:
"""


def write_page(document: Node) -> bytes:
    """Write the page of an OpenAPI document that `describe` made."""
    info, components = document["info"], document["components"]
    operations = [
        (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    statuses = {
        status: name_of(answer)
        for _, _, operation in operations
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }
    sections = {
        "Parameters": _parameters(components["parameters"]),
        "Other answers": join(*_others(components["responses"], statuses)),
        "Headers": _headers(components["headers"]),
        "Schemas": join(*_schemas(components["schemas"])),
    }
    title = element("h1", info["title"], " ", element("small", info["version"]))
    return page(
        info["title"],
        element("header", title, element("p", info["summary"], class_="soft")),
        _contents(operations, list(sections)),
        element(
            "main",
            paragraphs(f"{info['description']}\n\n{_EXAMPLES}"),
            element("pre", f"SERVICE={ADDRESS}"),
            *(_operation(each, components) for each in operations),
            *(_section(_id(name), name, body) for name, body in sections.items()),
        ),
        element("footer", "The same for programs: ", _link("/openapi.json", "/openapi.json")),
    )


def _section(name: str, title: str, *body: str) -> Markup:
    return element("section", element("h2", title), *body, id=name)


def _link(target: str, *text: str) -> Markup:
    return element("a", *text, href=target)


def _id(title: str) -> str:
    return title.lower().replace(" ", "-")


def _resource(path: str, method: str) -> Markup:
    return join(element("span", method, class_="method"), " ", element("code", path))


def _contents(operations: list[Entry], sections: list[str]) -> Markup:
    resources = [
        join(
            _link(f"#{each['operationId']}", _resource(path, method)), " ", inline(each["summary"])
        )
        for path, method, each in operations
    ]
    links = [*resources, *(_link(f"#{_id(name)}", name) for name in sections)]
    return element(
        "nav", element("ul", *(element("li", each) for each in links)), aria_label="Contents"
    )


def _operation(entry: Entry, components: Node) -> Markup:
    path, method, said = entry
    answers = {
        status: components["responses"][name_of(answer)] if "$ref" in answer else answer
        for status, answer in said["responses"].items()
    }
    # What several resources answer has a section of its own.
    examples = list(_examples(each for each in said["responses"].values() if "$ref" not in each))
    return _section(
        said["operationId"],
        _resource(path, method),
        element("p", element("strong", inline(said["summary"]))),
        paragraphs(said.get("description", "")),
        element("h3", "Parameters"),
        _parameter_links(said["parameters"], components),
        *_sent(said.get("requestBody", {}).get("content", {})),
        element("h3", "Answers"),
        table(
            f"What {method} {path} answers",
            ("Status", "What", "As", "Headers"),
            *(_answer(status, answer) for status, answer in answers.items()),
        ),
        element("h3", "Examples") if examples else "",
        *examples,
    )


def _parameter_links(given: list[dict[str, str]], components: Node) -> Markup:
    keys = map(name_of, given)
    names = {key: components["parameters"][key]["name"] for key in keys}
    return _list(_link(f"#parameter-{key}", element("code", name)) for key, name in names.items())


def _sent(contents: Node) -> Iterator[Markup]:
    if contents:
        yield element("h3", "Body")
        yield _list(
            join(spell(content["schema"]), " as ", element("code", media_type))
            for media_type, content in contents.items()
        )


def _list(items: Iterable[Markup]) -> Markup:
    return element("ul", *(element("li", each) for each in items), class_="names")


def _names(names: Iterable[str], kind: str) -> Markup:
    return _list(_link(f"#{kind}-{each}", element("code", each)) for each in names)


def _answer(status: str, answer: Node) -> Markup:
    return row(
        status,
        inline(answer["description"]),
        _list(element("code", each) for each in answer.get("content", ())),
        _names((each for each in answer.get("headers", ()) if each not in COMMON), "header"),
    )


def _examples(answers: Iterable[Node]) -> Iterator[Markup]:
    for answer in answers:
        for content in answer.get("content", {}).values():
            yield from map(_example, content.get("examples", {}).values())


def _example(example: Node) -> Markup:
    head, _, body = example["description"].partition("\n\n")
    line, *headers = head.splitlines()
    method, _, target = line.partition(" ")
    options = "" if method == "GET" else f" -X {method}"
    options += "".join(f" -H '{each}'" for each in headers)
    options += f" -d '{body}'" if body else ""
    command = f'curl{options} "$SERVICE{target}"'
    return element(
        "details",
        element("summary", inline(example["summary"])),
        element("pre", command),
        element("pre", _indented(example["value"])),
    )


def _indented(value: object) -> str:
    """Write a value to read: text as it is, an array with an item a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        lines = ",\n  ".join(json.dumps(each) for each in value)
        return f"[\n  {lines}\n]"
    return json.dumps(value, indent=2)


def _parameters(parameters: Node) -> Markup:
    rows = (
        row(
            element("code", each["name"]),
            spell(each["schema"]),
            inline(each["description"]),
            _sample(each.get("example")),
            id_=f"parameter-{name}",
        )
        for name, each in parameters.items()
    )
    return table("All parameters", ("Name", "Value", "Meaning", "Example"), *rows)


def _sample(value: object) -> Markup:
    if value is None:
        return join()
    values = value if isinstance(value, list | tuple) else [value]
    return element("code", ",".join(map(as_text, values)))


def _headers(headers: Node) -> Markup:
    rows = (
        row(
            element("code", name),
            spell(each["schema"]),
            inline(each["description"]),
            id_=f"header-{name}",
        )
        for name, each in headers.items()
    )
    return table("Headers of answers", ("Name", "Value", "Meaning"), *rows)


def _others(answers: Node, statuses: Mapping[str, str]) -> Iterator[Markup]:
    for status, name in sorted(statuses.items()):
        answer = answers[name]
        yield element("h3", status)
        yield element("p", inline(answer["description"]))
        yield from _examples([answer])


def _schemas(schemas: Node) -> Iterator[Markup]:
    for name, schema in schemas.items():
        about = [element("p", inline(schema["description"]))] if "description" in schema else []
        members = schema.get("properties", {}).items()
        rows = [
            row(element("code", key), spell(each), inline(each.get("description", "")))
            for key, each in members
        ]
        shown = table(name, ("Name", "Value", "Meaning"), *rows) if rows else spell(schema)
        yield element("section", element("h3", name), *about, shown, id=f"schema-{name}")
