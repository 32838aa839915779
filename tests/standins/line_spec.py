"""LINE's published OpenAPI files as validators.

OpenAPI's discriminators (a `Message` is what its `type` says) become JSON Schema conditions, and
every object is closed, so that a property LINE does not know is an error and not a silent loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

CONTRACTS = Path(__file__).parents[1] / "contracts" / "line"
SCHEMAS = "#/components/schemas/"

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path. `body`: its schema's name; `retry_key`: whether it takes the header."""

    id: str
    template: str
    body: str | None
    retry_key: bool


class Spec:
    """One OpenAPI file. Raises OSError where it cannot be read."""

    def __init__(self, file: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document = yaml.load((CONTRACTS / file).read_text("utf-8"), Loader=loader)
        self._schemas = _resolved(document["components"]["schemas"])
        self._validators: dict[str, Draft202012Validator] = {}
        self._paths = [
            (_pattern(template), method, _operation(template, item[method]))
            for template, item in document["paths"].items()
            for method in ("get", "post", "put", "delete")
            if method in item
        ]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation for a request and its path parameters; None where LINE has no such one."""
        exact = [
            (operation, match.groupdict())
            for pattern, known, operation in self._paths
            if known == method.lower() and (match := pattern.fullmatch(path))
        ]
        # /richmenu/list is also /richmenu/{richMenuId}: the fewest parameters win.
        return min(exact, key=lambda found: len(found[1]), default=None)

    def problems(self, schema: str, value: Any) -> list[dict[str, str]]:
        """What is wrong with `value`, in the shape of LINE's error `details`; empty where nothing."""
        if schema not in self._validators:
            root = {"$ref": SCHEMAS + schema, "components": {"schemas": self._schemas}}
            self._validators[schema] = Draft202012Validator(root)
        # The innermost first: an object around a wrong one is reported as well.
        errors = sorted(self._validators[schema].iter_errors(value), key=lambda error: -len(error.absolute_path))
        return [{"message": error.message[:300], "property": error.json_path[2:]} for error in errors]


def _operation(template: str, item: Json) -> Operation:
    media = item.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = media.get("schema", {}).get("$ref", "")
    headers = {parameter["name"] for parameter in item.get("parameters", ()) if parameter["in"] == "header"}
    return Operation(
        item["operationId"], template, reference.removeprefix(SCHEMAS) or None, "X-Line-Retry-Key" in headers
    )


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def _resolved(schemas: Json) -> Json:
    """`schemas` as JSON Schema 2020-12: bases split from what they dispatch to, objects closed."""
    resolved: Json = {}
    for name, original in schemas.items():
        schema = deepcopy(original)
        mapping = schema.pop("discriminator", None)
        if mapping:
            resolved[name + "__base"] = _nullable(schema)
            resolved[name] = _dispatch(mapping["propertyName"], mapping["mapping"])
        else:
            resolved[name] = _closed(_nullable(schema))
    for name, original in schemas.items():
        if "discriminator" in original:
            _narrow(resolved, name, original["discriminator"])
    return resolved


def _dispatch(key: str, mapping: dict[str, str]) -> Json:
    branches = [
        {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": {"$ref": reference}}
        for value, reference in mapping.items()
    ]
    return {"type": "object", "required": [key], "properties": {key: {"enum": list(mapping)}}, "allOf": branches}


def _narrow(resolved: Json, base: str, discriminator: Json) -> None:
    """Let each subtype extend the base alone (or it would recurse) and say which type it is."""
    for value, reference in discriminator["mapping"].items():
        subtype = resolved[reference.removeprefix(SCHEMAS)]
        for part in subtype.get("allOf", ()):
            if part.get("$ref") == SCHEMAS + base:
                part["$ref"] += "__base"
        subtype["allOf"] = [
            *subtype.get("allOf", ()),
            {"properties": {discriminator["propertyName"]: {"const": value}}},
        ]


def _closed(schema: Json) -> Json:
    if "allOf" in schema:
        schema.setdefault("unevaluatedProperties", False)
    elif "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _nullable(schema: Json) -> Json:
    for part in _objects(schema):
        if part.pop("nullable", False) is True and isinstance(part.get("type"), str):
            part["type"] = [part["type"], "null"]
    return schema


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
