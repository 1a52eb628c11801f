"""Requests to an identity provider. What goes wrong there is not the person's fault (503)."""

from typing import Final, TypeVar

import httpx
import msgspec
import structlog

from api.kernel.errors import Unavailable

_TIMEOUT: Final = httpx.Timeout(5)

log = structlog.get_logger()
T = TypeVar("T")


async def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """The answer, if it is a good one; raises Unavailable."""
    answer = await send(httpx.Request("GET", url, headers=headers))
    if not answer.is_success:
        log.error("identity_provider_failed", url=url, status=answer.status_code)
        raise away()
    return answer


async def send(request: httpx.Request) -> httpx.Response:
    """Any answer; raises Unavailable when there is none."""
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            return await client.send(request)
    except httpx.HTTPError as error:
        log.warning("identity_provider_away", error=type(error).__name__)
        raise away() from error


def read(answer: httpx.Response, type_: type[T]) -> T:
    """An answer's JSON; raises Unavailable when it is something else."""
    try:
        return msgspec.json.decode(answer.content, type=type_)
    except msgspec.DecodeError as error:
        log.warning("identity_provider_unreadable", url=str(answer.url), wanted=str(type_))
        raise away() from error


def error_of(answer: httpx.Response) -> str:
    """The code of an OAuth error (RFC 6749, section 5.2); empty when there is none."""
    try:
        body = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return ""
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def away() -> Unavailable:
    """What to raise when the provider, or how we are known to it, is not in order."""
    return Unavailable("The identity provider does not answer as it should. Try again.", 5)
