"""Receiving is idempotent: a message's id is inserted in the transaction of its effect."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
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
BatchHandler = Callable[[AsyncSession, Sequence[Any], datetime], Awaitable[None]]

log = structlog.get_logger()

_RECEIVE = text(
    "INSERT INTO inbox (message_id, channel) VALUES (:id, :channel) "
    "ON CONFLICT DO NOTHING RETURNING message_id"
)
_RECEIVE_ALL = text(
    "INSERT INTO inbox (message_id, channel) SELECT id, :channel "
    "FROM unnest(CAST(:ids AS uuid[])) AS id ON CONFLICT DO NOTHING RETURNING message_id"
)


@dataclass(frozen=True)
class Inbound:
    """What one quantum does with the messages of one source.

    `batch_size` messages share a transaction; `workers` batches are in work at once. What
    reaches outside (mail, SMS) takes batches of one, so that a slow provider delays no
    other message's commit.

    `together` handles all messages of a kind that a batch has, in fewer round trips. It may raise
    anything when one of them is out of the ordinary: then each goes to its own handler. They come
    before all else, so a batch with a message of `in_order`, which may tell what they stand on,
    is handled one by one.
    """

    handlers: Mapping[type[Message], Handler]
    batch_size: int = 100
    workers: int = 1
    together: Mapping[type[Message], BatchHandler] = field(default_factory=dict)
    in_order: Collection[type[Message]] = ()
    by_channel: dict[str, type[Message]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_channel.update({type_.channel: type_ for type_ in self.handlers})

    def alike(
        self, deliveries: Sequence["Delivery"]
    ) -> Iterator[tuple[type[Message], list["Delivery"]]]:
        """Of a batch, what can be handled together."""
        if {it.channel for it in deliveries} & {type_.channel for type_ in self.in_order}:
            return
        for type_ in self.together:
            found = [it for it in deliveries if it.channel == type_.channel]
            if found:
                yield type_, found


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
        for type_, alike in inbound.alike(deliveries):
            with _traced(alike[0].key, _work_of(alike), works):
                if await _handled_together(session, inbound, type_, alike, now):
                    outcome |= dict.fromkeys((it.key for it in alike), None)
        for delivery in deliveries:
            if delivery.key in outcome:
                continue
            try:
                with _traced(delivery.key, _work_of([delivery]), works):
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


def _work_of(deliveries: Sequence[Delivery]) -> tracing.Work | None:
    """The handling of one message, behind its sender, or of several of a kind together."""
    first = deliveries[0]
    name = f"{first.channel} process"
    said = {"messaging.system": "pgqueuer", "messaging.destination.name": first.channel}
    if len(deliveries) == 1:
        return tracing.received(name, said, first.traced)
    return tracing.batch(name, said)


@contextmanager
def _traced(key: int, work: tracing.Work | None, works: dict[int, tracing.Work]) -> Iterator[None]:
    if work is None:
        yield
        return
    works[key] = work
    try:
        with tracing.current(work):
            yield
    finally:
        work.stop()


async def _handled_together(
    session: AsyncSession,
    inbound: Inbound,
    type_: type[Message],
    deliveries: Sequence[Delivery],
    now: datetime,
) -> bool:
    """Whether all of them took effect at once; if not, nothing of it has happened."""
    try:
        async with session.begin_nested():
            read = [_read(delivery, type_) for delivery in deliveries]
            if len(read) == 1:
                _note(*read[0])
            values = {"ids": [envelope.id for envelope, _ in read], "channel": type_.channel}
            new = set(await session.scalars(_RECEIVE_ALL, values))
            # One that is in the batch twice is one.
            messages = {it.id: message for it, message in read if it.id in new}
            if messages:
                await inbound.together[type_](session, list(messages.values()), now)
                await session.flush()
    except Exception as error:
        if is_unavailable(error):
            raise
        log.info("batch_taken_apart", channel=type_.channel, error=type(error).__name__)
        return False
    return True


async def _handle(
    session: AsyncSession, inbound: Inbound, delivery: Delivery, now: datetime
) -> None:
    type_ = inbound.by_channel.get(delivery.channel)
    if type_ is None:
        raise Unreadable(f"No handler for the channel {delivery.channel}.")
    envelope, message = _read(delivery, type_)
    _note(envelope, message)
    if not await _is_new(session, envelope.id, delivery.channel):
        log.info("message_repeated", message_id=str(envelope.id), channel=delivery.channel)
        return
    await inbound.handlers[type_](session, message, now)
    await session.flush()


def _read(delivery: Delivery, type_: type[Message]) -> tuple[Envelope, Any]:
    try:
        envelope: Envelope = decode_envelope(delivery.payload)
        return envelope, decode_body(envelope, type_)
    except msgspec.DecodeError as error:
        raise Unreadable(f"Not a readable {delivery.channel} message.") from error


def _note(envelope: Envelope, message: Any) -> None:
    ticket = getattr(message, tracing.TICKET, None)
    tracing.note(ticket, {"messaging.message.id": str(envelope.id)})


async def _is_new(session: AsyncSession, message_id: UUID, channel: str) -> bool:
    row = await session.execute(_RECEIVE, {"id": message_id, "channel": channel})
    return row.first() is not None
