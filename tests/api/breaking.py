"""What in a new OpenAPI document would break a client that was written for an older one.

Direction matters: a request may come to need less and a response may come to tell more. Errors
are free to change: every client must be ready for each of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

JsonObject = Mapping[str, Any]

# How a limit of what is sent becomes stricter: a new one, or one that was moved inwards.
_STRICTER: Mapping[str, Callable[[Any, Any], bool]] = {
    "maxLength": lambda old, new: new < old,
    "maximum": lambda old, new: new < old,
    "maxItems": lambda old, new: new < old,
    "minLength": lambda old, new: new > old,
    "minimum": lambda old, new: new > old,
    "minItems": lambda old, new: new > old,
    "pattern": lambda old, new: new != old,
    "format": lambda old, new: new != old,
}


def breaking_changes(old: JsonObject, new: JsonObject) -> list[str]:
    """One line a change, naming the operation and the place in it."""
    found: list[str] = []
    for path, operations in old["paths"].items():
        for method, before in operations.items():
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{where}: it is gone")
            else:
                found += [f"{where}: {it}" for it in _Comparison(old, new).operation(before, after)]
    return found


@dataclass
class _Comparison:
    """Two documents, and the pairs of schemas that are compared already (schemas may recur)."""

    old: JsonObject
    new: JsonObject
    seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def operation(self, old: JsonObject, new: JsonObject) -> Iterator[str]:
        if "security" in new and "security" not in old:
            yield "it needs signing in now"
        yield from self._parameters(old, new)
        yield from self._body(old.get("requestBody"), new.get("requestBody"))
        for status, before in old["responses"].items():
            if status.startswith("2"):
                after = new["responses"].get(status)
                if after is None:
                    yield f"it does not answer {status} any more"
                else:
                    yield from self._content(before, after, f"the answer {status}", sent=False)

    def _parameters(self, old: JsonObject, new: JsonObject) -> Iterator[str]:
        before, after = (
            {(it["in"], it["name"]): it for it in document.get("parameters", ())}
            for document in (old, new)
        )
        for key, parameter in after.items():
            name = f"the parameter {key[1]}"
            known = before.get(key)
            if parameter.get("required") and not (known or {}).get("required"):
                yield f"{name} is required now"
            if known is not None:
                yield from self._schema(known["schema"], parameter["schema"], name, sent=True)
        for _, name in before.keys() - after.keys():
            yield f"the parameter {name} is gone"

    def _body(self, old: JsonObject | None, new: JsonObject | None) -> Iterator[str]:
        if old is None and new is not None and new.get("required", False):
            yield "it needs a body now"
        elif old is not None and new is None:
            yield "it takes no body any more"
        elif old is not None and new is not None:
            yield from self._content(old, new, "the body", sent=True)

    def _content(self, old: JsonObject, new: JsonObject, at: str, *, sent: bool) -> Iterator[str]:
        for kind, before in old.get("content", {}).items():
            after = new.get("content", {}).get(kind)
            if after is None:
                yield f"{at} is not {kind} any more"
            else:
                yield from self._schema(
                    before.get("schema", {}), after.get("schema", {}), at, sent=sent
                )

    def _schema(self, old: JsonObject, new: JsonObject, at: str, *, sent: bool) -> Iterator[str]:
        pair = (old.get("$ref", ""), new.get("$ref", ""), sent)
        if all(pair[:2]):
            if pair in self.seen:
                return
            self.seen.add(pair)
        old, new = _resolved(self.old, old), _resolved(self.new, new)
        before, after = _types(self.old, old), _types(self.new, new)
        if sent and (lost := before - after):
            yield f"{at} cannot be {', '.join(sorted(lost))} any more"
        if not sent and (more := after - before):
            yield f"{at} can be {', '.join(sorted(more))} now"
        if sent:
            yield from _stricter(old, new, at)
        yield from self._properties(old, new, at, sent=sent)
        for inner in ("items", "additionalProperties"):
            if isinstance(old.get(inner), Mapping) and isinstance(new.get(inner), Mapping):
                yield from self._schema(old[inner], new[inner], f"{at}/*", sent=sent)
        for one, other in zip(_choices(old), _choices(new), strict=False):
            yield from self._schema(one, other, at, sent=sent)

    def _properties(
        self, old: JsonObject, new: JsonObject, at: str, *, sent: bool
    ) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() - after.keys()):
            yield f"{at}/{name} is gone"
        for name in sorted(needed_after - needed_before) if sent else ():
            yield f"{at}/{name} is required now"
        for name in sorted((needed_before - needed_after) & after.keys()) if not sent else ():
            yield f"{at}/{name} can be missing now"
        for name in sorted(before.keys() & after.keys()):
            yield from self._schema(before[name], after[name], f"{at}/{name}", sent=sent)


def _resolved(document: JsonObject, schema: JsonObject) -> JsonObject:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _choices(schema: JsonObject) -> list[JsonObject]:
    """What a union is made of, in its order, without null."""
    all_of_it = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return [it for it in all_of_it if it.get("type") != "null"]


def _types(document: JsonObject, schema: JsonObject) -> set[str]:
    """The JSON types that a schema allows; of none said, all are."""
    schema = _resolved(document, schema)
    parts = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    said = schema.get("type", [])
    own = {said} if isinstance(said, str) else set(said)
    return own.union(*(_types(document, part) for part in parts)) or {"anything"}


def _stricter(old: JsonObject, new: JsonObject, at: str) -> Iterator[str]:
    if "enum" in new and (lost := set(old.get("enum", new["enum"])) - set(new["enum"])):
        yield f"{at} cannot be {', '.join(sorted(map(str, lost)))} any more"
    for name, is_stricter in _STRICTER.items():
        if name in new and (name not in old or is_stricter(old[name], new[name])):
            yield f"{at} has a stricter {name} now"
