"""Telling customers something: written in the caller's transaction, sent by the relay."""

from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import NotificationPreference
from api.customer.notifications.tables import Notification
from api.kernel import clock, outbox
from api.kernel.messages import encode
from api.messages import CustomerNotification

Channel = Literal["sms", "email"]
Kind = Literal[
    "expert_arriving",
    "visit_off",
    "another_visit",
    "ticket_cancelled",
    "request_refused",
    "survey_invitation",
    "invoice_paid",
    "payment_declined",
    "card_refused",
    "confirm_email",
    "reset_password",
    "password_changed",
]
# What can go either way; all else goes by e-mail.
BY_PREFERENCE: frozenset[Kind] = frozenset({"expert_arriving", "visit_off"})
# What can be done without. Trouble with payment or with the account itself is always told.
OPTIONAL: frozenset[Kind] = frozenset(
    {"another_visit", "ticket_cancelled", "request_refused", "survey_invitation", "invoice_paid"}
)


async def notify(
    session: AsyncSession,
    account_id: UUID,
    kind: Kind,
    *,
    cause: str,
    channel: Channel,
    context: dict[str, Any],
    now: datetime,
    ticket_id: UUID | None = None,
) -> None:
    """Tell a customer once for one cause; a repetition does nothing.

    What the customer has chosen for this kind goes before `channel`. `context` is what the
    template names beside the customer's name, and holds no contact data.
    """
    chosen = await _choice(session, account_id, kind)
    if chosen == "none" and kind in OPTIONAL:
        return
    if chosen in get_args(Channel) and kind in BY_PREFERENCE:
        channel = chosen
    notification_id = await session.scalar(
        insert(Notification)
        .values(
            account_id=account_id,
            ticket_id=ticket_id,
            kind=kind,
            cause=cause,
            channel=channel,
            context=context,
            status="queued",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notification.id)
    )
    if notification_id is not None:
        await outbox.send(session, CustomerNotification(notification_id=notification_id))


async def wait(session: AsyncSession, message: CustomerNotification, longer: timedelta) -> None:
    """Put a notification back into the queue for later: a delay, where a failure would count."""
    connection = await session.connection()
    enqueued = await connection.exec_driver_sql(
        outbox.enqueue_sql(message.target),
        (
            [0],
            [message.channel],
            [encode(message, id=uuid4(), sent_at=clock.now())],
            [longer],
            [None],
            [msgspec.json.encode({"subject": outbox.subject_of(message)}).decode()],
        ),
    )
    # Who watches the queue takes the age of a message from `created`, and this one is not late.
    await session.execute(_NOT_LATE, {"ids": [row.id for row in enqueued]})


_NOT_LATE = text("UPDATE to_customer.pgqueuer SET created = execute_after WHERE id = ANY(:ids)")


async def _choice(session: AsyncSession, account_id: UUID, kind: Kind) -> Any:
    mine = NotificationPreference.account_id == account_id
    return await session.scalar(select(NotificationPreference.choices[kind].astext).where(mine))
