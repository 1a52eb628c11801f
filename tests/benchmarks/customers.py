"""Contracts by the million for a billing month: plans by month and year, all states, changes."""

from datetime import UTC, datetime
from uuid import uuid4

from api.billing.vault.service import NewCard, encrypt_many
from api.kernel.outside.payments import CardNumber
from tests.databases import Databases
from tests.integration.billing.support import make_keys

CHARGED = 5_000
"""Invoices that are charged."""
NUMBER = "4242424242424242"

_PLANS = """
INSERT INTO plan (code, version, name, price_cents, currency, interval, active)
SELECT 'plan' || number, 1, 'Plan ' || number, 999 + 500 * number, 'USD',
       CASE WHEN number > 5 AND NOT %s THEN 'year' ELSE 'month' END, true
FROM generate_series(1, 6) number
"""
# One in fifty starts in the month or ends in it; one in six is by the year.
_CONTRACTS = """
INSERT INTO contract (id, customer_id, plan_code, status, version, standing, state, zip, starts_on,
                      ends_on, updated_at)
SELECT uuidv7(), uuidv7(), 'plan' || 1 + number %% 6,
       CASE WHEN number %% 100 = 1 THEN 'cancelled' ELSE 'active' END, 1, 'good',
       states.codes[1 + number %% cardinality(states.codes)], '10001',
       CASE WHEN number %% 100 = 0 THEN date '2026-10-01' + (number / 100 %% 31)::int
            ELSE date '2023-01-01' + (number * 7919 %% 1000)::int END,
       CASE WHEN number %% 100 = 1 THEN date '2026-10-01' + (number / 100 %% 31)::int END,
       now()
FROM generate_series(1, %s::bigint) number,
     (SELECT array_agg(DISTINCT state ORDER BY state) AS codes FROM tax_rate) states
"""


def fill(databases: Databases, contracts: int, *, monthly_only: bool = False) -> None:
    """Plans and so many contracts, each of a customer of its own."""
    databases.execute("billing", _PLANS, monthly_only)
    databases.execute("billing", _CONTRACTS, contracts)
    databases.execute("billing", "VACUUM ANALYZE")


async def fill_cards(databases: Databases) -> None:
    """A card for every customer."""
    keys = await make_keys(databases)
    customers = databases.rows("billing", "SELECT customer_id FROM contract")
    cards = (
        NewCard(
            card_id=uuid4(),
            customer_id=customer,
            number=CardNumber(NUMBER),
            brand="visa",
            exp_month=12,
            exp_year=2099,
        )
        for (customer,) in customers
    )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    with databases.connect("billing") as connection:
        names: tuple[str, ...] = ()
        rows = []
        for card in encrypt_many(keys, cards):
            names = card.__slots__
            rows.append([*(getattr(card, name) for name in names), "active", since, since])
        columns = ", ".join((*names, "status", "created_at", "updated_at"))
        copying = f"COPY vault_card ({columns}) FROM STDIN"
        with connection.cursor().copy(copying.encode()) as copy:
            for row in rows:
                copy.write_row(row)
