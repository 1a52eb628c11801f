"""Putting cards into the vault, taking numbers out of it, and removing cards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.payments.tables import Payment
from api.billing.vault import access_log
from api.billing.vault.crypto import Encrypted, KeyWrapper, WrongKey
from api.billing.vault.keys import VaultKeys, load_keys
from api.billing.vault.tables import DefaultCard, VaultCard
from api.kernel.outside.payments import Card, CardNumber
from api.kernel.sets import equals_any

# What a card has of itself when it is destroyed.
EMPTY: Final[Mapping[str, Any]] = {
    "fingerprint": b"",
    "brand": "",
    "last4": "",
    "exp_month": 1,
    "exp_year": 1970,
    "status": "destroyed",
}
StoreResult = Literal["stored", "duplicate", "foreign", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """A card to be locked away."""

    card_id: UUID
    customer_id: UUID
    number: CardNumber
    brand: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The cards of a batch that opened, and those that did not."""

    cards: dict[UUID, Card] = field(default_factory=dict)
    unreadable: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedCard:
    """A row of `vault_card` but for its status and times, for loading in bulk."""

    card_id: UUID
    customer_id: UUID
    key_version: int
    nonce: bytes
    ciphertext: bytes
    fingerprint: bytes
    brand: str
    last4: str
    exp_month: int
    exp_year: int


def encrypt_many(keys: VaultKeys, cards: Iterable[NewCard]) -> Iterator[EncryptedCard]:
    """Cards as they are stored, one by one, for any number of them."""
    for card in cards:
        stored = keys.current.encrypt(card.number, card.customer_id, card.card_id)
        yield EncryptedCard(
            card_id=card.card_id,
            customer_id=card.customer_id,
            key_version=stored.key_version,
            nonce=stored.nonce,
            ciphertext=stored.ciphertext,
            fingerprint=keys.fingerprint.fingerprint(card.number),
            brand=card.brand,
            last4=card.number.reveal()[-4:],
            exp_month=card.exp_month,
            exp_year=card.exp_year,
        )


async def store(
    session: AsyncSession, keys: VaultKeys, card: NewCard, now: datetime
) -> StoreResult:
    """Lock a card away, once.

    `stored` also when it was before; `duplicate` when the customer has another card with this
    number and expiry; `foreign` when the card id is another customer's; `gone` when the card
    was removed before it arrived.
    """
    (row,) = encrypt_many(keys, [card])
    values = {name: getattr(row, name) for name in EncryptedCard.__slots__}
    made = await session.execute(
        insert(VaultCard)
        .values(**values, status="active", created_at=now, updated_at=now)
        .on_conflict_do_nothing()
        .returning(VaultCard.card_id)
    )
    if made.first() is not None:
        return "stored"
    known = await session.execute(
        select(VaultCard.customer_id, VaultCard.status).where(VaultCard.card_id == card.card_id)
    )
    existing = known.first()
    if existing is None:
        return "duplicate"
    if existing.customer_id != card.customer_id:
        return "foreign"
    return "stored" if existing.status == "active" else "gone"


async def remove(session: AsyncSession, card_id: UUID, customer_id: UUID, now: datetime) -> None:
    """The card is charged no more. A removal that overtakes its card leaves an empty row."""
    await session.execute(
        insert(VaultCard)
        .values(
            card_id=card_id,
            customer_id=customer_id,
            created_at=now,
            updated_at=now,
            **EMPTY,
        )
        .on_conflict_do_nothing()
    )
    await session.execute(
        update(VaultCard)
        .where(
            VaultCard.card_id == card_id,
            VaultCard.customer_id == customer_id,
            VaultCard.status == "active",
        )
        .values(status="removed", updated_at=now)
    )


async def destroy_all(session: AsyncSession, customer_id: UUID, now: datetime) -> int | None:
    """Destroy every card of a customer who has removed them all (role card_destroy).

    Returns how many are destroyed; None while one is not removed yet, or a charge to it is not
    decided: that may have to be repeated.
    """
    mine = VaultCard.customer_id == customer_id
    await destroy_removed(session, now, mine)
    left = select(func.count()).where(mine, VaultCard.status != "destroyed")
    if await session.scalar(left):
        return None
    gone = select(func.count()).where(mine, VaultCard.status == "destroyed")
    return await session.scalar(gone) or 0


async def destroy_removed(
    session: AsyncSession, now: datetime, *which: ColumnElement[bool]
) -> list[UUID]:
    """Empty cards that were removed: no number, no digit and no fingerprint is left of them.

    Kept in the log of openings. Returns their ids.
    """
    charged = select(Payment.card_id).where(
        Payment.card_id == VaultCard.card_id, Payment.status.in_(("intent", "unknown"))
    )
    emptied = await session.scalars(
        update(VaultCard)
        .where(VaultCard.status == "removed", ~charged.exists(), *which)
        .values(key_version=None, nonce=None, ciphertext=None, updated_at=now, **EMPTY)
        .returning(VaultCard.card_id)
        .execution_options(synchronize_session=False)
    )
    ids = sorted(emptied.all())
    if ids:
        await access_log.append(
            session, actor="card_destroy", purpose="destroy", card_ids=ids, now=now
        )
    return ids


async def replace(session: AsyncSession, card: NewCard, replaced: UUID, now: datetime) -> None:
    """A card that was stored takes the place of another one, in the caller's transaction."""
    await remove(session, replaced, card.customer_id, now)
    await session.execute(
        update(DefaultCard)
        .where(DefaultCard.customer_id == card.customer_id, DefaultCard.card_id == replaced)
        .values(card_id=card.card_id)
    )


async def choose(session: AsyncSession, customer_id: UUID, card_id: UUID, version: int) -> None:
    """The card to charge; one that is gone by then, or not here yet, is passed over."""
    values = {"card_id": card_id, "version": version}
    await session.execute(
        insert(DefaultCard)
        .values(customer_id=customer_id, **values)
        .on_conflict_do_update(
            index_elements=[DefaultCard.customer_id],
            set_=values,
            where=DefaultCard.version < version,
        )
    )


async def open_cards(
    sessions: async_sessionmaker[AsyncSession],
    kek: KeyWrapper,
    card_ids: Sequence[UUID],
    *,
    actor: str,
    purpose: str,
    now: datetime,
) -> Opened:
    """The numbers of a batch of cards; the opening is logged and committed before it happens."""
    wanted = sorted(set(card_ids))
    opened = Opened()
    if not wanted:
        return opened
    async with sessions.begin() as session:
        await access_log.append(session, actor=actor, purpose=purpose, card_ids=wanted, now=now)
    async with sessions.begin() as session:
        rows = (
            await session.scalars(select(VaultCard).where(equals_any(VaultCard.card_id, wanted)))
        ).all()
        # After the cards: a rotation may have given one a key that was not there before.
        keys = await load_keys(session, kek)
        for row in rows:
            try:
                opened.cards[row.card_id] = _decrypted(keys, row)
            except WrongKey:
                opened.unreadable.append(row.card_id)
    return opened


def number_in(keys: VaultKeys, row: VaultCard) -> CardNumber:
    """The number of a card; raises WrongKey, also for one that was destroyed."""
    if row.nonce is None or row.ciphertext is None or row.key_version is None:
        raise WrongKey(f"Card {row.card_id} was destroyed.")
    stored = Encrypted(row.key_version, row.nonce, row.ciphertext)
    return keys.version(row.key_version).decrypt(stored, row.customer_id, row.card_id)


def _decrypted(keys: VaultKeys, row: VaultCard) -> Card:
    return Card(
        number=number_in(keys, row),
        expiry_month=row.exp_month,
        expiry_year=row.exp_year,
    )
