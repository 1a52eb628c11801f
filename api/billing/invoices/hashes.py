"""Row and run hashes computed by the database, from what is really stored.

The text that is hashed is the one of `orchestration.billing.rating.content_hash`; a test
holds the two equal. Parked and void invoices are not part of a run's hash.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# For an invoice `i`. The description's length goes before it, see `content_hash`.
_CONTENT = r"""
sha256(convert_to(
    to_char(i.period_start, 'YYYY-MM-DD') || '|' || to_char(i.period_end, 'YYYY-MM-DD')
    || '|' || i.currency || '|' || i.subtotal_cents || '|' || i.tax_cents
    || '|' || i.total_cents || E'\n'
    || coalesce((
        SELECT string_agg(
            l.position || '|' || l.kind || '|' || l.amount_cents
            || '|' || length(l.description) || '|' || l.description || E'\n',
            '' ORDER BY l.position
        )
        FROM invoice_line l WHERE l.invoice_id = i.id
    ), ''),
    'UTF8'
))
"""


def row_hash_sql(contract_id: str, customer_id: str, content_hash: str) -> str:
    """SQL of a row hash from SQL of its three parts."""
    return (
        f"sha256(convert_to({contract_id}::text || '|' || {customer_id}::text || '|' || "
        f"encode({content_hash}, 'hex'), 'UTF8'))"
    )


STORED_ROW_HASH = row_hash_sql("i.contract_id", "i.customer_id", _CONTENT)
"""SQL of the hash of what is stored of an invoice `i` and its lines."""

_RUN_HASH = text(
    "SELECT sha256(coalesce(string_agg(row_hash, ''::bytea ORDER BY contract_id), ''::bytea)) "
    "FROM invoice WHERE run_id = :run_id AND status NOT IN ('parked', 'void')"
)


async def run_hash(session: AsyncSession, run_id: UUID) -> bytes:
    """The hash over the row hashes of a run, in the order of contract ids."""
    found: bytes = (await session.execute(_RUN_HASH, {"run_id": run_id})).scalar_one()
    return found
