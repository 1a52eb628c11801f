"""The log of openings: each link's hash covers the link before it.

A row that is changed, removed or slipped in later breaks the chain at that place. Links are
written one after the other, whoever writes: a lock is held until the writer's transaction
ends, and the database refuses two links after the same one.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.vault.tables import VaultAccess

GENESIS = bytes(32)
_APPENDING = 7_302_002


async def append(
    session: AsyncSession, *, actor: str, purpose: str, card_ids: Sequence[UUID], now: datetime
) -> None:
    """Log one opening of a batch of cards, in the caller's transaction."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _APPENDING})
    newest = select(VaultAccess.hash).order_by(VaultAccess.id.desc()).limit(1)
    previous = await session.scalar(newest) or GENESIS
    link = VaultAccess(
        at=now, actor=actor, purpose=purpose, card_ids=list(card_ids), previous_hash=previous
    )
    link.hash = link_hash(link)
    session.add(link)
    await session.flush()


async def first_break(session: AsyncSession) -> int | None:
    """The id of the first link that does not follow from the one before; None if all do."""
    previous = GENESIS
    links = await session.stream_scalars(
        select(VaultAccess).order_by(VaultAccess.id).execution_options(yield_per=1000)
    )
    async for link in links:
        if link.previous_hash != previous or link.hash != link_hash(link):
            return link.id
        previous = link.hash
    return None


async def head(session: AsyncSession) -> tuple[int, bytes] | None:
    """The id and the hash of the newest link: kept elsewhere, it shows a log written anew."""
    query = select(VaultAccess.id, VaultAccess.hash).order_by(VaultAccess.id.desc()).limit(1)
    row = (await session.execute(query)).first()
    return None if row is None else (row.id, row.hash)


async def holds(session: AsyncSession, link_id: int, hash_: bytes) -> bool:
    """Whether a link that was the newest once is still there, as it was."""
    query = select(VaultAccess.id).where(VaultAccess.id == link_id, VaultAccess.hash == hash_)
    return await session.scalar(query) is not None


def link_hash(link: VaultAccess) -> bytes:
    """SHA-256 over the previous hash and all that the link says."""
    content = [
        link.previous_hash.hex(),
        link.at.astimezone(UTC).isoformat(timespec="microseconds"),
        link.actor,
        link.purpose,
        [str(card_id) for card_id in link.card_ids],
    ]
    return hashlib.sha256(msgspec.json.encode(content)).digest()
