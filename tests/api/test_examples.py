"""The examples of the OpenAPI documents are there, fit their schemas, and are taken by the API."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from litestar.routes import HTTPRoute

from api.examples import EXAMPLES
from api.kernel.examples import Examples
from api.kernel.validation import list_errors
from tests.api.released import QUANTA, document_of
from tests.api.test_guides import application


def messages(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body of requests and successful answers, with its place."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts = {"body": operation.get("requestBody", {})} | {
                status: answer
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            }
            for part, message in parts.items():
                if content := message.get("content", {}).get("application/json"):
                    yield f"{method.upper()} {path} {part}", content


@pytest.mark.parametrize("quantum", QUANTA)
def test_every_text_has_an_example(quantum: str) -> None:
    schemas = application(quantum).openapi_schema.to_schema()["components"]["schemas"]
    assert Examples(schemas, EXAMPLES).missing() == [], "give them one in api/examples.py"


@pytest.mark.parametrize("quantum", QUANTA)
def test_every_example_fits_its_schema(quantum: str) -> None:
    document = document_of(application(quantum))
    wrong = []
    for place, content in messages(document):
        schema = {**content["schema"], "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        wrong += [
            f"{place}: {error.instance_path} {error.message}"
            for error in validator.iter_errors(content["example"])
        ]
    assert wrong == []


@pytest.mark.parametrize("quantum", QUANTA)
def test_every_example_of_a_body_is_one_that_the_route_takes(quantum: str) -> None:
    app = application(quantum)
    document = document_of(app)
    examples = {place: content["example"] for place, content in messages(document)}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                example = examples.get(f"{method} {route.path_format} body")
                if example is not None and handler.parsed_data_field is not None:
                    body = msgspec.json.encode(example)
                    errors = list_errors(body, handler.parsed_data_field.raw)
                    assert errors == [], f"{method} {route.path_format}"
