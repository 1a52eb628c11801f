"""Adding and removing cards. The number goes into a sealed box at once, and nowhere else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.cards import rules
from api.customer.cards.fields import CardNumber
from api.customer.cards.tables import Card
from api.kernel import outbox
from api.kernel.errors import Conflict, Invalid, NotFound
from api.kernel.sealing import key_id, seal
from api.messages import CardRemoved, CardSealed

MOST_CARDS = 10


class CardSealer:
    """Seals card numbers for the vault; holds its public key alone and cannot open a box."""

    def __init__(self, public_key: str) -> None:
        """Raises ValueError when `public_key` is none."""
        self._public_key = public_key
        self._key_id = key_id(public_key)

    def seal(self, card: Card, number: CardNumber) -> CardSealed:
        """The message that carries a card to the vault; its ids are sealed inside, too."""
        ids = {
            "customer_id": str(card.account_id),
            "card_id": str(card.id),
            "key_id": self._key_id,
        }
        return CardSealed(
            card_id=card.id,
            customer_id=card.account_id,
            key_id=self._key_id,
            sealed=seal(self._public_key, {"number": number.reveal(), **ids}),
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
        )


async def add(
    session: AsyncSession,
    sealer: CardSealer,
    account_id: UUID,
    *,
    number: CardNumber,
    exp_month: int,
    exp_year: int,
    now: datetime,
) -> Card:
    """Keep brand, last four digits and expiry, and send the number to the vault in a box.

    Raises Invalid for an expired card, Conflict when the customer has enough cards.
    """
    if errors := rules.expiry_errors(exp_month, exp_year, now.date()):
        raise Invalid(errors)
    if len(await cards(session, account_id)) >= MOST_CARDS:
        raise Conflict(f"An account has at most {MOST_CARDS} cards. Remove one first.")
    digits = number.reveal()
    card = Card(
        account_id=account_id,
        brand=rules.brand_of(digits),
        last4=digits[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        status="sent",
        created_at=now,
        updated_at=now,
    )
    session.add(card)
    await session.flush()
    await outbox.send(session, sealer.seal(card, number))
    return card


async def cards(session: AsyncSession, account_id: UUID) -> list[Card]:
    """The customer's cards that were not removed, the newest first."""
    query = select(Card).where(Card.account_id == account_id, Card.status != "removed")
    return list(await session.scalars(query.order_by(Card.id.desc())))


async def remove(session: AsyncSession, account_id: UUID, card_id: UUID, now: datetime) -> None:
    """Forget a card here and have the vault destroy it; raises NotFound."""
    query = select(Card).where(
        Card.id == card_id, Card.account_id == account_id, Card.status != "removed"
    )
    card = await session.scalar(query.with_for_update())
    if card is None:
        raise NotFound("You have no such card.")
    card.status = "removed"
    card.updated_at = now
    await session.flush()
    await outbox.send(session, CardRemoved(card_id=card.id, customer_id=account_id))
