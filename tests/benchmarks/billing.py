"""`squad bench billing`: a month of a million contracts, and charges, against bare yardsticks.

The yardstick for drafts is one `INSERT ... SELECT` of the very rows that were drafted into tables
with the same columns, checks and indexes; the one for charges is an HTTP client that sends the
same requests to the same provider and writes nothing down. A month with a wrong sum has no figures.
"""

import asyncio
import math
import resource
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

from api.billing.calendar import Period
from orchestration.billing.evidence import ledger_balanced
from orchestration.local.postgres import throw_away_postgres
from tests.benchmarks.customers import CHARGED, fill, fill_cards
from tests.benchmarks.provider import bare_charges, provider_at, sandbox_process
from tests.benchmarks.report import Report, Wrong, shown, timed
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates
from tests.orchestration.billing.world import OCTOBER, World

SEPTEMBER = OCTOBER.previous
CONCURRENCY = 64


def run(customers: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures one number of contracts; raises Wrong when a sum is not what it must be."""
    report = Report({"customers": customers}, say)
    with throw_away_postgres(SERVER) as server:
        templates = Templates(server)
        tenth = asyncio.run(_month(templates, customers // 10))
        whole = asyncio.run(_month(templates, customers, report))
        report.add("growth_exponent", round(math.log10(whole / tenth), 2))
        report.add("peak_memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        for delay_ms in (100, 0):
            asyncio.run(_charges(templates, report, delay_ms))
        templates.close()
    return report.figures


async def _month(templates: Templates, customers: int, report: Report | None = None) -> float:
    """Drafts and checks October after September; returns the seconds of both."""
    databases = Databases(templates)
    world = World(databases)
    fill(databases, customers)
    await _drafted(world, SEPTEMBER)
    world.execute("UPDATE billing_run SET status = 'finished'")
    world.execute("VACUUM ANALYZE")
    drafting: list[float] = []
    checking: list[float] = []
    with timed(drafting):
        done = await world.draft()
    with timed(checking):
        findings = await world.check()
    blocked = [it for it in findings.values() if it.severity == "block" and not it.ok]
    if blocked:
        raise Wrong(f"The checks find {blocked}.")
    with timed(again := list[float]()):
        repeated = await world.draft()
    if (repeated.written, repeated.removed) != (0, 0):
        raise Wrong(f"Drafted again, {repeated.written} rows were written.")
    seconds = drafting[0] + checking[0]
    if report is not None:
        report.add("invoices", done.invoices)
        report.add("lines", _lines(world))
        report.add("distinct_cases", done.cases)
        report.add("draft_s", shown(drafting))
        report.add("check_s", shown(checking))
        bare = _bare_insert(world)
        report.add("bare_insert_s", round(bare, 2))
        report.add("draft_and_check_to_bare", round(seconds / bare, 2))
        report.add("drafted_again_s", shown(again))
    await world.close()
    databases.drop()
    return seconds


async def _drafted(world: World, period: Period) -> None:
    now, world.now = world.now, world.now - timedelta(days=31)
    await world.draft(period)
    world.now = now


def _lines(world: World) -> int:
    """How many lines October has; their sum is the sum of its invoices."""
    lines, of_lines = world.rows(
        "SELECT count(*), sum(l.amount_cents) FROM invoice_line l JOIN invoice i"
        " ON i.id = l.invoice_id WHERE i.period_start = %s",
        OCTOBER.first,
    )[0]
    of_invoices = world.value(
        "SELECT sum(total_cents) FROM invoice WHERE period_start = %s", OCTOBER.first
    )
    if of_lines != of_invoices:
        raise Wrong(f"Lines sum to {of_lines}, invoices to {of_invoices}.")
    return int(lines)


def _bare_insert(world: World) -> float:
    """The same rows in one transaction into equal tables, without what refers to others."""
    for table in ("invoice", "invoice_line"):
        world.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
    with world.databases.connect("billing") as connection:
        began = perf_counter()
        with connection.transaction():
            connection.execute(
                "INSERT INTO bare_invoice SELECT * FROM invoice WHERE period_start = %s",
                [OCTOBER.first],
            )
            connection.execute(
                "INSERT INTO bare_invoice_line SELECT l.* FROM invoice_line l"
                " JOIN invoice i ON i.id = l.invoice_id WHERE i.period_start = %s",
                [OCTOBER.first],
            )
        return perf_counter() - began


async def _charges(templates: Templates, report: Report, delay_ms: int) -> None:
    """A month's invoices charged, and the same requests by a client that keeps no books."""
    databases = Databases(templates)
    world = World(databases)
    fill(databases, CHARGED, monthly_only=True)
    await fill_cards(databases)
    world.previous_run(CHARGED, _due(world))
    await world.bill()
    with sandbox_process(delay_ms) as url:
        cents = [row[0] for row in world.rows("SELECT total_cents FROM invoice")]
        bare = await bare_charges(url, cents, CONCURRENCY)
        async with provider_at(url, CONCURRENCY) as provider:
            ours = await _charged(world, provider, len(cents))
    name = f"at_{delay_ms}_ms"
    report.add(f"bare_charges_a_second_{name}", round(bare))
    report.add(f"charges_a_second_{name}", round(ours))
    report.add(f"charges_to_bare_{name}", round(ours / bare, 2))
    await world.close()
    databases.drop()


def _due(world: World) -> int:
    """About what October comes to, so that the run is approved by itself."""
    prices = "SELECT sum(p.price_cents) FROM contract c JOIN plan p ON p.code = c.plan_code"
    return int(world.value(prices))


async def _charged(world: World, provider: Any, invoices: int) -> float:
    began = perf_counter()
    async with world.as_role("card_charge") as sessions:
        collector = world.collector(sessions, provider, concurrency=CONCURRENCY)
        _, progress = await collector.charge_run(OCTOBER)
    seconds = perf_counter() - began
    async with world.as_role("biller") as sessions, sessions() as session:
        balanced = await ledger_balanced(session, OCTOBER)
    paid = world.value("SELECT count(*) FROM invoice WHERE status = 'paid'")
    if (progress.approved, paid) != (invoices, invoices) or not balanced.ok:
        raise Wrong(f"{progress}; {paid} of {invoices} are paid; {balanced.detail}")
    return invoices / seconds
