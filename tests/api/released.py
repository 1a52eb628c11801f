"""The API as the last release had it: `python -m tests.api.released` writes docs/openapi anew.

It is run when a version is released, and then alone.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from api.examples import EXAMPLES
from api.kernel.openapi import complete
from tests.api.test_guides import application

RELEASED = Path(__file__).resolve().parents[2] / "docs" / "openapi"
QUANTA = ("customer", "sysops", "billing", "analytics")


def document_of(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document as clients get it, in JSON's own types."""
    whole = complete(app, app.openapi_schema.to_schema(), EXAMPLES)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return document


@cache
def _document(quantum: str) -> dict[str, Any]:
    return document_of(application(quantum))


def paths_of(quantum: str) -> dict[str, Any]:
    """The operations of a quantum's document, by path and method."""
    paths: dict[str, Any] = _document(quantum)["paths"]
    return paths


def schemas_of(quantum: str) -> dict[str, Any]:
    """The schemas that a quantum's document refers to, by name."""
    schemas: dict[str, Any] = _document(quantum)["components"]["schemas"]
    return schemas


def released(quantum: str) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode((RELEASED / f"{quantum}.json").read_bytes())
    return document


def write() -> None:
    for quantum in QUANTA:
        encoded = msgspec.json.encode(document_of(application(quantum)), order="sorted")
        text = msgspec.json.format(encoded, indent=1)
        (RELEASED / f"{quantum}.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    write()
