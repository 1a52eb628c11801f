"""A month with 10,000 starts, cancellations and changes of plan, to the cent.

The totals were worked out by the plain computation below, day by day in fractions, which shares
nothing with rating. They are written down, so that a change of either is seen.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from tests.orchestration.billing.world import OCTOBER, World

MONTHLY = {"basic": 1999, "plus": 3333}
YEARLY = ("yearly", 36_511)
RATES = {"OR": Fraction(0), "NY": Fraction(4, 100), "CA": Fraction(725, 10_000)}
GOLDEN = (13_333, 76_956_384, 2_827_289)
"""Invoices, and the cents of their subtotals and taxes."""

Contract = tuple[str, str, date, date | None]


def changes() -> Iterator[Contract]:
    """10,000 changes by a fixed seed: a third starts, a third ends, a third changes of plan."""
    chance = random.Random(20261001)
    for number in range(10_000):
        day = OCTOBER.first + timedelta(days=chance.randrange(1, 31))
        before = date(2026, chance.randrange(1, 9), chance.randrange(1, 29))
        plan, other = chance.sample(sorted(MONTHLY), 2)
        state = chance.choice(sorted(RATES))
        if number % 3 == 0:
            yield (chance.choice((plan, YEARLY[0])), state, day, None)
        elif number % 3 == 1:
            yield (plan, state, before, day)
        else:
            yield (plan, state, before, day - timedelta(days=1))
            yield (other, state, day, None)


def rounded(amount: Fraction) -> int:
    """Half up, of an amount that is not negative."""
    return floor(amount + Fraction(1, 2))


def owed(contract: Contract) -> tuple[int, int]:
    """Subtotal and tax of October, the price of each day added up."""
    plan, state, starts_on, ends_on = contract
    if plan == YEARLY[0]:
        subtotal = YEARLY[1]
    else:
        price = Fraction(MONTHLY[plan], 31)
        subtotal = sum(
            rounded(price * day) - rounded(price * (day - 1))
            for day in range(1, 32)
            if starts_on <= date(2026, 10, day) <= (ends_on or date.max)
        )
    return subtotal, rounded(subtotal * RATES[state])


async def test_ten_thousand_changes_in_a_month_give_the_golden_totals(world: World) -> None:
    for code, price in MONTHLY.items():
        world.plan(code, price)
    world.plan(*YEARLY, "year")
    for state, rate in RATES.items():
        world.execute(
            "INSERT INTO tax_rate VALUES (%s, 'support_plan', '2026-10-01', %s)",
            state,
            int(rate * 1_000_000),
        )
    contracts = list(changes())
    # Whatever order they are heard of in.
    random.Random(1).shuffle(contracts)
    columns = [list(column) for column in zip(*contracts, strict=True)]
    world.execute(
        "INSERT INTO contract (id, customer_id, plan_code, status, version, standing, state, zip,"
        " starts_on, ends_on, updated_at)"
        " SELECT uuidv7(), uuidv7(), plan, 'active', 1, 'good', state, '10001', starts_on,"
        " ends_on, now() FROM unnest(%s::text[], %s::text[], %s::date[], %s::date[])"
        " AS it (plan, state, starts_on, ends_on)",
        *columns,
    )
    amounts = [it for it in map(owed, contracts) if it != (0, 0)]
    plain = (len(amounts), sum(it[0] for it in amounts), sum(it[1] for it in amounts))
    await world.draft()
    found = await world.check()
    assert [it.name for it in found.values() if not it.ok] == [
        "count_like_last_month",
        "total_like_last_month",
    ]
    (stored,) = world.rows(
        "SELECT count(*), sum(subtotal_cents)::bigint, sum(tax_cents)::bigint FROM invoice"
    )
    assert stored == plain
    assert stored == GOLDEN
    drafted = await world.draft()
    assert (drafted.written, drafted.removed) == (0, 0)
