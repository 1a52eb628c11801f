"""The distinct cases of a month: what is rated once and shared by all contracts alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.contracts.tables import SUPPORT_PLAN
from api.billing.invoices.tables import BillingRun
from orchestration.billing.rating import Bill, Case, OneOff, Plan, content_hash, rate

# One-off charges and credits that this run takes: due, and on no invoice of another run. `key` is
# all that a bill depends on of those of a contract; `place` counts them in the same order.
ONE_OFFS = """
due AS MATERIALIZED (
    SELECT o.id, o.contract_id, o.kind, o.description, o.amount_cents, r.rate_millionths,
           row_number() OVER (
               PARTITION BY o.contract_id
               ORDER BY o.kind, o.description, o.amount_cents, r.rate_millionths, o.id
           ) AS place
    FROM one_off o JOIN contract c ON c.id = o.contract_id
    JOIN plan p ON p.code = c.plan_code AND p.currency = o.currency
    CROSS JOIN LATERAL (
        SELECT rate_millionths FROM tax_rate
        WHERE state = c.state AND product_class = o.product_class AND valid_from <= :first
        ORDER BY valid_from DESC LIMIT 1
    ) r
    WHERE o.withdrawn_at IS NULL AND o.from_period <= :first AND NOT EXISTS (
        SELECT FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
        WHERE l.one_off_id = o.id AND i.run_id <> :run_id
    )
), one_offs AS MATERIALIZED (
    SELECT contract_id,
           string_agg(
               format('%s|%s|%s|%s|%s', kind, amount_cents, rate_millionths, length(description),
                      description),
               '|' ORDER BY place
           ) AS key,
           array_agg(kind ORDER BY place) AS kinds,
           array_agg(description ORDER BY place) AS descriptions,
           array_agg(amount_cents ORDER BY place) AS amounts,
           array_agg(rate_millionths ORDER BY place) AS rates
    FROM due GROUP BY contract_id
)
"""

# A contract `c` of a plan `p` with the one-offs `o` is looked at for a month when it may have
# something to bill in it: a one-off; any month of a monthly plan; of a yearly one the
# anniversary's and the cancellation's. A plan that is not known comes along, so that it is
# reported. A suspended contract gets no visit and so no bill; one that is held gets none until it
# is released.
BILLABLE = """
    c.standing = 'good' AND c.held_since IS NULL AND (
        o.contract_id IS NOT NULL
        OR c.starts_on <= :last AND (c.ends_on IS NULL OR c.ends_on >= :first) AND (
            p.code IS NULL OR p.interval = 'month'
            OR extract(month FROM c.starts_on) = :month
            OR c.ends_on <= :last
        )
    )
"""
# Only the days inside the month matter to a monthly plan, only those up to its end to any.
CASE_START = "CASE WHEN p.interval = 'year' THEN c.starts_on ELSE greatest(c.starts_on, :first) END"
CASE_END = "coalesce(CASE WHEN c.ends_on <= :last THEN c.ends_on END, 'infinity'::date)"
CASE_ONE_OFFS = "coalesce(o.key, '')"
_ANNIVERSARY = """(c.starts_on + make_interval(
    years => CAST(:year AS int) - CAST(extract(year FROM c.starts_on) AS int)
))::date"""
# The month whose rate of tax counts: a year's is taxed, and given back, at the rate of the month
# in which its term began, whichever year's anniversary that was.
_TAX_DAY = f"""CASE
    WHEN p.interval <> 'year' THEN CAST(:first AS date)
    WHEN {_ANNIVERSARY} <= least(coalesce(c.ends_on, :last), :last)
        THEN date_trunc('month', {_ANNIVERSARY})::date
    ELSE date_trunc('month', {_ANNIVERSARY} - interval '1 year')::date
END"""
OF_CUSTOMERS = "AND c.customer_id = ANY(:customers)"


def cases_sql(of_customers: str) -> str:
    """SQL of the distinct cases; `of_customers` is `OF_CUSTOMERS`, or nothing for all."""
    return f"""
WITH {ONE_OFFS}
SELECT c.plan_code, c.state, {CASE_START} AS starts_on, {CASE_END} AS ends_on,
       {CASE_ONE_OFFS} AS one_offs, p.name, p.price_cents, p.currency, p.interval,
       r.rate_millionths, o.kinds, o.descriptions, o.amounts, o.rates,
       ARRAY(SELECT until FROM former_price WHERE plan_code = c.plan_code ORDER BY until)
           AS untils,
       ARRAY(SELECT price_cents FROM former_price WHERE plan_code = c.plan_code ORDER BY until)
           AS former
FROM contract c
LEFT JOIN plan p ON p.code = c.plan_code
LEFT JOIN one_offs o ON o.contract_id = c.id
LEFT JOIN LATERAL (
    SELECT rate_millionths FROM tax_rate
    WHERE state = c.state AND product_class = :product_class
        AND valid_from <= coalesce({_TAX_DAY}, :first)
    ORDER BY valid_from DESC LIMIT 1
) r ON true
WHERE {BILLABLE} {of_customers}
GROUP BY c.plan_code, c.state, 3, 4, 5, p.code, r.rate_millionths, o.kinds, o.descriptions,
    o.amounts, o.rates
"""  # noqa: S608 - constants of this module


_CASES, _CASES_OF_CUSTOMERS = (text(cases_sql(part)) for part in ("", OF_CUSTOMERS))


@dataclass(frozen=True, slots=True)
class RatedCases:
    """Bills by case, as the columns that SQL joins to the contracts."""

    cases: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: []
            for name in (
                "plan_codes", "states", "starts", "ends", "one_off_keys", "currencies",
                "subtotals", "taxes", "carried", "content_hashes",
            )
        }
    )  # fmt: skip
    lines: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: []
            for name in (
                "line_cases", "positions", "kinds", "descriptions", "amounts", "one_off_places",
            )
        }
    )  # fmt: skip

    @property
    def count(self) -> int:
        return len(self.cases["plan_codes"])

    def add(self, key: tuple[str, str, date, date, str], bill: Bill) -> None:
        number = self.count + 1
        sums = (bill.subtotal_cents, bill.tax_cents, bill.carried_cents)
        columns = (*key, bill.currency, *sums, content_hash(bill))
        for name, value in zip(self.cases, columns, strict=True):
            self.cases[name].append(value)
        for position, it in enumerate(bill.lines, start=1):
            values = (number, position, it.kind, it.description, it.amount_cents, it.one_off)
            for name, item in zip(self.lines, values, strict=True):
                self.lines[name].append(item)


def parameters(run: BillingRun) -> dict[str, Any]:
    """What is asked of the contracts and invoices of a run's month; a query takes what it names."""
    period = Period(run.period)
    return {
        "run_id": run.id,
        "first": period.first,
        "last": period.last,
        "year": period.first.year,
        "month": period.first.month,
        "product_class": SUPPORT_PLAN,
    }


async def rated_cases(
    session: AsyncSession, run: BillingRun, customers: Sequence[UUID] | None = None
) -> RatedCases:
    """Rate each distinct case of the run's month once; cases without a price or a tax rate are
    left out and reported by the checks. `customers`: of their contracts alone.
    """
    asked = parameters(run)
    if customers is None:
        rows = await session.execute(_CASES, asked)
    else:
        rows = await session.execute(_CASES_OF_CUSTOMERS, asked | {"customers": customers})
    return _rated(rows.mappings(), Period(run.period))


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
        case = Case(plan, row["rate_millionths"], row["starts_on"], ends_on, _one_offs(row))
        bill = rate(case, period)
        if bill is not None:
            key = ("plan_code", "state", "starts_on", "ends_on", "one_offs")
            rated.add(tuple(row[name] for name in key), bill)
    return rated


def _one_offs(row: Mapping[Any, Any]) -> tuple[OneOff, ...]:
    if row["kinds"] is None:
        return ()
    columns = (row["kinds"], row["descriptions"], row["amounts"], row["rates"])
    return tuple(OneOff(*values) for values in zip(*columns, strict=True))
