"""What the vault made of a card."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.cards.tables import Card, CardChoice
from api.customer.notifications.service import notify
from api.customer.unknown import NotYetKnown
from api.messages import CardOutcome

_STATUS = {
    "stored": "stored",
    "refused": "refused",
    "duplicate": "refused",
    "destroyed": "removed",
}


async def card_outcome(session: AsyncSession, message: CardOutcome, now: datetime) -> None:
    """Keep whether the card can be charged; the customer is told of one that cannot.

    One that replaces another takes its place when it is stored, as it did in the vault. A
    duplicate is refused without a mail: the card works already. A removed card stays removed,
    and one that the vault has destroyed is removed here, too.
    Raises NotYetKnown for a card that is not here.
    """
    card = await session.get(Card, message.card_id, with_for_update=True)
    if card is None:
        raise NotYetKnown(f"Card {message.card_id} is not here yet.")
    if card.status == "removed":
        return
    card.status = _STATUS[message.status]
    card.reason = message.reason
    card.updated_at = now
    await session.flush()
    if message.status == "stored" and card.replaces_id is not None:
        await _take_the_place(session, card, card.replaces_id, now)
    if message.status == "refused":
        await notify(
            session,
            card.account_id,
            "card_refused",
            cause=str(card.id),
            channel="email",
            context={"brand": card.brand, "last4": card.last4, "reason": message.reason},
            now=now,
        )


async def _take_the_place(
    session: AsyncSession, card: Card, replaced_id: UUID, now: datetime
) -> None:
    """The vault has given the old card up in the same act, and moved the customer's choice."""
    await session.execute(
        update(Card).where(Card.id == replaced_id).values(status="removed", updated_at=now)
    )
    await session.execute(
        update(CardChoice)
        .where(CardChoice.account_id == card.account_id, CardChoice.card_id == replaced_id)
        .values(card_id=card.id)
    )
