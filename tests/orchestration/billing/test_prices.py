"""A price counts from its day on: what was served before is billed at what it cost then."""

from datetime import UTC, date, datetime
from typing import Any

from api.billing.contracts.handlers import plan_priced
from orchestration.billing.rating import Plan
from tests.integration.billing.support import priced
from tests.orchestration.billing.world import OCTOBER, World

MONTHLY, YEARLY = "basic", "yearly"


async def price(
    world: World, at: datetime, version: int, cents: int, code: str = MONTHLY, interval: Any = None
) -> None:
    """Sysops publishes a price, and billing hears of it then."""
    told = priced(version, code=code, price_cents=cents, interval=interval or "month")
    async with world.as_role("billing_from_sysops") as sessions, sessions.begin() as session:
        await plan_priced(session, told, at)


def subtotals(world: World, contract: Any) -> list[Any]:
    return world.rows("SELECT status, subtotal_cents FROM invoice WHERE contract_id = %s", contract)


async def test_a_price_raised_after_a_month_changes_no_bill_of_it(world: World) -> None:
    await price(world, datetime(2026, 9, 1, 12, tzinfo=UTC), 1, 3100)
    begun = world.contract(state="OR")
    later = world.contract(state="OR", starts_on=date(2026, 10, 22))
    await price(world, datetime(2026, 10, 20, 12, tzinfo=UTC), 2, 6200)
    # Twice on one day in New York: what was in force until then is the price before both.
    await price(world, datetime(2026, 11, 1, 5, tzinfo=UTC), 3, 9900)
    await price(world, datetime(2026, 11, 2, 4, tzinfo=UTC), 4, 8800)
    await world.draft()
    # In force on the month's first day, or on the contract's.
    assert subtotals(world, begun) == [("draft", 3100)]
    assert subtotals(world, later) == [("draft", 2000)]
    assert (await world.check())["outliers_parked"].ok
    before = world.fingerprint()
    await world.draft()
    assert world.fingerprint() == before
    world.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    await world.draft(OCTOBER.next)
    assert sorted(it[1] for it in subtotals(world, begun)) == [3100, 8800]


async def test_of_a_cancelled_year_as_much_is_given_back_as_it_cost(world: World) -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    await price(world, at, 1, 36_500, YEARLY, "year")
    cancelled = world.contract(YEARLY, date(2026, 7, 1), date(2026, 10, 8), state="OR")
    renewed = world.contract(YEARLY, date(2025, 10, 5), state="OR")
    await price(world, at.replace(month=9), 2, 73_000, YEARLY, "year")
    await world.draft()
    assert subtotals(world, cancelled) == [("draft", -26_500)]
    assert subtotals(world, renewed) == [("draft", 73_000)]
    assert (await world.check())["outliers_parked"].ok, "the plan implies as much"


async def test_of_a_cancelled_year_tax_is_given_back_at_the_rate_that_was_taken(
    world: World,
) -> None:
    price_cents = 36_500
    await price(world, datetime(2025, 6, 1, 12, tzinfo=UTC), 1, price_cents, YEARLY, "year")
    world.databases.execute(
        "billing",
        "INSERT INTO tax_rate (state, product_class, valid_from, rate_millionths) VALUES"
        " ('OR', 'support_plan', '2026-08-01', 100000)",
    )
    days = (date(2026, 7, 5), date(2026, 8, 1), date(2025, 10, 20))
    before, after, last_year = (
        world.contract(YEARLY, day, date(2026, 10, 8), state="OR") for day in days
    )
    await world.draft()
    billed = {
        contract: world.rows(
            "SELECT subtotal_cents, tax_cents FROM invoice WHERE contract_id = %s", contract
        )[0]
        for contract in (before, after, last_year)
    }
    assert billed[before][1] == billed[last_year][1] == 0, "there was no tax in Oregon then"
    assert billed[after] == (-100 * (365 - 69), -10 * (365 - 69))
    assert (await world.check())["tax_as_due"].ok


async def test_what_is_told_again_or_late_keeps_what_was_in_force(world: World) -> None:
    for day, (version, cents) in enumerate([(1, 100), (3, 300), (3, 300), (2, 200), (4, 300)], 1):
        await price(world, datetime(2026, 10, day, 12, tzinfo=UTC), version, cents)
    assert world.rows("SELECT until, price_cents FROM former_price") == [(date(2026, 10, 2), 100)]
    assert world.value("SELECT price_cents FROM plan") == 300


def test_the_price_of_a_day_is_the_one_before_the_next_change() -> None:
    changes = ((date(2026, 10, 9), 200), (date(2026, 10, 1), 100))
    plan = Plan("P", "Plan", 300, "USD", "month", changes)
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 8), date(2026, 10, 9)]
    assert [plan.price_on(day) for day in days] == [100, 200, 200, 300]
