"""What was approved is issued, exactly and once; anything else is held or refused."""

from contextlib import suppress
from datetime import date

import pytest

from api.billing.calendar import Period
from api.billing.invoices import runs
from api.kernel.errors import Conflict, TransitionRefused
from orchestration.billing.issuing import RowsChanged
from tests.orchestration.billing.faults import Killed, killed_at
from tests.orchestration.billing.world import OCTOBER, World

FINANCE = "00000000-0000-0000-0000-00000000002a"
STATUS = "SELECT status FROM billing_run WHERE period = '2026-10-01'"


def some_contracts(world: World, count: int = 3) -> None:
    world.plan()
    for _ in range(count):
        world.contract(starts_on=OCTOBER.first)
    world.previous_run(count, count * 2079)


async def approve(world: World, period: Period = OCTOBER) -> None:
    async with world.as_role("billing_api") as sessions, sessions.begin() as session:
        run = await runs.find_run(session, period, lock=True)
        await runs.approve(session, run, FINANCE, "Looked at.", world.now)


async def refuse(world: World) -> None:
    async with world.as_role("billing_api") as sessions, sessions.begin() as session:
        run = await runs.find_run(session, OCTOBER, lock=True)
        await runs.refuse(session, run, FINANCE, "Prices are wrong.", world.now)


async def test_a_run_like_last_months_is_approved_and_issued_by_itself(world: World) -> None:
    some_contracts(world)
    assert (await world.bill()).issued == 3
    assert world.rows(STATUS) == [("issued",)]
    assert world.rows("SELECT number, status, version FROM invoice ORDER BY number") == [
        (1, "issued", 2),
        (2, "issued", 2),
        (3, "issued", 2),
    ]
    assert world.balance() == {"receivable": 6237, "revenue": -5997, "tax": -240}
    messages = world.sent("customer", "invoice_issued")
    assert [it["number"] for it in messages] == ["INV-00000001", "INV-00000002", "INV-00000003"]
    assert messages[0]["lines"] == [
        ["Plan basic, 2026-10-01 to 2026-10-31", 1999],
        ["Sales tax 4 %", 80],
    ]
    assert messages[0]["total_cents"] == 2079
    acts = world.rows("SELECT act, actor FROM run_event ORDER BY at, id")
    assert [act for act, _ in acts] == ["drafted", "approved", "issued"]


async def test_every_posting_balances_and_follows_from_its_invoice(world: World) -> None:
    some_contracts(world)
    await world.bill()
    postings = world.rows(
        "SELECT posting_id, sum(amount_cents)::int, count(*), count(DISTINCT invoice_id)"
        " FROM ledger_entry GROUP BY 1"
    )
    assert [row[1:] for row in postings] == [(0, 3, 1)] * 3


async def test_issuing_again_writes_nothing(world: World) -> None:
    some_contracts(world)
    await world.bill()
    before = world.fingerprint()
    await world.bill()
    assert world.fingerprint() == before


async def test_numbers_have_no_gap_over_portions_and_months(world: World) -> None:
    some_contracts(world, 7)
    await world.draft()
    await world.check()
    await world.decide()
    await world.issue(portion=3)
    world.now = world.now.replace(month=12)
    await world.bill(OCTOBER.next)
    numbers = [row[0] for row in world.rows("SELECT number FROM invoice ORDER BY number")]
    assert numbers == list(range(1, 15))


async def test_an_invoice_over_nothing_is_paid_without_a_charge(world: World) -> None:
    world.plan(price_cents=0)
    world.contract()
    world.previous_run(1, 0)
    await world.bill()
    assert world.rows("SELECT status, paid_at FROM invoice") == [("paid", world.now)]
    assert world.balance() == {}


async def test_the_first_run_of_all_waits_for_finance_who_approves_it(world: World) -> None:
    world.plan()
    world.contract()
    assert (await world.bill()).issued == 0
    assert world.rows(STATUS) == [("held",)]
    assert world.rows("SELECT kind, status FROM alert") == [("run_held", "open")]
    await approve(world)
    assert (await world.issue()).issued == 1
    assert world.rows("SELECT kind, status FROM alert") == [("run_held", "closed")]
    assert world.rows("SELECT approved_by FROM billing_run") == [(FINANCE,)]


async def test_a_run_far_from_last_months_waits(world: World) -> None:
    some_contracts(world)
    world.execute("UPDATE billing_run SET total_cents = 9000000")
    await world.bill()
    assert world.rows(STATUS) == [("held",)]
    findings = await world.check()
    assert not findings["total_like_last_month"].ok
    assert findings["count_like_last_month"].ok


async def test_a_refused_run_issues_nothing_and_is_finances_from_then_on(world: World) -> None:
    some_contracts(world)
    world.execute("UPDATE billing_run SET total_cents = 9000000")
    await world.bill()
    await refuse(world)
    assert world.rows(STATUS) == [("refused",)]
    assert (await world.issue()).issued == 0
    with pytest.raises(TransitionRefused):
        await approve(world)
    world.execute("UPDATE billing_run SET total_cents = 6237 WHERE status = 'finished'")
    await world.bill()
    assert world.rows(STATUS) == [("held",)]
    assert all(it.ok for it in (await world.check()).values())
    await approve(world)
    assert (await world.issue()).issued == 3


async def test_what_a_blocking_check_found_nobody_can_approve(world: World) -> None:
    some_contracts(world)
    await world.draft()
    world.execute("UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE kind = 'tax'")
    findings = await world.check()
    failed = {it.name for it in findings.values() if not it.ok}
    assert failed == {"lines_equal_invoice", "rows_as_hashed"}
    assert await world.decide() == "held"
    with pytest.raises(Conflict, match="differ from their lines"):
        await approve(world)


async def test_rows_that_changed_after_the_check_are_not_approved(world: World) -> None:
    some_contracts(world)
    world.execute("UPDATE billing_run SET total_cents = 9000000")
    await world.draft()
    await world.check()
    await world.decide()
    world.execute(
        "UPDATE invoice SET row_hash = 'x' WHERE id = (SELECT min(id::text)::uuid FROM invoice)"
    )
    with pytest.raises(Conflict, match="changed since they were checked"):
        await approve(world)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE kind = 'plan'",
        "UPDATE invoice_line SET description = description || ' (new)'",
        "UPDATE invoice SET subtotal_cents = 1, total_cents = 1 + tax_cents",
        "UPDATE invoice SET customer_id = uuidv7()",
        "UPDATE invoice SET row_hash = 'x'",
        "UPDATE invoice SET status = 'parked' WHERE id = (SELECT min(id::text)::uuid FROM invoice)",
    ],
)
async def test_rows_that_changed_after_the_approval_are_not_issued(
    world: World, tampering: str
) -> None:
    some_contracts(world)
    await world.draft()
    await world.check()
    assert await world.decide() == "approved"
    world.execute(tampering)
    with pytest.raises(RowsChanged):
        await world.issue()
    assert world.rows("SELECT 1 FROM invoice WHERE number IS NOT NULL") == []
    assert world.balance() == {}


@pytest.mark.parametrize("point", range(1, 42, 2))
async def test_killed_anywhere_and_started_again_every_row_is_issued_once(
    world: World, point: int
) -> None:
    some_contracts(world, 7)
    await world.draft()
    await world.check()
    await world.decide()
    with killed_at(point) as countdown, pytest.raises(Killed):
        await world.issue(portion=3)
    assert countdown.killed
    done = world.value("SELECT count(*) FROM invoice WHERE number IS NOT NULL")
    assert (await world.issue(portion=3)).issued == 7 - done
    assert world.rows("SELECT min(number), max(number), count(number) FROM invoice") == [(1, 7, 7)]
    assert world.balance() == {"receivable": 14553, "revenue": -13993, "tax": -560}
    assert len(world.sent("customer", "invoice_issued")) == 7
    assert world.rows(STATUS) == [("issued",)]


@pytest.mark.parametrize("point", range(1, 60, 4))
async def test_killed_anywhere_before_the_approval_and_started_again_the_run_is_the_same(
    world: World, point: int
) -> None:
    some_contracts(world, 2)
    with killed_at(point), suppress(Killed):
        await world.bill()
    await world.bill()
    assert world.rows("SELECT min(number), max(number), count(*) FROM invoice") == [(1, 2, 2)]
    assert world.balance() == {"receivable": 4158, "revenue": -3998, "tax": -160}
    acts = [row[0] for row in world.rows("SELECT act FROM run_event ORDER BY at, id")]
    assert acts == ["drafted", "approved", "issued"]


async def test_a_late_contract_is_noted_for_the_month_it_missed(world: World) -> None:
    some_contracts(world)
    late = world.contract(starts_on=date(2026, 9, 29))
    await world.draft()
    finding = (await world.check())["last_month_complete"]
    assert (finding.ok, finding.figures["count"]) == (False, 1)
    assert world.rows("SELECT kind, subject_id FROM alert") == [("unbilled_month", late)]
