"""JSON Schema in words."""

import json
from typing import Any

from rentomatic.requests.parsers import MAX_INTEGER
from rentomatic.wsgi.openapi.markup import Markup, element, join

_BOUNDS = {"minimum": "from", "maximum": "to", "exclusiveMaximum": "below"}
_FORMATS = {"uuid": "UUID", "uri-reference": "relative reference", "date-time": "date and time"}


def spell(schema: dict[str, Any]) -> Markup:
    """Say which values a schema allows; it knows what the schemas of this service use."""
    if "$ref" in schema:
        name = name_of(schema)
        return element("a", name, href=f"#schema-{name}")
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return _joined(" or ", [spell(each) for each in schema[several]])
    if "const" in schema or "enum" in schema:
        return _joined(", ", [_code(each) for each in schema.get("enum", [schema.get("const")])])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return _joined(" or ", [_spell_kind(kind, schema) for kind in kinds])


def name_of(pointer: dict[str, str]) -> str:
    """Give the name of the component to which a reference points."""
    return pointer["$ref"].rpartition("/")[2]


def _spell_kind(kind: str, schema: dict[str, Any]) -> Markup:
    if kind == "array":
        return _spell_array(schema)
    if kind == "object":
        names = [element("code", name) for name in schema.get("properties", ())]
        return join("object", *([" of ", _joined(", ", names)] if names else []))
    if kind == "string":
        return join(_FORMATS.get(schema.get("format", ""), "text"))
    # That no integer has more digits is said once for all.
    bounds = [
        f"{word} {schema[key]}"
        for key, word in _BOUNDS.items()
        if key in schema and abs(schema[key]) < MAX_INTEGER
    ]
    return join(" ".join([kind, *(bounds if kind != "null" else [])]))


def _spell_array(schema: dict[str, Any]) -> Markup:
    if "prefixItems" in schema:
        return _joined(", ", [spell(each) for each in schema["prefixItems"]])
    least, most = schema.get("minItems"), schema.get("maxItems")
    number = f"{most} " if least == most and most else f"at most {most} " if most else ""
    return join(f"list of {number}", spell(schema["items"]))


def _code(value: object) -> Markup:
    return element("code", value if isinstance(value, str) else json.dumps(value))


def _joined(separator: str, parts: list[Markup]) -> Markup:
    return Markup(separator.join(parts))
