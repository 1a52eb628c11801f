"""The trial balance: the whole ledger sums to zero, and so does each of its postings."""

import secrets
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SHOWN = 5

# One scan without grouping by posting, so that it stays cheap over 10^7 entries. If every posting
# sums to zero, so does the sum of its entries weighted by a hash of the posting; if one does not,
# the weighted sum is zero by chance only: once in about 2^64 seeds (Freivalds 1977, applied to
# sums). The seed is drawn anew each time, so that nobody can arrange entries to pass.
_ACCOUNTS = text("""
SELECT account, currency, sum(amount_cents)::bigint AS cents, count(*) AS entries,
       sum(amount_cents * CAST(uuid_hash_extended(posting_id, :seed) AS numeric)) AS weighted
FROM ledger_entry GROUP BY account, currency ORDER BY currency, account
""")

# Only when something is wrong.
_UNEQUAL = text("""
SELECT posting_id FROM ledger_entry GROUP BY posting_id, currency HAVING sum(amount_cents) <> 0
ORDER BY posting_id LIMIT :shown
""")


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """`accounts` are cents by currency and account, debit positive."""

    accounts: dict[tuple[str, str], int]
    entries: int
    sums: dict[str, int]
    """Of all accounts, by currency: zero if the books are right."""
    unequal: list[UUID]
    """The first postings that do not sum to zero."""

    @property
    def ok(self) -> bool:
        return not self.unequal and not any(self.sums.values())

    def __str__(self) -> str:
        if self.ok:
            return f"{self.entries} entries: every posting sums to zero, and so do all together."
        sums = ", ".join(f"{cents} cents {currency}" for currency, cents in self.sums.items())
        first = ", ".join(str(it) for it in self.unequal)
        return f"The ledger sums to {sums}; postings that do not sum to zero: {first}."


async def trial_balance(session: AsyncSession) -> TrialBalance:
    """Over the whole ledger, as of one moment (role biller)."""
    seed = secrets.randbits(63)
    rows = (await session.execute(_ACCOUNTS, {"seed": seed})).all()
    sums: dict[str, int] = defaultdict(int)
    weighted: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.currency] += row.cents
        weighted[row.currency] += row.weighted
    unequal: list[UUID] = []
    if any(sums.values()) or any(weighted.values()):
        unequal = list((await session.execute(_UNEQUAL, {"shown": SHOWN})).scalars())
    return TrialBalance(
        accounts={(row.currency, row.account): row.cents for row in rows},
        entries=sum(row.entries for row in rows),
        sums=dict(sums),
        unequal=unequal,
    )
