"""Telling customers something: written in the caller's transaction, sent by the relay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import NotificationPreference
from api.customer.notifications.tables import Notification
from api.kernel import outbox
from api.kernel.erasure import is_erased
from api.messages import CustomerNotification

Channel = Literal["sms", "email"]
Kind = Literal[
    "expert_arriving",
    "expert_on_the_way",
    "visit_reminder",
    "visit_off",
    "nobody_home",
    "expert_did_not_come",
    "another_visit",
    "ticket_cancelled",
    "request_refused",
    "survey_invitation",
    "survey_reminder",
    "invoice_paid",
    "payment_declined",
    "credit_note",
    "refund_made",
    "refund_credited",
    "invoice_written_off",
    "billing_held",
    "billing_resumed",
    "card_refused",
    "confirm_email",
    "reset_password",
    "password_changed",
    "identity_linked",
    "export_ready",
    "erasure_requested",
    "erasure_done",
]
# What can go either way; all else goes by e-mail.
BY_PREFERENCE: frozenset[Kind] = frozenset(
    {
        "expert_arriving",
        "expert_on_the_way",
        "visit_reminder",
        "visit_off",
        "nobody_home",
        "expert_did_not_come",
    }
)
# Chosen with another kind: how one hears that a visit is off is how one hears that it was in vain.
CHOSEN_AS: Mapping[Kind, Kind] = {"nobody_home": "visit_off", "expert_did_not_come": "visit_off"}
# What can be done without. Trouble with payment or with the account itself is always told.
OPTIONAL: frozenset[Kind] = frozenset(
    {
        "visit_reminder",
        "another_visit",
        "ticket_cancelled",
        "request_refused",
        "survey_invitation",
        "survey_reminder",
        "invoice_paid",
    }
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
    """Tell a customer once for one cause; a repetition does nothing, and nobody who was erased
    is told anything.

    What the customer has chosen for this kind goes before `channel`. `context` is what the
    template names beside the customer's name, and holds no contact data.
    """
    if await is_erased(session, account_id):
        return
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
        word = CustomerNotification(notification_id=notification_id)
        await outbox.send(session, word, about=[ticket_id])


async def _choice(session: AsyncSession, account_id: UUID, kind: Kind) -> Any:
    mine = NotificationPreference.account_id == account_id
    choice = NotificationPreference.choices[CHOSEN_AS.get(kind, kind)].astext
    return await session.scalar(select(choice).where(mine))
