"""One-off charges and credits for the next draft: one month is drafted at a time, and what void
invoices and refused runs held is free.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.one_offs.service import DRAFTING

# Lines of void invoices stay as they are, without what they held.
_OF_VOID = text("""
UPDATE invoice_line l SET one_off_id = NULL FROM invoice i
WHERE l.one_off_id IS NOT NULL AND i.id = l.invoice_id AND i.status = 'void'
""")

# A refused run is drafted again before anything of it is issued, so its drafts may go.
_OF_REFUSED = text("""
WITH held AS (
    SELECT i.id FROM invoice i JOIN billing_run r ON r.id = i.run_id
    WHERE r.status = 'refused' AND r.id <> :run_id AND i.status IN ('draft', 'parked')
        AND i.id IN (SELECT invoice_id FROM invoice_line WHERE one_off_id IS NOT NULL)
), lines AS (
    DELETE FROM invoice_line l USING held WHERE l.invoice_id = held.id
)
DELETE FROM invoice i USING held WHERE i.id = held.id
""")


async def alone(session: AsyncSession) -> None:
    """Wait for whoever drafts, until the transaction ends; before a run is locked, as who withdraws
    a one-off does.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": DRAFTING})


async def free(session: AsyncSession, run_id: UUID) -> None:
    """Before a run is drafted, in its transaction (role biller)."""
    await session.execute(_OF_VOID)
    await session.execute(_OF_REFUSED, {"run_id": run_id})
