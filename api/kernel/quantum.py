"""What a quantum gives to the process that serves it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from api.kernel.auth import TokenVerifier
from api.kernel.background import Background
from api.kernel.limits import Limits

T = TypeVar("T")


@dataclass(frozen=True)
class Quantum:
    """A quantum ready to be mounted under `/<name>`.

    The entries of `dependencies` are Litestar dependencies for its controllers, beside
    `session` (its database) and `now`. Each of `background` runs as long as the process serves,
    with sessions of its database, and ends soon after its event is set. No request is worked on for
    longer than `request_seconds`: more than a statement and the waits before it may take.
    """

    name: str
    engine: AsyncEngine
    verifier: TokenVerifier
    controllers: Sequence[ControllerRouterHandler]
    limits: Limits
    dependencies: Mapping[str, Any] = field(default_factory=dict)
    background: Sequence[Background] = ()
    request_seconds: float = 60.0


def given(value: T) -> Callable[[], Awaitable[T]]:
    """A dependency that is made once, when the process starts."""

    async def provide() -> T:
        return value

    # Litestar reads what a dependency gives from here.
    provide.__annotations__["return"] = type(value)
    return provide
