"""Sending is writing: a message is enqueued in the transaction that made it true."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import clock, tracing
from api.kernel.messages import Message, encode

TRACED: Final = "otel"
"""The section of a job's headers where pgqueuer, too, keeps what OpenTelemetry passes on."""

_NOT_LATE = "UPDATE to_{target}.pgqueuer SET created = execute_after WHERE id = ANY(:ids)"


@cache
def queue_settings(target: str) -> DBSettings:
    """Where messages for `target` wait in a source database: one schema a target."""
    schema = f"to_{target}"
    return DBSettings(db_schema=schema, channel=Channel(schema), durability=Durability.durable)


def queue_ddl(target: str) -> str:
    """The DDL of one queue, for migrations."""
    return QueryBuilderEnvironment(queue_settings(target)).build_install_query()


@cache
def enqueue_sql(target: str) -> str:
    return QueryQueueBuilder(queue_settings(target)).build_enqueue_query("raise")


def subject_of(message: Message) -> str:
    """The id or code of what a message speaks of: its first field.

    It travels beside the payload, so that whoever watches a queue can tell whether word of a
    ticket or an invoice is on its way, and reads nothing else of it.
    """
    return str(getattr(message, message.__struct_fields__[0]))


def _headers(message: Message, about: UUID | None) -> str:
    headers: dict[str, object] = {"subject": subject_of(message)}
    ticket: UUID | None = about or getattr(message, tracing.TICKET, None)
    if traced := tracing.headers(ticket):
        headers[TRACED] = traced
    return msgspec.json.encode(headers).decode()


async def send(
    session: AsyncSession,
    *messages: Message,
    delay: timedelta = timedelta(0),
    about: Sequence[UUID | None] = (),
) -> None:
    """Enqueue messages in the caller's transaction: they exist if and only if it commits.

    `about` says of each message in whose ticket's trace it is, where the message itself does not.

    With a `delay` they are carried no sooner than that, and count as queued only from then on:
    who watches a queue takes a message's age from `created`, and these are not late.
    """
    sent_at = clock.now()
    connection = await session.connection()
    tickets = about or [None] * len(messages)
    together = zip(messages, tickets, strict=True)
    for target, group in groupby(together, key=lambda pair: pair[0].target):
        enqueued = await connection.exec_driver_sql(
            enqueue_sql(target), _parameters(list(group), sent_at, delay)
        )
        if delay:
            ids = [row.id for row in enqueued]
            await session.execute(text(_NOT_LATE.format(target=target)), {"ids": ids})


async def send_with(session: AsyncSession, message: Message, writes: str, *values: Any) -> None:
    """Write rows and enqueue the message that tells of them, in one statement.

    `writes` are INSERTs, each named as in a WITH clause. They call `values` $7 and so on: the
    first six parameters are the queue's.
    """
    connection = await session.connection()
    queued = _parameters([(message, None)], clock.now(), timedelta(0))
    statement = _enqueue_with(message.target, writes)
    await connection.exec_driver_sql(statement, (*queued, *values))


@cache
def _enqueue_with(target: str, writes: str) -> str:
    before, begins, rest = enqueue_sql(target).partition("WITH input AS")
    if before.strip() or not begins:
        raise ValueError("pgqueuer's statement does not begin as it did.")
    return f"WITH {writes.strip()}, input AS{rest}"


def _parameters(
    told: Sequence[tuple[Message, UUID | None]], sent_at: datetime, delay: timedelta
) -> tuple[list[Any], ...]:
    """Of pgqueuer's statement, for messages and the tickets that they are about."""
    return (
        [0] * len(told),
        [message.channel for message, _ in told],
        [encode(message, id=uuid4(), sent_at=sent_at) for message, _ in told],
        [delay] * len(told),
        [None] * len(told),
        [_headers(message, ticket) for message, ticket in told],
    )
