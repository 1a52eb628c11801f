"""Rotating the keys that card numbers are under, while cards are taken in and charged.

A rotation is under way while there is more than one key that is not retired, or a card under
another than the newest: the database alone says so, and whoever goes on needs to know no more.
Runs with the role card_rotate.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.vault import access_log, keys
from api.billing.vault.crypto import KeyWrapper, WrongKey
from api.billing.vault.service import number_in
from api.billing.vault.tables import VaultAccess, VaultCard, VaultKey
from api.kernel.sets import equals_any

ACTOR = "card_rotate"
PURPOSE = "rotate"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One version of the key that encrypts numbers, and the cards under it."""

    version: int
    created_at: datetime
    retired_at: datetime | None
    cards: int

    def age(self, now: datetime) -> timedelta:
        return now - self.created_at


@dataclass(frozen=True, slots=True)
class VaultState:
    """What an operator asks of the vault; `last_rotation` is when a key was retired last."""

    keys: Sequence[KeyUse]
    cards: dict[str, int]
    last_rotation: datetime | None
    openings: int
    broken_at: int | None

    @property
    def under_way(self) -> bool:
        """Whether a rotation has begun and is not finished."""
        return is_under_way(self.keys)


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a batch: how many cards have the new key, and which do not open."""

    cards: int = 0
    unreadable: list[UUID] = field(default_factory=list)


def current_of(uses: Sequence[KeyUse]) -> KeyUse | None:
    """The version that new cards are under; None before the first key is made."""
    usable = [it for it in uses if it.retired_at is None]
    return max(usable, key=lambda it: it.version, default=None)


def is_under_way(uses: Sequence[KeyUse]) -> bool:
    """Whether an older key is not retired, or a card is not under the current one."""
    current = current_of(uses)
    return any(it.retired_at is None or it.cards for it in uses if it is not current)


async def key_uses(session: AsyncSession) -> list[KeyUse]:
    """Every version, the oldest first."""
    query = (
        select(VaultKey, func.count(VaultCard.card_id))
        .outerjoin(VaultCard, VaultCard.key_version == VaultKey.version)
        .where(VaultKey.purpose == keys.CARD)
        .group_by(VaultKey.version)
        .order_by(VaultKey.version)
    )
    return [
        KeyUse(key.version, key.created_at, key.retired_at, cards)
        for key, cards in await session.execute(query)
    ]


async def state(session: AsyncSession) -> VaultState:
    """Keys, cards and the log of openings; reads every link of the log."""
    uses = await key_uses(session)
    by_status = select(VaultCard.status, func.count()).group_by(VaultCard.status)
    counted = dict((await session.execute(by_status)).all())
    return VaultState(
        keys=uses,
        cards={it: counted.get(it, 0) for it in ("active", "removed", "destroyed")},
        last_rotation=max((it.retired_at for it in uses if it.retired_at), default=None),
        openings=await session.scalar(select(func.count(VaultAccess.id))) or 0,
        broken_at=await access_log.first_break(session),
    )


async def add_key(session: AsyncSession, kek: KeyWrapper, now: datetime) -> int:
    """Make the next version; cards that come in are under it as soon as this commits."""
    newest = await session.scalar(select(func.max(VaultKey.version))) or 0
    session.add(keys.card_key(kek, newest + 1, now))
    await session.flush()
    return newest + 1


async def count_old(session: AsyncSession, current: int) -> int:
    """How many cards are under another key than the current one."""
    query = select(func.count()).where(VaultCard.key_version != current)
    return await session.scalar(query) or 0


async def next_batch(
    session: AsyncSession, current: int, after: UUID, size: int, now: datetime
) -> list[UUID]:
    """The next cards that need the new key, in the order of their ids.

    That they are opened is logged in the caller's transaction, which must be committed before
    `re_encrypt` opens the first.
    """
    query = (
        select(VaultCard.card_id)
        .where(VaultCard.key_version != current, VaultCard.card_id > after)
        .order_by(VaultCard.card_id)
        .limit(size)
    )
    ids = list(await session.scalars(query))
    if ids:
        await access_log.append(session, actor=ACTOR, purpose=PURPOSE, card_ids=ids, now=now)
    return ids


async def re_encrypt(
    session: AsyncSession, kek: KeyWrapper, current: int, card_ids: Collection[UUID]
) -> Moved:
    """Open these cards and close them under the current key; one that does not open stays.

    A card that was destroyed meanwhile is left alone.
    """
    query = (
        select(VaultCard)
        .where(equals_any(VaultCard.card_id, card_ids), VaultCard.key_version != current)
        .order_by(VaultCard.card_id)
        .with_for_update()
    )
    rows = list(await session.scalars(query))
    opened = await keys.load_keys(session, kek)
    closed: list[dict[str, object]] = []
    unreadable: list[UUID] = []
    for row in rows:
        try:
            number = number_in(opened, row)
        except WrongKey:
            unreadable.append(row.card_id)
            continue
        sealed = opened.version(current).encrypt(number, row.customer_id, row.card_id)
        closed.append(
            {
                "id": row.card_id,
                "key_version": sealed.key_version,
                "nonce": sealed.nonce,
                "ciphertext": sealed.ciphertext,
            }
        )
    if closed:
        connection = await session.connection()
        await connection.execute(
            update(VaultCard.__table__).where(VaultCard.card_id == bindparam("id")),  # type: ignore[arg-type]
            closed,
        )
    return Moved(len(closed), unreadable)


async def retire_unused(session: AsyncSession, current: int, now: datetime) -> list[int]:
    """Retire the older keys that no card is under; returns their versions.

    Waits for those who are locking cards away: one of them may hold the key that goes.
    """
    await session.execute(text("SET LOCAL lock_timeout = '60s'"))
    await keys.nobody_encrypts(session)
    used = select(VaultCard.card_id).where(VaultCard.key_version == VaultKey.version)
    retired = await session.scalars(
        update(VaultKey)
        .where(
            VaultKey.purpose == keys.CARD,
            VaultKey.version < current,
            VaultKey.retired_at.is_(None),
            ~used.exists(),
        )
        .values(retired_at=now)
        .returning(VaultKey.version)
        .execution_options(synchronize_session=False)
    )
    return sorted(retired.all())
