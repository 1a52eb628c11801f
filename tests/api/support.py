"""The API as tests use it: the real application over HTTP semantics, on the test's databases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.kernel.quantum import Quantum


@cache
def key_pair(issuer: str) -> tuple[str, str]:
    """A PEM private and public key for one issuer, the same for the whole test run."""
    del issuer
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@asynccontextmanager
async def client(quantum: Quantum) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of one quantum's application."""
    async with AsyncTestClient(create_app([quantum])) as opened:
        yield opened


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def pointers(problem: httpx.Response) -> set[str]:
    """The JSON pointers of the errors that a problem lists."""
    errors: list[dict[str, Any]] = problem.json()["errors"]
    return {error["pointer"] for error in errors}
