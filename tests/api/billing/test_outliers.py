"""An amount that its plan does not imply is parked and stops nobody; finance releases or voids."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.billing.calendar import Period
from orchestration.billing import cases
from orchestration.billing.rating import Bill, Case, rate
from tests.api.billing.conftest import token
from tests.api.billing.test_acts import act, look
from tests.orchestration.billing.world import OCTOBER, World

STANDING = "SELECT status, review FROM invoice WHERE contract_id = %s"
NOVEMBER = OCTOBER.next


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rating that bills plans called `bad` twice over: what the checks are there to find."""

    def twice(case: Case, period: Period) -> Bill | None:
        bill = rate(case, period)
        if case.plan.code != "bad" or bill is None:
            return bill
        return Bill(bill.period, bill.currency, bill.lines + bill.lines[:1])

    monkeypatch.setattr(cases, "rate", twice)


def good_and_bad(world: World, *, last_total: int = 3 * 1999) -> UUID:
    """Three contracts that are billed right, and the one that is not."""
    world.plan()
    world.plan("bad", 1000)
    for _ in range(3):
        world.contract(state="OR", starts_on=OCTOBER.first)
    world.previous_run(3, last_total)
    return world.contract("bad", state="OR", starts_on=OCTOBER.first)


async def limit(billing: httpx.AsyncClient, cents: int) -> None:
    body = {"limit_cents": cents, "reason": "Tried out."}
    answer = await billing.put("/billing/approval-limit", json=body, headers=token("administrator"))
    assert answer.status_code == 200, answer.text


async def parked(billing: httpx.AsyncClient, contract: UUID) -> dict[str, Any]:
    (found,) = (await look(billing, "/invoices", contract_id=str(contract)))["items"]
    detail: dict[str, Any] = await look(billing, f"/invoices/{found['id']}")
    return detail


async def test_one_bad_contract_does_not_stop_the_run_and_is_billed_once_it_is_released(
    billing: httpx.AsyncClient, world: World, faulty: None
) -> None:
    bad = good_and_bad(world)
    assert (await world.bill()).issued == 3
    assert world.rows(STANDING, bad) == [("parked", "outlier")]
    invoice = await parked(billing, bad)
    words = "The subtotal of the plan is 20.00 USD where the plan implies 10.00."
    assert invoice["reason"] == words
    run = await look(billing, "/runs/2026-10")
    (finding,) = (it for it in run["findings"] if it["name"] == "outliers_parked")
    assert (finding["ok"], finding["severity"]) == (False, "note")
    assert (finding["figures"]["count"], finding["figures"]["total_cents"]) == (1, 2000)
    assert (run["invoices"], run["total_cents"]) == (3, 5997)
    (alert,) = (await look(billing, "/alerts", kind="invoice_outlier"))["items"]
    assert (alert["subject_id"], alert["status"]) == (invoice["id"], "open")
    path = f"/invoices/{invoice['id']}"
    refused = await act(billing, f"{path}/credit-notes")
    assert "release or void it" in refused.json()["detail"]
    other = await act(billing, f"{path}/release", row_hash="0" * 64)
    assert "not the one you saw" in other.json()["detail"]

    await limit(billing, 1999)
    alone = await act(billing, f"{path}/release", row_hash=invoice["row_hash"])
    assert "cannot be approved again: void it" in alone.json()["detail"]
    await limit(billing, 2000)
    released = await act(billing, f"{path}/release", row_hash=invoice["row_hash"])
    assert (released.status_code, released.json()["review"]) == (202, "released")
    assert (await world.issue()).issued == 1
    before = world.fingerprint()
    assert (await world.issue()).issued == 0
    assert world.fingerprint() == before
    assert world.balance() == {"receivable": 7997, "revenue": -7997}
    assert world.rows("SELECT number, status FROM invoice WHERE review = 'released'") == [
        (4, "issued")
    ]
    run = await look(billing, "/runs/2026-10")
    assert (run["invoices"], run["total_cents"]) == (4, 7997)
    assert [it["detail"] for it in run["history"] if it["act"] in {"issued", "released"}] == [
        "3 invoices issued.",
        "1 late invoices issued.",
        f"Outlier {invoice['id']} released.",
    ]
    (done,) = (await look(billing, "/acts", act="release_outlier"))["items"]
    assert (done["invoice_id"], done["amount_cents"]) == (invoice["id"], 2000)
    assert (await look(billing, "/alerts", kind="invoice_outlier"))["items"][0]["closed_at"]
    again = await act(billing, f"{path}/release", row_hash=invoice["row_hash"])
    assert again.status_code == 409


async def test_the_outliers_of_a_month_come_page_by_page_decided_or_not(
    billing: httpx.AsyncClient, world: World, faulty: None
) -> None:
    good_and_bad(world)
    second = world.contract("bad", state="OR", starts_on=OCTOBER.first)
    await world.bill()
    await act(billing, f"/invoices/{(await parked(billing, second))['id']}/void")
    first_page = await look(billing, "/runs/2026-10/outliers", limit=1)
    after = first_page["next_after"]
    last_page = await look(billing, "/runs/2026-10/outliers", limit=1, after=after)
    both = first_page["items"] + last_page["items"]
    voided = next(it for it in both if it["status"] == "void")
    assert (voided["contract_id"], [it["cents"] for it in voided["lines"]]) == (
        str(second),
        [1000, 1000],
    )
    detail = await parked(billing, second)
    assert {it: voided[it] for it in detail.keys() & voided.keys()} == {
        it: detail[it] for it in detail.keys() & voided.keys()
    }
    assert last_page["next_after"] is None
    (act_of_voiding,) = (await look(billing, "/acts", act="void_outlier"))["items"]
    acts = {it["status"]: it["acts"] for it in both}
    assert acts == {"parked": [], "void": [act_of_voiding]}


async def test_what_was_released_is_issued_only_as_it_was_seen(
    billing: httpx.AsyncClient, world: World, faulty: None
) -> None:
    bad = good_and_bad(world)
    await world.bill()
    invoice = await parked(billing, bad)
    await act(billing, f"/invoices/{invoice['id']}/release", row_hash=invoice["row_hash"])
    world.execute("UPDATE invoice_line SET description = 'x' WHERE invoice_id = %s", invoice["id"])
    with pytest.raises(Exception, match="not as it was approved"):
        await world.issue()
    assert world.rows(STANDING, bad) == [("draft", "released")]


async def test_released_before_the_run_is_decided_it_joins_the_rows_that_are_approved(
    billing: httpx.AsyncClient, world: World, faulty: None
) -> None:
    bad = good_and_bad(world, last_total=9_000_000)
    await world.bill()
    seen = (await look(billing, "/runs/2026-10"))["rows_hash"]
    invoice = await parked(billing, bad)
    await act(billing, f"/invoices/{invoice['id']}/release", row_hash=invoice["row_hash"])
    run = await look(billing, "/runs/2026-10")
    assert (run["status"], run["rows_hash"], run["total_cents"]) == ("drafted", None, 7997)
    assert (await world.bill()).issued == 0
    run = await look(billing, "/runs/2026-10")
    assert (run["status"], run["invoices"]) == ("held", 4)
    assert run["rows_hash"] not in {None, seen}
    stale = await act(billing, "/runs/2026-10/approval", rows_hash=seen)
    assert "not the ones you saw" in stale.json()["detail"]
    await act(billing, "/runs/2026-10/approval", rows_hash=run["rows_hash"])
    assert (await world.issue()).issued == 4


async def test_a_voided_outlier_is_not_drafted_again_until_its_amount_is_another(
    billing: httpx.AsyncClient,
    world: World,
    faulty: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = good_and_bad(world, last_total=9_000_000)
    await world.bill()
    invoice = await parked(billing, bad)
    voided = await act(billing, f"/invoices/{invoice['id']}/void")
    assert (voided.status_code, voided.json()["status"]) == (200, "void")
    await world.draft()
    findings = await world.check()
    assert findings["no_contract_missing"].ok
    assert findings["outliers_parked"].ok
    assert world.rows(STANDING, bad) == [("void", "outlier")]
    assert world.rows("SELECT status FROM alert WHERE kind = 'invoice_outlier'") == [("closed",)]
    monkeypatch.setattr(cases, "rate", rate)
    await world.draft()
    assert (await world.check())["outliers_parked"].ok
    assert sorted(world.rows(STANDING, bad)) == [("draft", None), ("void", "outlier")]


async def test_drafted_again_right_it_is_no_outlier_and_nobody_is_alerted_any_more(
    world: World, faulty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = good_and_bad(world, last_total=9_000_000)
    await world.bill()
    monkeypatch.setattr(cases, "rate", rate)
    await world.bill()
    assert world.rows(STANDING, bad) == [("draft", None)]
    assert world.rows("SELECT status FROM alert WHERE kind = 'invoice_outlier'") == [("closed",)]


async def test_many_outliers_hold_the_run(world: World, faulty: None) -> None:
    good_and_bad(world)
    for _ in range(5):
        world.contract("bad", state="OR")
    await world.bill()
    finding = (await world.check())["outliers_parked"]
    assert (finding.severity, finding.ok, finding.figures["count"]) == ("hold", False, 6)
    assert world.rows("SELECT status FROM billing_run WHERE period = '2026-10-01'") == [("held",)]


@pytest.mark.parametrize(
    ("plan", "starts_on", "ends_on"),
    [
        ("basic", date(2026, 10, 31), None),
        ("basic", date(2026, 10, 7), date(2026, 10, 19)),
        ("basic", date(2024, 1, 1), date(2026, 10, 1)),
        ("yearly", date(2026, 10, 31), None),
        ("yearly", date(2020, 10, 14), None),
        ("yearly", date(2020, 10, 14), date(2026, 10, 20)),
        ("yearly", date(2020, 10, 14), date(2026, 10, 13)),
        ("yearly", date(2025, 3, 1), date(2026, 10, 13)),
        ("free", date(2020, 1, 1), None),
    ],
)
async def test_first_bills_renewals_and_last_bills_are_no_outliers(
    world: World, plan: str, starts_on: date, ends_on: date | None
) -> None:
    world.plan()
    world.plan("yearly", 36_511, "year")
    world.plan("free", 0)
    world.contract(plan, starts_on, ends_on)
    await world.draft()
    assert (await world.check())["outliers_parked"].ok


async def test_a_yearly_plan_from_a_29_february_is_no_outlier_in_any_february(world: World) -> None:
    world.plan("yearly", 36_511, "year")
    world.contract("yearly", date(2024, 2, 29))
    for year in (2025, 2028):
        period = Period(date(year, 2, 1))
        world.now = world.now.replace(year=year, month=3)
        assert (await world.draft(period)).invoices == 1
        assert (await world.check(period))["outliers_parked"].ok
