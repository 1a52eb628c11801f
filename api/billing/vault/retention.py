"""Cards that are kept no longer than they are needed (PCI DSS 4.0.1, 3.2.1).

A card is needed while its customer has a contract, owes something, or money of theirs is on its
way; then for the retention time, in case they come back. One that was added later counts from
then on. Runs with the role card_destroy.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import billing_day
from api.billing.vault.service import destroy_removed
from api.billing.vault.tables import VaultCard
from api.kernel.outbox import send
from api.messages import CardOutcome

AT_ONCE: Final = 1_000
QUARTER: Final = timedelta(days=92)
REASON: Final = "No contract has needed this card for a long time, so its number was destroyed."

_BEYOND = """
FROM vault_card v
WHERE v.status = 'active' AND v.created_at < :before
    AND NOT EXISTS (
        SELECT FROM contract c WHERE c.customer_id = v.customer_id
            AND (c.ends_on IS NULL OR c.ends_on >= :day OR c.held_since IS NOT NULL)
    )
    AND NOT EXISTS (
        SELECT FROM invoice i WHERE i.customer_id = v.customer_id
            AND i.status IN ('draft', 'parked', 'issued', 'declined')
    )
    AND NOT EXISTS (
        SELECT FROM payment p WHERE p.card_id = v.card_id AND p.status IN ('intent', 'unknown')
    )
    AND NOT EXISTS (
        SELECT FROM refund r WHERE r.customer_id = v.customer_id
            AND r.status IN ('intent', 'unknown')
    )
"""
_GIVE_UP = text(f"""
WITH beyond AS (SELECT v.card_id {_BEYOND} ORDER BY v.card_id LIMIT :most FOR UPDATE OF v)
UPDATE vault_card SET status = 'removed', updated_at = :now FROM beyond
WHERE vault_card.card_id = beyond.card_id
RETURNING vault_card.card_id, vault_card.customer_id
""")  # noqa: S608 - our own text
_KEPT = text("SELECT count(*) FROM vault_card WHERE status <> 'destroyed'")
_STILL = text(f"SELECT count(*) {_BEYOND}")
_DESTROYED = text(
    "SELECT count(*) FROM vault_card WHERE status = 'destroyed' AND updated_at >= :since"
)


@dataclass(frozen=True, slots=True)
class RetentionEvidence:
    """How many cards there are, how many of them are kept too long, how many were destroyed."""

    kept: int
    beyond: int
    destroyed_in_quarter: int


async def destroy_unneeded(session: AsyncSession, keep: timedelta, now: datetime) -> int:
    """Destroy some of the cards beyond retention, and tell the customer quantum.

    Returns how many; to be called, each time in a transaction of its own, until it is none.
    """
    values = {**_limits(keep, now), "most": AT_ONCE, "now": now}
    given_up: dict[UUID, UUID] = {
        row.card_id: row.customer_id for row in await session.execute(_GIVE_UP, values)
    }
    if not given_up:
        return 0
    gone = await destroy_removed(session, now, VaultCard.card_id.in_(given_up))
    await send(
        session,
        *(
            CardOutcome(card_id=it, customer_id=given_up[it], status="destroyed", reason=REASON)
            for it in gone
        ),
    )
    return len(given_up)


async def evidence(session: AsyncSession, keep: timedelta, now: datetime) -> RetentionEvidence:
    """Counted a day late: what has just come beyond retention is destroyed in the next night."""
    limits = _limits(keep + timedelta(days=1), now)
    return RetentionEvidence(
        kept=await session.scalar(_KEPT) or 0,
        beyond=await session.scalar(_STILL, limits) or 0,
        destroyed_in_quarter=await session.scalar(_DESTROYED, {"since": now - QUARTER}) or 0,
    )


def _limits(keep: timedelta, now: datetime) -> dict[str, object]:
    before = now - keep
    return {"before": before, "day": billing_day(before)}
