"""Adding, replacing, choosing and removing cards.

A number goes into a sealed box at once, and nowhere else.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.balance.service import owed_statements
from api.customer.cards import rules
from api.customer.cards.fields import CardNumber
from api.customer.cards.tables import Card, CardChoice
from api.kernel import outbox
from api.kernel.errors import Conflict, Invalid, NotFound
from api.kernel.sealing import key_id, seal
from api.messages import CardChosen, CardRemoved, CardSealed

MOST_CARDS = 10
USABLE = frozenset({"sent", "stored"})


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
            replaces=card.replaces_id,
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
    replaces: Card | None = None,
) -> Card:
    """Keep brand, last four digits and expiry, and send the number to the vault in a box.

    Raises Invalid for an expired card, Conflict when the customer has enough cards.
    """
    if errors := rules.expiry_errors(exp_month, exp_year, now.date()):
        raise Invalid(errors)
    if replaces is None and len(await cards(session, account_id)) >= MOST_CARDS:
        raise Conflict(f"An account has at most {MOST_CARDS} cards. Remove one first.")
    digits = number.reveal()
    card = Card(
        account_id=account_id,
        brand=rules.brand_of(digits),
        last4=digits[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        status="sent",
        replaces_id=replaces.id if replaces else None,
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


async def find(
    session: AsyncSession, account_id: UUID, card_id: UUID, *, lock: bool = False
) -> Card:
    """A card of the customer that was not removed; raises NotFound."""
    query = select(Card).where(
        Card.id == card_id, Card.account_id == account_id, Card.status != "removed"
    )
    card = await session.scalar(query.with_for_update() if lock else query)
    if card is None:
        raise NotFound("You have no such card.")
    return card


async def replace(
    session: AsyncSession,
    sealer: CardSealer,
    account_id: UUID,
    card_id: UUID,
    *,
    number: CardNumber,
    exp_month: int,
    exp_year: int,
    now: datetime,
) -> Card:
    """Send the vault a card that takes another one's place once it is stored, and not before.

    Raises NotFound, Invalid for an expired card, Conflict while another replacement is on its way.
    """
    old = await find(session, account_id, card_id, lock=True)
    # By the account: that is what cards are found by.
    waiting = select(Card.id).where(
        Card.account_id == account_id, Card.replaces_id == card_id, Card.status == "sent"
    )
    if await session.scalar(waiting.limit(1)) is not None:
        raise Conflict("This card is being replaced already. Look again in a minute.")
    return await add(
        session,
        sealer,
        account_id,
        number=number,
        exp_month=exp_month,
        exp_year=exp_year,
        now=now,
        replaces=old,
    )


async def choose(session: AsyncSession, account_id: UUID, card_id: UUID) -> Card:
    """Have a card charged from now on; raises NotFound, or Conflict when it is not stored."""
    card = await find(session, account_id, card_id, lock=True)
    if card.status != "stored":
        raise Conflict("Only a stored card can be charged. Wait until the vault has answered.")
    version = await session.scalar(
        insert(CardChoice)
        .values(account_id=account_id, card_id=card_id, version=1)
        .on_conflict_do_update(
            index_elements=[CardChoice.account_id],
            set_={"card_id": card_id, "version": CardChoice.version + 1},
            where=CardChoice.card_id != card_id,
        )
        .returning(CardChoice.version)
    )
    if version is not None:
        await outbox.send(
            session, CardChosen(customer_id=account_id, card_id=card_id, version=version)
        )
    return card


async def remove_all(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Forget every card, when an account is closed, and have the vault destroy them."""
    removed = await session.scalars(
        update(Card)
        .where(Card.account_id == account_id, Card.status != "removed")
        .values(status="removed", updated_at=now)
        .returning(Card.id)
    )
    ids = sorted(removed.all())
    await outbox.send(session, *(CardRemoved(card_id=it, customer_id=account_id) for it in ids))


async def remove(session: AsyncSession, account_id: UUID, card_id: UUID, now: datetime) -> None:
    """Forget a card here and have the vault destroy it.

    Raises NotFound, or Conflict for the only card while something is owed: nothing could be
    collected any more, and the contract would be suspended for it.
    """
    card = await find(session, account_id, card_id, lock=True)
    others = [it for it in await cards(session, account_id) if it.status in USABLE]
    if card.status in USABLE and len(others) == 1:
        owed = await owed_statements(session, account_id)
        if owed:
            numbers = ", ".join(it.number for it in owed)
            raise Conflict(f"{numbers} is not paid yet. Add another card first, or replace this.")
    card.status = "removed"
    card.updated_at = now
    await session.flush()
    await outbox.send(session, CardRemoved(card_id=card.id, customer_id=account_id))
