"""Examples for the OpenAPI document, put together from the schemas and one example a name.

A name means the same everywhere, as far as it can; where it does not, the example is that of the
struct and the name, `InvoiceView.status`.
"""

from collections.abc import Mapping
from typing import Any, Final

_BY_FORMAT: Final = {
    "uuid": "01998d5c-7a3e-7c51-9f0e-3b1d5a7c9e11",
    "date-time": "2026-12-01T15:00:00Z",
    "date": "2026-12-01",
    "uri": "https://squad.example/",
}
_DEEPEST: Final = 8

Schema = Mapping[str, Any]


class Examples:
    """Makes an example for any schema of one document."""

    def __init__(self, schemas: Mapping[str, Schema], by_name: Mapping[str, Any]) -> None:
        """`by_name` maps a property's name, or a struct's and a property's, to its example."""
        self._schemas = schemas
        self._by_name = by_name

    def of(self, schema: Schema, name: str = "", within: str = "", depth: int = 0) -> Any:
        """An example that fits the schema; `name` is the property's, `within` its struct's."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema or "const" in schema:
            return self._chosen(schema, name, within)
        # A reference with a description of its own stands alone in an `allOf`.
        for part in (part for way in ("oneOf", "anyOf", "allOf") for part in schema.get(way, ())):
            if part.get("type") != "null":
                return self.of(part, name, within, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next(it for it in kind if it != "null")
        named = self._named(name, within)
        if named is not None and _is(named, kind):
            return named
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return [self.of(schema["items"], name, within, depth + 1)] if depth < _DEEPEST else []
        return _plain(schema, kind)

    def missing(self) -> list[str]:
        """Texts of structs for which there is neither an example nor a form that gives one."""
        found = []
        for title, schema in sorted(self._schemas.items()):
            for name, property_ in schema.get("properties", {}).items():
                if self.of(property_, name, title) == "":
                    found.append(f"{title}.{name}")
        return found

    def _named(self, name: str, within: str) -> Any:
        return self._by_name.get(f"{within}.{name}", self._by_name.get(name))

    def _chosen(self, schema: Schema, name: str, within: str) -> Any:
        values = schema.get("enum") or [schema["const"]]
        named = self._named(name, within)
        return named if named in values else next(it for it in values if it is not None)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        if depth > _DEEPEST:
            return {}
        title = schema.get("title", "")
        return {
            name: self.of(property_, name, title, depth + 1)
            for name, property_ in schema.get("properties", {}).items()
        }


def _is(value: Any, kind: str | None) -> bool:
    kinds: dict[str | None, type | tuple[type, ...]] = {
        "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "array": list, "object": dict,
    }  # fmt: skip
    right = isinstance(value, kinds.get(kind, object))
    return right and (kind == "boolean" or not isinstance(value, bool))


def _plain(schema: Schema, kind: str | None) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if kind in {"integer", "number"}:
        return int(schema.get("minimum", 1))
    if kind == "boolean":
        return True
    return _BY_FORMAT.get(schema.get("format", ""), "")
