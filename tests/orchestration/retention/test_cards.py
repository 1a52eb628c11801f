"""A card is destroyed when nobody has needed it for the retention time, and not before."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.billing.calendar import billing_day
from api.billing.vault.retention import destroy_unneeded, evidence
from api.messages import CardOutcome
from orchestration.retention.assets import defs
from tests.api.customer.world import add_household
from tests.api.customer.world import furnish as furnish_customers
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.orchestration.billing.world import OCTOBER, World

KEEP = timedelta(days=180)
LONG_AGO = date(2026, 4, 1)
RECENTLY = date(2026, 6, 1)
OCTOBER_BILL = (
    "INSERT INTO invoice (run_id, contract_id, customer_id, period_start, period_end, status,"
    " currency, subtotal_cents, tax_cents, total_cents, row_hash, created_at)"
    " SELECT r.id, c.id, c.customer_id, '2026-10-01', '2026-10-31', 'draft', 'USD', 1, 0, 1, '',"
    " now()"
    " FROM contract c, billing_run r WHERE c.id = %s"
)


async def card_of(world: World, ends_on: date | None, days: int = -400, **more: Any) -> UUID:
    contract = world.contract(ends_on=ends_on, **more)
    return await world.card(contract, days=days)


async def test_cards_of_customers_whose_last_contract_ended_long_ago_are_destroyed_and_told(
    databases: Databases,
) -> None:
    world, twice = World(databases), uuid4()
    world.plan()
    gone = await card_of(world, LONG_AGO)
    kept = {
        "runs": await card_of(world, None),
        "ended lately": await card_of(world, RECENTLY),
        "added lately": await card_of(world, LONG_AGO, days=-10),
        "another contract runs": await card_of(world, LONG_AGO, customer_id=twice),
    }
    world.contract(customer_id=twice)
    owing = world.contract(ends_on=LONG_AGO)
    kept["billed"] = await world.card(owing, days=-400)
    world.previous_run(1, 1, OCTOBER)
    world.execute(OCTOBER_BILL, owing)
    async with databases.sessions("billing", "card_destroy") as sessions:
        async with sessions() as session:
            assert (await evidence(session, KEEP, world.now)).beyond == 1
        for expected in (1, 0):
            async with sessions.begin() as session:
                assert await destroy_unneeded(session, KEEP, world.now) == expected
        async with sessions() as session:
            after = await evidence(session, KEEP, world.now)
    assert (after.kept, after.beyond, after.destroyed_in_quarter) == (len(kept), 0, 1)
    left = world.rows("SELECT card_id FROM vault_card WHERE ciphertext IS NOT NULL")
    assert {row[0] for row in left} == set(kept.values())
    assert world.rows("SELECT purpose, card_ids FROM vault_access") == [("destroy", [gone])]
    (told,) = world.sent("customer", "card_outcome")
    assert (told["card_id"], told["status"]) == (str(gone), "destroyed")


async def test_the_customers_copy_of_a_destroyed_card_is_removed_without_a_mail(
    databases: Databases,
) -> None:
    furnish_customers(databases)
    home = add_household(databases)
    card_id = uuid4()
    databases.execute(
        "customer",
        "INSERT INTO card (id, account_id, brand, last4, exp_month, exp_year, status, created_at,"
        " updated_at) VALUES (%s, %s, 'visa', '4242', 1, 2099, 'stored', now(), now())",
        card_id,
        home.account_id,
    )
    await send(
        databases, CardOutcome(card_id=card_id, customer_id=home.account_id, status="destroyed")
    )
    await deliver(databases, "billing", "customer")
    assert databases.rows("customer", "SELECT status FROM card") == [("removed",)]
    assert databases.rows("customer", "SELECT 1 FROM to_customer.pgqueuer") == []


@pytest.mark.parametrize("days", [179, 181])
async def test_the_quarterly_check_fails_while_a_card_is_kept_too_long(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    for name in ("sysops", "customer_janitor", "sysops_janitor", "billing_janitor"):
        monkeypatch.setenv(f"SQUAD_{name.upper()}_URL", "unused")
    monkeypatch.setenv("SQUAD_ANALYTICS_JANITOR_URL", "unused")
    monkeypatch.setenv("SQUAD_BILLING_DESTROY_URL", databases.url("billing", "card_destroy"))
    world = World(databases, now=datetime.now(UTC))
    world.plan()
    ended = billing_day(world.now) - timedelta(days=days + 1)
    await card_of(world, ended)
    job: Callable[[], Any] = defs.resolve_job_def("card_retention_job").execute_in_process
    (check,) = (await asyncio.to_thread(job)).get_asset_check_evaluations()
    assert check.passed is (days < 180)
    assert check.metadata["kept"].value == 1
