"""The distinct cases of a month: what is rated once and shared by all contracts alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.contracts.tables import SUPPORT_PLAN
from orchestration.billing.rating import Bill, Case, Plan, content_hash, rate

# A contract `c` of a plan `p` is looked at for a month when it may have something to bill in it:
# any month of a monthly plan; of a yearly one the anniversary's and the cancellation's. A plan
# that is not known comes along, so that it is reported. A suspended contract gets no visit and
# so no bill; one that is held gets none until it is released.
BILLABLE = """
    c.starts_on <= :last AND (c.ends_on IS NULL OR c.ends_on >= :first) AND c.standing = 'good'
    AND c.held_since IS NULL AND (
        p.code IS NULL OR p.interval = 'month'
        OR extract(month FROM c.starts_on) = :month
        OR c.ends_on <= :last
    )
"""
# Only the days inside the month matter to a monthly plan, only those up to its end to any.
CASE_START = "CASE WHEN p.interval = 'year' THEN c.starts_on ELSE greatest(c.starts_on, :first) END"
CASE_END = "coalesce(CASE WHEN c.ends_on <= :last THEN c.ends_on END, 'infinity'::date)"

_CASES = text(f"""
SELECT c.plan_code, c.state, {CASE_START} AS starts_on, {CASE_END} AS ends_on,
       p.name, p.price_cents, p.currency, p.interval, r.rate_millionths, count(*) AS contracts,
       ARRAY(SELECT until FROM former_price WHERE plan_code = c.plan_code ORDER BY until)
           AS untils,
       ARRAY(SELECT price_cents FROM former_price WHERE plan_code = c.plan_code ORDER BY until)
           AS former
FROM contract c
LEFT JOIN plan p ON p.code = c.plan_code
LEFT JOIN LATERAL (
    SELECT rate_millionths FROM tax_rate
    WHERE state = c.state AND product_class = :product_class AND valid_from <= :first
    ORDER BY valid_from DESC LIMIT 1
) r ON true
WHERE {BILLABLE}
GROUP BY c.plan_code, c.state, 3, 4, p.code, r.rate_millionths
""")  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class RatedCases:
    """Bills by case, as the columns that SQL joins to the contracts."""

    cases: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: []
            for name in (
                "plan_codes", "states", "starts", "ends", "currencies", "subtotals", "taxes",
                "content_hashes",
            )
        }
    )  # fmt: skip
    lines: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: [] for name in ("line_cases", "positions", "kinds", "descriptions", "amounts")
        }
    )

    @property
    def count(self) -> int:
        return len(self.cases["plan_codes"])

    def add(self, key: tuple[str, str, date, date], bill: Bill) -> None:
        number = self.count + 1
        columns = (*key, bill.currency, bill.subtotal_cents, bill.tax_cents, content_hash(bill))
        for name, value in zip(self.cases, columns, strict=True):
            self.cases[name].append(value)
        for position, line in enumerate(bill.lines, start=1):
            values = (number, position, line.kind, line.description, line.amount_cents)
            for name, item in zip(self.lines, values, strict=True):
                self.lines[name].append(item)


def parameters(period: Period) -> dict[str, Any]:
    """What the SQL of this module is asked with."""
    return {"first": period.first, "last": period.last, "month": period.first.month}


async def rated_cases(session: AsyncSession, period: Period) -> RatedCases:
    """Rate each distinct case of the month once; cases without a price or a tax rate are left
    out and reported by the checks.
    """
    asked = parameters(period) | {"product_class": SUPPORT_PLAN}
    rows = (await session.execute(_CASES, asked)).mappings()
    return _rated(rows, period)


def _rated(rows: Iterable[Mapping[Any, Any]], period: Period) -> RatedCases:
    rated = RatedCases()
    for row in rows:
        if row["price_cents"] is None or row["rate_millionths"] is None:
            continue
        plan = Plan(
            row["plan_code"],
            row["name"],
            row["price_cents"],
            row["currency"],
            row["interval"],
            tuple(zip(row["untils"], row["former"], strict=True)),
        )
        ends_on = row["ends_on"] if row["ends_on"] < date.max else None
        case = Case(plan, row["rate_millionths"], row["starts_on"], ends_on)
        bill = rate(case, period)
        if bill is not None:
            rated.add((row["plan_code"], row["state"], row["starts_on"], row["ends_on"]), bill)
    return rated
