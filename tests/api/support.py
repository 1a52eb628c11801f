"""The API as tests use it: the real application over HTTP semantics, on the test's databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar, cast

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar
from pydantic import SecretStr

from api.app import create_app
from api.kernel.quantum import Quantum
from api.kernel.settings import ServiceSettings

BASE = "http://testserver.local"
S = TypeVar("S", bound=ServiceSettings)

_applications: dict[object, Litestar] = {}


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


def application(quantum: Callable[[S], Quantum], settings: S) -> Litestar:
    """One quantum's application, made once for the same settings: making it takes 0.2 s.

    Its engine is disposed of whenever it stops, and connects anew when it starts again.
    """
    values = [
        it.get_secret_value() if isinstance(it, SecretStr) else str(it)
        for it in settings.model_dump().values()
    ]
    key = (quantum, *values)
    if key not in _applications:
        _applications[key] = create_app([quantum(settings)])
    return _applications[key]


@asynccontextmanager
async def client(quantum: Callable[[S], Quantum], settings: S) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of one quantum's application, in the loop of the test.

    What a test gathers is in work at once; Litestar's own client runs one request after another.
    """
    app = application(quantum, settings)
    begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    # A task of its own: a fixture is set up and torn down in two, and a task group wants one.
    living = asyncio.create_task(_live(app, begun, over))
    await begun
    # Litestar's types of ASGI are narrower than httpx's.
    inside = httpx.ASGITransport(cast("Any", app), client=("testclient", 50000))
    browser = httpx.AsyncClient(transport=inside, base_url=BASE, follow_redirects=True)
    try:
        async with browser as opened:
            yield opened
    finally:
        over.set()
        await living


async def _live(app: Litestar, begun: asyncio.Future[None], over: asyncio.Event) -> None:
    try:
        async with app.lifespan():
            begun.set_result(None)
            await over.wait()
    except BaseException as error:
        if begun.done():
            raise
        begun.set_exception(error)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def pointers(problem: httpx.Response) -> set[str]:
    """The JSON pointers of the errors that a problem lists."""
    errors: list[dict[str, Any]] = problem.json()["errors"]
    return {error["pointer"] for error in errors}
