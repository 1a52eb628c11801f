"""Sending is writing: a message is enqueued in the transaction that made it true."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import groupby
from typing import Final
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
        pairs = list(group)
        batch = [message for message, _ in pairs]
        enqueued = await connection.exec_driver_sql(
            enqueue_sql(target),
            (
                [0] * len(batch),
                [message.channel for message in batch],
                [encode(message, id=uuid4(), sent_at=sent_at) for message in batch],
                [delay] * len(batch),
                [None] * len(batch),
                [_headers(message, ticket) for message, ticket in pairs],
            ),
        )
        if delay:
            ids = [row.id for row in enqueued]
            await session.execute(text(_NOT_LATE.format(target=target)), {"ids": ids})
