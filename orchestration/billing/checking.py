"""Checking a drafted run: what must hold before anybody may approve it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, TextClause, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.amounts import amount_text
from api.billing.calendar import Period
from api.billing.invoices.hashes import run_hash
from api.billing.invoices.rules import Finding, Severity, outside
from api.billing.invoices.runs import find_run, findings_of
from api.billing.invoices.tables import BillingRun
from api.billing.payments.alerts import Cause, open_alerts
from orchestration.billing import check_sql, outliers
from orchestration.billing.cases import parameters
from orchestration.billing.settings import BillingSettings

SHOWN = 5
"""Ids named in a finding; the figures have the count."""


@dataclass(frozen=True, slots=True)
class Checking:
    """One run under examination."""

    session: AsyncSession
    run: BillingRun
    previous: BillingRun | None
    settings: BillingSettings
    now: datetime
    open: bool
    """Whether the run waits for approval; of any other nothing is written or alerted."""

    async def rows(self, query: TextClause) -> Sequence[Row[Any]]:
        previous = Period(self.run.period).previous.first
        asked = parameters(self.run) | {"previous_first": previous}
        return (await self.session.execute(query, asked)).all()

    async def alert(self, kind: str, causes: list[Cause]) -> None:
        if self.open:
            await open_alerts(self.session, kind, causes, self.now)


Check = Callable[[Checking], Awaitable[Finding]]


def _none_of(name: str, query: TextClause, severity: Severity, good: str, bad: str) -> Check:
    """A check that a query finds nothing; `bad` has a place for the count."""

    async def check(it: Checking) -> Finding:
        ids = [str(row[0]) for row in await it.rows(query)]
        return Finding(
            name=name,
            severity=severity,
            ok=not ids,
            detail=bad.format(len(ids)) if ids else good,
            figures={"count": len(ids), "first": ids[:SHOWN]},
        )

    return check


async def contracts_billable(it: Checking) -> Finding:
    """Contracts without a price or a tax rate are reported, and do not stop the others."""
    found = await it.rows(check_sql.UNBILLABLE)
    (served,) = await it.rows(check_sql.SERVED)
    words = "This contract cannot be billed: its {} is not known."
    await it.alert(
        "unbillable_contract",
        [
            Cause(
                row.id,
                words.format("support plan" if row.no_plan else "state's tax rate"),
                row.customer_id,
            )
            for row in found
        ],
    )
    limit = it.settings.billing_unbillable_tolerance
    return Finding(
        name="contracts_billable",
        severity="hold",
        ok=len(found) <= served[0] * limit,
        detail=f"{len(found)} of {served[0]} contracts lack a price or a tax rate.",
        figures={"count": len(found), "contracts": served[0], "tolerance": limit},
    )


async def one_offs_billed(it: Checking) -> Finding:
    """What finance has entered is on the month's invoices as it was entered; nothing is left."""
    left, changed = (
        await it.rows(check_sql.ONE_OFFS_LEFT),
        await it.rows(check_sql.ONE_OFFS_CHANGED),
    )
    words = "This one-off charge or credit cannot be billed: its plan, rate or currency is missing."
    unbillable = [row for row in left if row.unbillable]
    await it.alert(
        "unbillable_one_off", [Cause(row.id, words, row.customer_id) for row in unbillable]
    )
    wrong = [row.id for row in left if not row.unbillable] + [row.invoice_id for row in changed]
    return Finding(
        name="one_offs_billed",
        severity="block",
        ok=not wrong,
        detail=f"{len(wrong)} one-off charges or credits are not billed as entered."
        if wrong
        else "Every one-off charge and credit that is due is billed as it was entered.",
        figures={
            "count": len(wrong),
            "first": [str(one) for one in wrong[:SHOWN]],
            "unbillable": len(unbillable),
        },
    )


async def credits_carried(it: Checking) -> Finding:
    """Sums below nothing: the invoice is over nothing, and the rest is credit for the next ones."""
    (figures,) = await it.rows(check_sql.CARRIED)
    return Finding(
        name="credits_carried",
        severity="note",
        ok=not figures.invoices,
        detail=f"{figures.invoices} invoices come to less than nothing, which carries forward."
        if figures.invoices
        else "No invoice comes to less than nothing.",
        figures={"count": figures.invoices, "total_cents": figures.cents},
    )


async def outliers_parked(it: Checking) -> Finding:
    """Amounts that the plan does not imply are parked: few are looked at one by one, many hold
    the run.
    """
    found, settings = await it.rows(outliers.PARKED), it.settings
    await it.alert(
        outliers.ALERT,
        [Cause(row.id, f"{row.reason} It is parked.", row.customer_id) for row in found],
    )
    (figures,) = await it.rows(check_sql.FIGURES)
    share = settings.billing_outlier_tolerance
    many = outside(
        len(found), 0, 0, int(max(settings.billing_outlier_floor, figures.invoices * share))
    )
    return Finding(
        name="outliers_parked",
        severity="hold" if many else "note",
        ok=not found,
        detail=f"{len(found)} invoices are parked: their plan does not imply their amount."
        if found
        else "Every amount is what its plan implies.",
        figures={
            "count": len(found),
            "total_cents": sum(row.total_cents for row in found),
            "first": [str(row.id) for row in found[:SHOWN]],
            "tolerance": share,
        },
    )


async def last_month_complete(it: Checking) -> Finding:
    """Contracts that last month's run left out: heard of too late, or held."""
    found = await it.rows(check_sql.LATE) if it.previous else []
    words = "Last month was billed without this contract: it was heard of too late, or was held."
    await it.alert("unbilled_month", [Cause(row.id, words, row.customer_id) for row in found])
    return Finding(
        name="last_month_complete",
        severity="note",
        ok=not found,
        detail=f"{len(found)} contracts have no bill for last month.",
        figures={"count": len(found), "first": [str(row.id) for row in found[:SHOWN]]},
    )


async def count_like_last_month(it: Checking) -> Finding:
    (figures,) = await it.rows(check_sql.FIGURES)
    settings = it.settings
    return _compared(
        "count_like_last_month",
        figures.invoices,
        it.previous.invoices if it.previous else None,
        settings.billing_count_tolerance,
        settings.billing_count_floor,
    )


async def total_like_last_month(it: Checking) -> Finding:
    (figures,) = await it.rows(check_sql.FIGURES)
    settings = it.settings
    return _compared(
        "total_like_last_month",
        figures.total_cents,
        it.previous.total_cents if it.previous else None,
        settings.billing_total_tolerance,
        settings.billing_total_floor_cents,
    )


CHECKS: dict[str, Check] = {
    "no_contract_missing": _none_of(
        "no_contract_missing", check_sql.MISSING, "block",
        "Every contract with something to bill has its invoice.",
        "{} contracts with something to bill have no invoice.",
    ),
    "no_contract_twice": _none_of(
        "no_contract_twice", check_sql.TWICE, "block",
        "No contract has two invoices.", "{} contracts have two invoices.",
    ),
    "lines_equal_invoice": _none_of(
        "lines_equal_invoice", check_sql.unequal_lines(check_sql.COUNTED), "block",
        "The lines of every invoice sum to its total.", "{} invoices differ from their lines.",
    ),
    "rows_as_hashed": _none_of(
        "rows_as_hashed", check_sql.other_hash(check_sql.COUNTED), "block",
        "Every row is as it was drafted.", "{} rows are not as they were drafted.",
    ),
    "tax_as_due": _none_of(
        "tax_as_due", check_sql.wrong_tax(check_sql.COUNTED), "block",
        "Every tax is the state's rate of what it taxes.", "{} invoices have another tax than due.",
    ),
    "contracts_billable": contracts_billable,
    "count_like_last_month": count_like_last_month,
    "total_like_last_month": total_like_last_month,
    "last_month_complete": last_month_complete,
    "one_offs_billed": one_offs_billed,
    "credits_carried": credits_carried,
    "outliers_parked": outliers_parked,
}  # fmt: skip


async def check(
    session: AsyncSession, period: Period, settings: BillingSettings, now: datetime
) -> list[Finding]:
    """Examine a run that waits for approval and seal what was examined with `rows_hash`.

    The same findings are not written again. A run that was decided keeps the findings it was
    decided by; one that came without any (loaded history) is examined, and nothing is written.
    """
    run = await find_run(session, period, lock=True)
    waits = run.status in {"drafted", "held"}
    if not waits and run.findings:
        return findings_of(run)
    previous = await session.scalar(
        select(BillingRun).where(
            BillingRun.period == period.previous.first,
            BillingRun.status.in_(("issued", "charging", "finished")),
        )
    )
    it = Checking(session, run, previous, settings, now, open=waits)
    if waits:
        await outliers.park(session, run, now)
    findings = [await CHECKS[name](it) for name in CHECKS]
    if waits:
        stored, sealed = msgspec.to_builtins(findings), await run_hash(session, run.id)
        if (run.findings, run.rows_hash) != (stored, sealed):
            run.findings, run.rows_hash, run.updated_at = stored, sealed, now
            await session.flush()
    return findings


def _compared(name: str, value: int, last: int | None, tolerance: float, floor: int) -> Finding:
    if last is None:
        return Finding(
            name=name,
            severity="hold",
            ok=False,
            detail="There is no run of last month to compare with.",
            figures={"this": value, "last": None},
        )
    what = name.split("_", maxsplit=1)[0]
    shown, before = (amount_text(it) if what == "total" else f"{it:,}" for it in (value, last))
    change = f"{(value - last) / last:+.1%}" if last else "new"
    return Finding(
        name=name,
        severity="hold",
        ok=not outside(value, last, tolerance, floor),
        detail=f"The {what} is {shown} after {before} last month ({change}).",
        figures={"this": value, "last": last, "tolerance": tolerance},
    )
