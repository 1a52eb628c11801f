"""A client that was written for the last release still works."""

from copy import deepcopy
from typing import Any

import pytest

from tests.api.breaking import breaking_changes
from tests.api.released import QUANTA, document_of, released
from tests.api.test_guides import application

BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 10},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
}
ANSWER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "owner": {"oneOf": [{"$ref": "#/x/Owner"}]}},
}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Owner": {
                "type": "object",
                "required": ["age"],
                "properties": {"age": {"type": "integer"}, "friend": {"$ref": "#/x/Owner"}},
            }
        }
    },
    "paths": {
        "/things": {
            "post": {
                "parameters": [{"in": "query", "name": "page", "schema": {"type": "integer"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": BODY}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": ANSWER}}},
                    "409": {},
                },
            }
        }
    },
}
OPERATION = ("paths", "/things", "post")
SENT = (*OPERATION, "requestBody", "content", "application/json", "schema")
TOLD = (*OPERATION, "responses", "201", "content", "application/json", "schema")
OWNER = ("components", "schemas", "Owner")
GONE = object()


def changed(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    at: Any = document
    for name in place[:-1]:
        at = at[name]
    if value is GONE:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return document


@pytest.mark.parametrize("quantum", QUANTA)
def test_nothing_that_was_released_is_broken(quantum: str) -> None:
    assert breaking_changes(released(quantum), document_of(application(quantum))) == []


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (OPERATION, GONE, "it is gone"),
        ((*OPERATION, "security"), [{}], "signing in"),
        ((*OPERATION, "parameters"), [], "page is gone"),
        (
            (*OPERATION, "parameters"),
            [
                *DOCUMENT["paths"]["/things"]["post"]["parameters"],
                {"in": "query", "name": "q", "required": True, "schema": {}},
            ],
            "q is required",
        ),
        ((*OPERATION, "responses", "201"), GONE, "does not answer 201"),
        ((*SENT, "required"), ["name", "kind"], "/kind is required"),
        ((*SENT, "properties", "kind"), GONE, "/kind is gone"),
        ((*SENT, "properties", "kind", "enum"), ["a"], "/kind cannot be b"),
        ((*SENT, "properties", "name", "maxLength"), 9, "/name has a stricter maxLength"),
        ((*SENT, "properties", "name", "pattern"), "^x", "/name has a stricter pattern"),
        ((*SENT, "properties", "name", "type"), "integer", "/name cannot be string"),
        ((*TOLD, "properties", "id"), GONE, "/id is gone"),
        ((*TOLD, "required"), [], "/id can be missing"),
        ((*TOLD, "properties", "id", "type"), ["string", "null"], "/id can be null"),
        ((*OWNER, "properties", "age", "type"), "string", "/owner/age can be string"),
    ],
)
def test_what_breaks_a_client_is_named(place: tuple[str, ...], value: Any, words: str) -> None:
    found = breaking_changes(DOCUMENT, changed(place, value))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("paths", "/more"), {"get": {}}),
        ((*OPERATION, "responses", "409"), GONE),
        ((*OPERATION, "responses", "412"), {}),
        ((*SENT, "required"), []),
        ((*SENT, "properties", "kind", "enum"), ["a", "b", "c"]),
        ((*SENT, "properties", "name", "maxLength"), 11),
        ((*SENT, "properties", "more"), {"type": "string"}),
        ((*TOLD, "properties", "more"), {"type": "string"}),
        ((*TOLD, "required"), ["id", "owner"]),
        ((*OWNER, "properties", "name"), {"type": "string"}),
    ],
)
def test_what_only_adds_breaks_nobody(place: tuple[str, ...], value: Any) -> None:
    assert breaking_changes(DOCUMENT, changed(place, value)) == []
