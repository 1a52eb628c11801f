"""A customer is billed again for a month that is issued: what is lacking, once, by the rules."""

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.billing.reruns.service import Asked, ask
from api.kernel.errors import Conflict, NotFound
from api.kernel.outside.http_payments import HttpPayments
from orchestration.billing import cases
from orchestration.billing.late import Late, RowsWrong, draft_late
from orchestration.billing.rating import Bill, Case, rate
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.faults import Killed, killed_at
from tests.orchestration.billing.test_one_offs import one_off
from tests.orchestration.billing.world import OCTOBER, World

ROWS = "SELECT number, status, review, total_cents FROM invoice WHERE contract_id = %s"


async def again(world: World, customer: UUID) -> Late:
    """Ask for a customer, and do it."""
    async with world.as_role("biller") as sessions:
        async with sessions.begin() as session:
            await ask(session, OCTOBER, customer, Asked("job runner", "It was late.", world.now))
        async with sessions.begin() as session:
            return await draft_late(session, OCTOBER, world.now)


def finished(world: World) -> UUID:
    """Two contracts of one customer, to be billed for October."""
    customer = uuid4()
    world.plan()
    for _ in range(2):
        world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    world.previous_run(2, 2 * 1999)
    return customer


async def test_what_came_late_is_issued_with_the_next_number_charged_and_told_once(
    world: World, provider: HttpPayments
) -> None:
    customer = finished(world)
    await world.bill()
    await world.card(world.value("SELECT min(id::text)::uuid FROM contract"))
    await world.charge(provider)
    assert world.value("SELECT status FROM billing_run WHERE period = '2026-10-01'") == "finished"
    new = world.contract(starts_on=date(2026, 10, 22), state="OR", customer_id=customer)
    others = world.contract(starts_on=OCTOBER.first, state="OR")
    one_off(world, new, -100, "Goodwill")
    assert await again(world, customer) == Late(drafted=1)
    assert (await world.issue()).issued == 1
    assert world.rows(ROWS, new) == [(3, "issued", "late", 545)]
    assert world.rows(ROWS, others) == []
    assert (await world.follow_up(provider)).approved == 1
    assert sorted(it.amount_cents for it in await charges(provider)) == [545, 1999, 1999]
    assert [it["status"] for it in world.sent("customer", "invoice_issued")[-2:]] == [
        "issued",
        "paid",
    ]
    run = "SELECT status, invoices, total_cents FROM billing_run WHERE period = '2026-10-01'"
    assert world.rows(run) == [("finished", 3, 2 * 1999 + 545)]
    assert world.rows("SELECT actor, act FROM run_event ORDER BY at, id")[-2:] == [
        ("job runner", "rerun"),
        ("automatic", "issued"),
    ]
    invoices = world.rows("SELECT id, xmin::text FROM invoice ORDER BY 1")
    assert await again(world, customer) == Late()
    assert (await world.issue()).issued == 0
    assert world.rows("SELECT id, xmin::text FROM invoice ORDER BY 1") == invoices
    assert world.rows("SELECT drafted, parked, done_at IS NULL FROM rerun ORDER BY id") == [
        (1, 0, False),
        (0, 0, False),
    ]


async def test_what_is_outside_the_rules_is_parked_and_comes_right_when_its_cause_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(case: Case, period: Any) -> Bill | None:
        bill = rate(case, period)
        return bill and Bill(bill.period, bill.currency, bill.lines * 2)

    customer = finished(world)
    await world.bill()
    new = world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    monkeypatch.setattr(cases, "rate", twice)
    assert await again(world, customer) == Late(drafted=1, parked=1)
    assert (await world.issue()).issued == 0
    assert world.rows(ROWS, new) == [(None, "parked", "outlier", 3998)]
    assert world.rows("SELECT kind, status FROM alert") == [("invoice_outlier", "open")]
    monkeypatch.setattr(cases, "rate", rate)
    assert await again(world, customer) == Late(drafted=1, removed=1)
    assert (await world.issue()).issued == 1
    assert world.rows(ROWS, new) == [(3, "issued", "late", 1999)]
    # Over the limit nothing goes by itself.
    world.execute(
        "INSERT INTO approval_limit (limit_cents, set_by, set_at, reason)"
        " VALUES (1998, uuidv7(), now(), 'Small.')"
    )
    large = world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    assert await again(world, customer) == Late(drafted=1, parked=1)
    assert "two people" in world.value("SELECT reason FROM invoice WHERE contract_id = %s", large)


async def test_rows_that_do_not_hold_are_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = finished(world)
    await world.bill()
    world.contract(starts_on=OCTOBER.first, state="NY", customer_id=customer)
    monkeypatch.setattr(cases, "content_hash", lambda _: b"other")
    with pytest.raises(RowsWrong):
        await again(world, customer)
    assert world.value("SELECT count(*) FROM invoice") == 2
    assert world.value("SELECT count(*) FROM rerun WHERE done_at IS NULL") == 1


async def test_a_month_that_is_not_issued_or_a_customer_who_is_not_known_is_refused(
    world: World,
) -> None:
    customer = finished(world)
    await world.draft()
    with pytest.raises(Conflict, match="is drafted: what is due is billed with it"):
        await again(world, customer)
    await world.bill()
    with pytest.raises(NotFound):
        await again(world, uuid4())


@pytest.mark.parametrize("point", range(1, 40, 5))
async def test_killed_anywhere_and_started_again_what_was_late_is_issued_once(
    world: World, point: int
) -> None:
    customer = finished(world)
    await world.bill()
    new = world.contract(starts_on=OCTOBER.first, state="OR", customer_id=customer)
    with killed_at(point), suppress(Killed):
        await again(world, customer)
        await world.issue()
    await again(world, customer)
    await world.issue()
    assert world.rows(ROWS, new) == [(3, "issued", "late", 1999)]
    assert world.balance() == {"receivable": 3 * 1999, "revenue": -3 * 1999}
