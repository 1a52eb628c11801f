"""One-off charges and credits: on exactly one invoice each, taxed by their own class."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.billing.calendar import Period
from orchestration.billing.rating import Case, Invoice, OneOff, Plan, rate, row_hash
from tests.orchestration.billing.world import OCTOBER, World

NOVEMBER = OCTOBER.next
ON = (
    "SELECT l.invoice_id, i.period_start FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id"
    " WHERE l.one_off_id = %s"
)
SUMS = (
    "SELECT subtotal_cents, tax_cents, carried_cents, total_cents FROM invoice"
    " WHERE contract_id = %s"
)


def one_off(
    world: World,
    contract: UUID,
    cents: int,
    words: str = "A visit",
    *,
    product_class: str = "visit",
    since: Period = OCTOBER,
) -> UUID:
    """A charge over so many cents, or a credit when negative, entered an hour ago."""
    found: Any = world.rows(
        "INSERT INTO one_off (contract_id, customer_id, kind, amount_cents, currency, description,"
        " product_class, from_period, created_at)"
        " SELECT id, customer_id, %s, %s, 'USD', %s, %s, %s, %s FROM contract WHERE id = %s"
        " RETURNING id",
        "charge" if cents > 0 else "credit",
        abs(cents),
        words,
        product_class,
        since.first,
        world.now - timedelta(hours=1),
        contract,
    )
    return UUID(str(found[0][0]))


def withdraw(world: World, *ids: UUID) -> None:
    world.execute("UPDATE one_off SET withdrawn_at = now() WHERE id = ANY(%s)", list(ids))


async def all_well(world: World, period: Period = OCTOBER) -> None:
    failed = [it for it in (await world.check(period)).values() if not it.ok]
    assert {it.name for it in failed} <= {
        "count_like_last_month",
        "total_like_last_month",
        "credits_carried",
    }, failed


async def test_each_is_a_line_of_the_month_it_is_due_in_whatever_else_that_bills(
    world: World,
) -> None:
    world.plan()
    world.plan("yearly", 19900, "year")
    monthly = world.contract()
    parts = world.contract(state="CA")
    mid_year = world.contract("yearly", date(2026, 3, 5))
    ended = world.contract(ends_on=date(2026, 8, 31))
    generous = world.contract(state="OR")
    waits = [world.contract(standing="suspended"), world.contract()]
    world.execute("UPDATE contract SET held_since = now() WHERE id = %s", waits[1])
    world.execute("INSERT INTO tax_rate VALUES ('CA', 'spare_part', '2026-10-01', 100000)")
    one_off(world, monthly, 4500)
    one_off(world, monthly, -500, "Goodwill")
    one_off(world, parts, 3000, "A fan", product_class="spare_part")
    for contract in (mid_year, ended, *waits):
        one_off(world, contract, 4500)
    one_off(world, generous, -5000, "Goodwill")
    later = one_off(world, monthly, 100, since=NOVEMBER)
    drafted = await world.draft()
    assert (drafted.written, drafted.cases) == (5, 5)
    assert world.rows(SUMS, monthly) == [(5999, 240, 0, 6239)]
    # 7.25 % of the plan's 19.99, and 10 % of the part's 30.00.
    assert world.rows(SUMS, parts) == [(4999, 145 + 300, 0, 5444)]
    assert world.rows(SUMS, mid_year) == world.rows(SUMS, ended) == [(4500, 180, 0, 4680)]
    assert world.rows(SUMS, generous) == [(-3001, 0, 3001, 0)]
    assert world.rows(ON, later) == []
    await all_well(world)
    before = world.fingerprint()
    again = await world.draft()
    assert (again.written, again.removed) == (0, 0)
    assert world.fingerprint() == before


async def test_a_draft_is_what_rating_says_to_the_last_hash_and_equal_cases_are_rated_once(
    world: World,
) -> None:
    world.plan()
    contracts = [world.contract(state="CA") for _ in range(3)]
    for contract in contracts:
        # In another order each time.
        for cents, words in ((4500, "A | visit"), (700, "ä part"), (-100, "A | visit"))[
            :: 1 if contract == contracts[0] else -1
        ]:
            one_off(world, contract, cents, words)
    assert (await world.draft()).cases == 1
    entered = (
        OneOff("credit", "A | visit", 100, 72_500),
        OneOff("charge", "ä part", 700, 72_500),
        OneOff("charge", "A | visit", 4500, 72_500),
    )
    plan = Plan("basic", "Plan basic", 1999, "USD", "month")
    bill = rate(Case(plan, 72_500, date(2025, 1, 10), None, entered), OCTOBER)
    assert bill is not None
    for contract, customer, stored in world.rows(
        "SELECT contract_id, customer_id, row_hash FROM invoice"
    ):
        assert bytes(stored) == row_hash(Invoice(contract, customer, bill))
    assert world.rows(
        "SELECT count(*), count(DISTINCT o.id) FROM invoice_line l JOIN one_off o"
        " ON o.id = l.one_off_id AND o.description = l.description"
        " AND abs(l.amount_cents) = o.amount_cents AND o.kind = l.kind"
    ) == [(9, 9)]


async def test_one_is_billed_once_also_when_two_months_are_drafted_and_again(world: World) -> None:
    world.plan()
    contract = world.contract()
    charge = one_off(world, contract, 4500)
    world.now = world.now.replace(month=12)
    for period in (OCTOBER, NOVEMBER, OCTOBER, NOVEMBER):
        await world.draft(period)
    ((_, month),) = world.rows(ON, charge)
    assert month == OCTOBER.first
    await all_well(world)
    await all_well(world, NOVEMBER)
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.execute(
            "INSERT INTO invoice_line (invoice_id, position, kind, description, amount_cents,"
            " one_off_id) SELECT id, 9, 'charge', 'x', 1, %s FROM invoice"
            " WHERE period_start = '2026-11-01'",
            charge,
        )


async def test_what_a_refused_run_or_a_void_invoice_held_is_billed_with_the_next(
    world: World,
) -> None:
    world.plan()
    contract, other = world.contract(), world.contract()
    charge, second = one_off(world, contract, 4500), one_off(world, other, 100)
    await world.draft()
    world.execute("UPDATE billing_run SET status = 'refused'")
    world.execute(
        "UPDATE invoice SET status = 'void', review = 'outlier' WHERE contract_id = %s", other
    )
    world.now = world.now.replace(month=12)
    await world.draft(NOVEMBER)
    assert [world.rows(ON, it)[0][1] for it in (charge, second)] == [NOVEMBER.first] * 2
    # The refused month comes without them, and whatever is drafted stays as it is.
    await world.draft()
    assert world.rows(f"{SUMS} AND period_start = '2026-10-01'", contract)[0][0] == 1999
    assert [world.rows(ON, it)[0][1] for it in (charge, second)] == [NOVEMBER.first] * 2
    await all_well(world, NOVEMBER)


async def test_one_that_was_withdrawn_goes_also_when_another_looks_the_same(world: World) -> None:
    world.plan()
    contract = world.contract()
    first = one_off(world, contract, 4500)
    await world.draft()
    withdraw(world, first)
    second = one_off(world, contract, 4500)
    findings = await world.check()
    assert (findings["one_offs_billed"].ok, findings["one_offs_billed"].severity) == (
        False,
        "block",
    )
    await world.draft()
    assert (world.rows(ON, first), len(world.rows(ON, second))) == ([], 1)
    await all_well(world)
    withdraw(world, second)
    await world.draft()
    assert world.rows(SUMS, contract)[0][0] == 1999


async def test_one_without_a_rate_is_alerted_and_does_not_stop_the_others(world: World) -> None:
    world.plan()
    contract = world.contract()
    charge, lost = one_off(world, contract, 4500), one_off(world, contract, 100)
    world.execute("UPDATE one_off SET product_class = 'spare_part' WHERE id = %s", lost)
    world.execute("DELETE FROM tax_rate WHERE product_class = 'spare_part'")
    await world.draft()
    await all_well(world)
    assert world.rows(SUMS, contract)[0][0] == 6499
    assert world.rows("SELECT kind, subject_id FROM alert") == [("unbillable_one_off", lost)]
    assert len(world.rows(ON, charge)) == 1


async def test_what_is_entered_after_the_draft_waits_and_what_was_forgotten_blocks(
    world: World,
) -> None:
    world.plan()
    contract = world.contract()
    await world.draft()
    charge = one_off(world, contract, 4500)
    world.execute("UPDATE one_off SET created_at = %s", world.now)
    await all_well(world)
    world.execute("UPDATE one_off SET created_at = %s", world.now - timedelta(hours=1))
    finding = (await world.check())["one_offs_billed"]
    assert (finding.ok, finding.figures["first"]) == (False, [str(charge)])
