"""Receiving is idempotent: a message's id is inserted in the transaction of its effect."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel import tracing
from api.kernel.database import is_unavailable
from api.kernel.messages import Envelope, Message, decode_body, decode_envelope

Handler = Callable[[AsyncSession, Any, datetime], Awaitable[None]]

log = structlog.get_logger()

_RECEIVE = text(
    "INSERT INTO inbox (message_id, channel) VALUES (:id, :channel) "
    "ON CONFLICT DO NOTHING RETURNING message_id"
)


@dataclass(frozen=True)
class Inbound:
    """What one quantum does with the messages of one source.

    `batch_size` messages share a transaction; `workers` batches are in work at once. What
    reaches outside (mail, SMS) takes batches of one, so that a slow provider delays no
    other message's commit.
    """

    handlers: Mapping[type[Message], Handler]
    batch_size: int = 100
    workers: int = 1
    by_channel: dict[str, type[Message]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_channel.update({type_.channel: type_ for type_ in self.handlers})


@dataclass(frozen=True)
class Delivery:
    """One message as the queue gave it: `key` is the queue's own, for acknowledging."""

    key: int
    channel: str
    payload: bytes
    traced: dict[str, Any] | None = None
    """What its sender passed on for tracing."""


class Unreadable(Exception):
    """A payload that no repetition will make readable; it becomes a dead letter at once."""


async def receive(
    sessions: async_sessionmaker[AsyncSession],
    inbound: Inbound,
    deliveries: Sequence[Delivery],
    now: datetime,
) -> dict[int, Exception | None]:
    """Handle a batch in one transaction; one bad message is undone alone, by its savepoint.

    Returns, for each delivery's key, None when its effect is committed (now or at an
    earlier delivery) or what went wrong. If the commit itself fails it raises, and
    nothing of the batch has happened.
    """
    outcome: dict[int, Exception | None] = {}
    works: dict[int, tracing.Work] = {}
    async with sessions.begin() as session:
        for delivery in deliveries:
            try:
                with _traced(delivery, works):
                    async with session.begin_nested():
                        await _handle(session, inbound, delivery, now)
            except Exception as error:
                if is_unavailable(error):
                    raise
                outcome[delivery.key] = error
            else:
                outcome[delivery.key] = None
    # What was undone with the whole batch did not happen; it is tried again, and told then.
    for key, work in works.items():
        failure = outcome[key]
        work.end(None if failure is None else type(failure).__name__)
    return outcome


@contextmanager
def _traced(delivery: Delivery, works: dict[int, tracing.Work]) -> Iterator[None]:
    work = tracing.received(
        f"{delivery.channel} process",
        delivery.traced,
        **{"messaging.system": "pgqueuer", "messaging.destination.name": delivery.channel},
    )
    if work is None:
        yield
        return
    works[delivery.key] = work
    try:
        with tracing.current(work):
            yield
    finally:
        work.stop()


async def _handle(
    session: AsyncSession, inbound: Inbound, delivery: Delivery, now: datetime
) -> None:
    type_ = inbound.by_channel.get(delivery.channel)
    if type_ is None:
        raise Unreadable(f"No handler for the channel {delivery.channel}.")
    try:
        envelope: Envelope = decode_envelope(delivery.payload)
        message = decode_body(envelope, type_)
    except msgspec.DecodeError as error:
        raise Unreadable(f"Not a readable {delivery.channel} message.") from error
    tracing.note(getattr(message, tracing.TICKET, None), {"messaging.message.id": str(envelope.id)})
    if not await _is_new(session, envelope.id, delivery.channel):
        log.info("message_repeated", message_id=str(envelope.id), channel=delivery.channel)
        return
    await inbound.handlers[type_](session, message, now)
    await session.flush()


async def _is_new(session: AsyncSession, message_id: UUID, channel: str) -> bool:
    row = await session.execute(_RECEIVE, {"id": message_id, "channel": channel})
    return row.first() is not None
