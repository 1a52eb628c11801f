"""A POST with an `Idempotency-Key` has one effect and one answer, however often it is sent.

The key is written in the transaction of the effect, and so is the answer: whoever asks again
after a lost answer gets that answer, and a request that failed leaves no key behind. The header
is the one of the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from litestar.types import HTTPResponseStartEvent, Message, Receive
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import DomainError, FieldError, Invalid

HEADER: Final = "Idempotency-Key"
KEEP: Final = timedelta(hours=24)
"""How long an answer can be asked for again."""
MOST_CHARACTERS: Final = 255
# What an answer is told with again; the rest (length, request id) belongs to the sending.
_KEPT_HEADERS = frozenset({b"content-type", b"location", b"etag"})

_CLAIM = text("""
INSERT INTO idempotency_key (who, key, fingerprint) VALUES (:who, :key, :fingerprint)
ON CONFLICT DO NOTHING
RETURNING 1
""")
_LOOK = text("""
SELECT fingerprint, status, headers, body FROM idempotency_key WHERE who = :who AND key = :key
""")
_KEEP = text("""
UPDATE idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body = :body
WHERE who = :who AND key = :key
""")


class KeyUsedOtherwise(DomainError):
    status_code = 422
    title = "Idempotency key used for another request"


@dataclass(frozen=True)
class Answer:
    """An answer as it was sent: `headers` are name and value pairs."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def messages(self) -> list[Message]:
        """The answer for ASGI, marked as one that was given before."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers]
        headers.append((b"idempotency-replayed", b"true"))
        headers.append((b"content-length", str(len(self.body)).encode()))
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": self.status,
            "headers": headers,
        }
        return [
            start,
            {"type": "http.response.body", "body": self.body, "more_body": False},
        ]


@dataclass(frozen=True)
class Attempt:
    """One sending of a request: who sent it, under which key, and what it asks for."""

    who: str
    key: str
    fingerprint: bytes

    async def claim(self, session: AsyncSession) -> Answer | None:
        """Take the key in this transaction, or give the answer that was given under it.

        Waits for a twin that is in work. Raises KeyUsedOtherwise when the same key came with
        another request.
        """
        values = {"who": self.who, "key": self.key}
        claimed = await session.execute(_CLAIM, {**values, "fingerprint": self.fingerprint})
        if claimed.first() is not None:
            return None
        row = (await session.execute(_LOOK, values)).one()
        if not hmac.compare_digest(row.fingerprint, self.fingerprint):
            raise KeyUsedOtherwise(
                f"The {HEADER} came before with another request. Use a new one for each request."
            )
        return Answer(row.status, [(name, value) for name, value in row.headers], row.body)

    async def keep(self, session: AsyncSession, messages: Sequence[Message]) -> None:
        """Write the answer down, in the transaction of its effect."""
        start: Any = messages[0]
        headers = [
            (name.decode(), value.decode())
            for name, value in start["headers"]
            if name.lower() in _KEPT_HEADERS
        ]
        values = {
            "who": self.who,
            "key": self.key,
            "status": start["status"],
            "headers": msgspec.json.encode(headers).decode(),
            "body": body_of(messages[1:]),
        }
        await session.execute(_KEEP, values)


def fingerprint(secret: bytes, *parts: bytes) -> bytes:
    """What a request is recognized by. Keyed, for a request may hold a card number, and the
    number could be found from a bare hash by trying all of them."""
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def checked_key(raw: str) -> str:
    """The header's value; raises Invalid when it is no key."""
    key = raw.strip()
    if not 1 <= len(key) <= MOST_CHARACTERS or not key.isascii() or not key.isprintable():
        detail = f"Send 1 to {MOST_CHARACTERS} printable ASCII characters, for example a UUID."
        raise Invalid([FieldError(f"/headers/{HEADER}", detail)])
    return key


def body_of(messages: Sequence[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


async def read_body(receive: Receive, most: int | None) -> tuple[bytes | None, Receive]:
    """The request's body, and a `receive` that gives it once more.

    None when there is more than `most` bytes of it: what follows will refuse it, and reads on.
    """
    limit = math.inf if most is None else most
    seen: list[Message] = []
    size = 0
    complete = False
    while not complete and size <= limit:
        message: Any = await receive()
        seen.append(message)
        size += len(message.get("body", b""))
        complete = message["type"] != "http.request" or not message.get("more_body", False)
    body = body_of(seen) if size <= limit else None
    waiting = iter(seen)

    async def again() -> Any:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return body, again
