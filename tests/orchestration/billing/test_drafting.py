"""Drafts: one a contract and month, right to the cent, and the same when computed again."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest

from api.billing.calendar import Period
from orchestration.billing.drafting import PeriodNotOver
from orchestration.billing.rating import Case, Invoice, Plan, rate, row_hash, run_hash
from tests.orchestration.billing.world import OCTOBER, World

SUMS = "SELECT subtotal_cents, tax_cents, total_cents FROM invoice WHERE contract_id = %s"


async def test_each_contract_with_something_to_bill_gets_one_draft(world: World) -> None:
    world.plan()
    world.plan("yearly", 19900, "year")
    whole = world.contract()
    part = world.contract(starts_on=date(2026, 10, 22), state="CA")
    anniversary = world.contract("yearly", date(2024, 10, 5), state="TX")
    world.contract("yearly", date(2024, 3, 5))
    world.contract(ends_on=date(2026, 9, 30))
    world.contract(starts_on=date(2026, 11, 1))
    world.contract(standing="suspended")
    drafted = await world.draft()
    assert (drafted.status, drafted.written, drafted.invoices) == ("drafted", 3, 3)
    assert world.rows(SUMS, whole) == [(1999, 80, 2079)]
    assert world.rows(SUMS, part) == [(645, 47, 692)]
    assert world.rows(SUMS, anniversary) == [(19900, 1244, 21144)]
    assert drafted.total_cents == 2079 + 692 + 21144


async def test_what_is_stored_is_what_rating_says_to_the_last_hash(world: World) -> None:
    plan = Plan("odd", "Odd | plan\nwith ä", 3333, "USD", "month")
    world.plan("odd", 3333)
    world.execute("UPDATE plan SET name = %s", plan.name)
    starts = [date(2026, 10, day) for day in (1, 7, 19, 31)]
    ids = {world.contract("odd", day, state="MN"): day for day in starts}
    await world.draft()
    await world.check()
    expected: dict[UUID, bytes] = {}
    for contract_id, day in ids.items():
        bill = rate(Case(plan, 68_750, day), OCTOBER)
        assert bill is not None
        customer = world.value("SELECT customer_id FROM contract WHERE id = %s", contract_id)
        expected[contract_id] = row_hash(Invoice(contract_id, customer, bill))
    stored = {
        row[0]: bytes(row[1]) for row in world.rows("SELECT contract_id, row_hash FROM invoice")
    }
    assert stored == expected
    sealed = world.value("SELECT rows_hash FROM billing_run")
    assert bytes(sealed) == run_hash(expected.items())


async def test_equal_contracts_are_rated_once(world: World) -> None:
    world.plan()
    for _ in range(20):
        world.contract()
        world.contract(state="OR")
    world.contract(starts_on=date(2026, 10, 5))
    drafted = await world.draft()
    assert (drafted.cases, drafted.written) == (3, 41)


async def test_drafting_again_writes_nothing(world: World) -> None:
    world.plan()
    world.contract()
    world.contract(starts_on=date(2026, 10, 20))
    await world.draft()
    before = world.fingerprint()
    again = await world.draft()
    assert (again.written, again.removed) == (0, 0)
    assert world.fingerprint() == before


async def test_drafting_again_after_a_change_replaces_that_row_alone(world: World) -> None:
    world.plan()
    kept, moved, ended = world.contract(), world.contract(), world.contract()
    await world.draft()
    before = dict(world.rows("SELECT contract_id, id FROM invoice"))
    world.execute("UPDATE contract SET state = 'OR' WHERE id = %s", moved)
    world.execute("UPDATE contract SET ends_on = '2026-09-30' WHERE id = %s", ended)
    new = world.contract()
    again = await world.draft()
    assert (again.written, again.removed, again.invoices) == (2, 2, 3)
    after = dict(world.rows("SELECT contract_id, id FROM invoice"))
    assert after.keys() == {kept, moved, new}
    assert after[kept] == before[kept]
    assert world.rows(SUMS, moved) == [(1999, 0, 1999)]


async def test_a_cancelled_year_comes_to_nothing_and_carries_the_rest_forward(world: World) -> None:
    world.plan("yearly", 36500, "year")
    contract_id = world.contract("yearly", date(2026, 7, 1), date(2026, 10, 8), state="OR")
    drafted = await world.draft()
    assert (drafted.invoices, drafted.total_cents) == (1, 0)
    found = world.rows("SELECT contract_id, status, subtotal_cents, carried_cents FROM invoice")
    assert found == [(contract_id, "draft", -26500, 26500)]


async def test_a_contract_without_a_price_or_a_rate_does_not_stop_the_others(world: World) -> None:
    world.plan()
    good = world.contract()
    world.contract("unknown")
    world.contract(state="XX")
    assert (await world.draft()).written == 1
    assert world.rows("SELECT contract_id FROM invoice") == [(good,)]


async def test_the_tax_rate_is_the_one_in_force_on_the_first_of_the_month(world: World) -> None:
    world.plan()
    contract_id = world.contract()
    for day, rate_millionths in ((date(2026, 10, 1), 100_000), (date(2026, 10, 2), 200_000)):
        world.execute(
            "INSERT INTO tax_rate VALUES ('NY', 'support_plan', %s, %s)", day, rate_millionths
        )
    await world.draft()
    assert world.rows(SUMS, contract_id) == [(1999, 200, 2199)]


@pytest.mark.parametrize("hour", [0, 3])
async def test_a_month_that_is_not_over_in_new_york_is_not_drafted(world: World, hour: int) -> None:
    world.now = datetime(2026, 11, 1, hour, 59, tzinfo=UTC)
    with pytest.raises(PeriodNotOver):
        await world.draft()
    assert world.rows("SELECT 1 FROM billing_run") == []


async def test_the_database_refuses_a_second_invoice_for_a_contract_and_month(world: World) -> None:
    world.plan()
    world.contract()
    await world.draft()
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.execute(
            "INSERT INTO invoice (run_id, contract_id, customer_id, period_start, period_end,"
            " status, currency, subtotal_cents, tax_cents, total_cents, row_hash, created_at)"
            " SELECT run_id, contract_id, customer_id, period_start, period_end, status, currency,"
            " subtotal_cents, tax_cents, total_cents, row_hash, created_at FROM invoice"
        )


async def test_a_month_without_contracts_has_a_run_without_invoices(world: World) -> None:
    drafted = await world.draft(Period(date(2020, 1, 1)))
    assert drafted == replace(drafted, status="drafted", written=0, invoices=0)
