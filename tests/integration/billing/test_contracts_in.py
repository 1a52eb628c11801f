"""Billing's copy of contracts and plans follows their newest version, in whatever order."""

from datetime import date
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.billing.contracts.handlers import ContractIdentityChanged, UnknownContract
from api.messages import ContractChanged
from tests.databases import Databases
from tests.integration.billing.support import contract, deliver, from_sysops, priced, sent

ID = UUID(int=1)
HISTORY = (
    contract(ID),
    contract(ID, 2, effective_on=date(2026, 10, 9), state="NJ", zip="07001"),
    contract(ID, 3, effective_on=date(2026, 10, 20), state="NJ", zip="07001", status="cancelled"),
)


def contracts(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows(
        "billing", "SELECT id, status, version, state, zip, starts_on, ends_on FROM contract"
    )


LATEST = [(ID, "cancelled", 3, "NJ", "07001", date(2026, 10, 1), date(2026, 10, 20))]


@pytest.mark.parametrize("order", list(permutations(HISTORY)), ids=str)
async def test_whatever_the_order_of_arrival_the_newest_version_stays(
    databases: Databases, order: tuple[ContractChanged, ...]
) -> None:
    waiting, rounds = list(order), 0
    while waiting and rounds < 3:
        results = await deliver(databases, *waiting)
        assert all(error is None or isinstance(error, UnknownContract) for error in results)
        waiting = [it for it, error in zip(waiting, results, strict=True) if error]
        rounds += 1
    assert contracts(databases) == LATEST


async def test_a_cancellation_may_be_taken_back(databases: Databases) -> None:
    await deliver(databases, *HISTORY, contract(ID, 4, state="NJ", zip="07001"))
    assert contracts(databases) == [(ID, "active", 4, "NJ", "07001", date(2026, 10, 1), None)]


async def test_suspension_is_billings_own_word_and_no_message_changes_it(
    databases: Databases,
) -> None:
    await deliver(databases, contract(ID))
    databases.execute("billing", "UPDATE contract SET standing = 'suspended'")
    await deliver(databases, contract(ID, 2, status="suspended"))
    found = databases.rows("billing", "SELECT status, standing FROM contract")
    assert found == [("active", "suspended")]


@pytest.mark.parametrize("change", [{"plan_code": "plus-month"}, {"customer_id": uuid4()}])
async def test_a_contract_keeps_its_plan_and_customer(
    databases: Databases, change: dict[str, Any]
) -> None:
    (_, error) = await deliver(databases, contract(ID), contract(ID, 2, **change))
    assert isinstance(error, ContractIdentityChanged)
    assert databases.rows("billing", "SELECT version FROM contract") == [(1,)]


async def test_a_plan_follows_its_newest_price(databases: Databases) -> None:
    results = await deliver(
        databases,
        priced(1),
        priced(3, price_cents=2499),
        priced(2, price_cents=1),
        role="billing_from_sysops",
        inbound=from_sysops(),
    )
    assert results == [None, None, None]
    assert databases.rows("billing", "SELECT version, price_cents FROM plan") == [(3, 2499)]


async def test_the_customer_quantum_is_told_the_tax_of_a_contract_and_of_its_next_state(
    databases: Databases,
) -> None:
    await deliver(databases, contract(ID), contract(ID, 2), contract(ID, 3, state="NJ"))
    told = [
        (it["version"], it["tax_rate_millionths"], it["held"])
        for it in sent(databases, "customer", "contract_billing")
    ]
    assert told == [(1, 40_000, False), (2, 66_250, False)]
