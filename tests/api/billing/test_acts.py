"""Finance acts on an invoice: every act is posted, told to the customer, and written down."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.kernel.outside.payments import Approved, ChargeOutcome, Declined
from orchestration.billing.booking import Settled, book
from orchestration.billing.intents import FRESH, OVERDUE, intended
from tests.api.billing.conftest import FINANCE, WHO, token
from tests.api.support import pointers
from tests.orchestration.billing.world import OCTOBER, World

TOTAL = 2079
WHY = {"reason": "The visit was late."}
PAID = Approved("ch_1")
REFUSED = Declined("card_declined", "The card was declined.", "ch_1")


async def billed(world: World, outcome: ChargeOutcome | None) -> str:
    """The id of one invoice over 20.79, charged with this outcome; None: not charged yet."""
    world.plan()
    contract = world.contract(starts_on=OCTOBER.first)
    await world.card(contract)
    world.previous_run(1, TOTAL)
    await world.bill()
    if outcome is not None:
        await charge(world, outcome)
    return str(world.value("SELECT id FROM invoice"))


async def charge(world: World, outcome: ChargeOutcome) -> list[int]:
    """The charge step without a provider; the amounts that it would have charged."""
    amounts = []
    async with world.as_role("card_charge") as sessions:
        for query in (FRESH, OVERDUE):
            async for page in intended(sessions, query, world.now):
                amounts += [it.amount_cents for it in page]
                async with sessions.begin() as session:
                    await book(session, [Settled(it, outcome) for it in page], world.now)
    return amounts


async def act(
    billing: httpx.AsyncClient, path: str, role: str = FINANCE, **body: Any
) -> httpx.Response:
    return await billing.post(f"/billing{path}", json=WHY | body, headers=token(role))


async def look(billing: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await billing.get(f"/billing{path}", params=query, headers=token(FINANCE))
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(world: World) -> dict[str, Any]:
    """The last that the customer quantum heard of the invoice."""
    last: dict[str, Any] = world.sent("customer", "invoice_issued")[-1]
    return last


def kinds(world: World) -> list[tuple[str, str, int]]:
    return [(it["kind"], it["status"], it["amount_cents"]) for it in told(world)["settlements"]]


async def test_a_credit_note_lowers_what_is_charged_next(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    note = await act(billing, f"/invoices/{invoice}/credit-notes", amount_cents=500)
    assert note.status_code == 201, note.text
    made = note.json()
    # 80 of 2079 cents are tax, so 19 of the first 500.
    assert (made["number"], made["tax_cents"], made["applies_to"]) == ("CN-00000001", 19, "invoice")
    assert world.balance() == {"receivable": 1579, "revenue": -1518, "tax": -61}
    assert told(world)["due_cents"] == 1579
    assert kinds(world) == [("payment", "declined", TOTAL), ("credit_note", "done", 500)]
    world.execute("UPDATE dunning SET next_at = %s", world.now)
    assert await charge(world, PAID) == [1579]
    assert world.balance() == {"cash": 1579, "revenue": -1518, "tax": -61}
    shown = await look(billing, f"/invoices/{invoice}")
    assert (shown["status"], shown["due_cents"], shown["credited_cents"]) == ("paid", 0, 500)
    assert [it["id"] for it in shown["credit_notes"]] == [made["id"]]


async def test_a_credit_note_over_all_that_is_owed_ends_the_dunning_and_the_suspension(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    world.execute("UPDATE dunning SET status = 'exhausted', next_at = NULL")
    world.execute("UPDATE contract SET standing = 'suspended', standing_version = 1")
    assert (await act(billing, f"/invoices/{invoice}/credit-notes")).status_code == 201
    assert world.rows("SELECT status, reason FROM invoice") == [("credited", None)]
    assert world.balance() == {}
    assert world.rows("SELECT status FROM dunning") == [("recovered",)]
    assert world.rows("SELECT standing FROM contract") == [("good",)]
    assert world.rows("SELECT kind FROM alert WHERE status = 'open'") == []
    for target in ("customer", "sysops"):
        assert [it["standing"] for it in world.sent(target, "contract_standing")] == ["good"]
    assert (await act(billing, f"/invoices/{invoice}/credit-notes")).status_code == 409


async def test_credit_on_a_paid_invoice_is_used_by_the_next_one(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    note = await act(billing, f"/invoices/{invoice}/credit-notes", amount_cents=500)
    assert note.json()["applies_to"] == "next_invoice"
    assert world.sent("customer", "credit_changed")[-1]["cents"] == 500
    customer = note.json()["customer_id"]
    account = await look(billing, f"/customers/{customer}")
    sums = {name: account[f"{name}_cents"] for name in ("owed", "credit", "reserved", "balance")}
    assert sums == {"owed": 0, "credit": 500, "reserved": 0, "balance": -500}
    world.now = world.now.replace(month=12)
    await world.bill(OCTOBER.next)
    assert world.sent("customer", "credit_changed")[-1]["cents"] == 0
    assert told(world)["due_cents"] == TOTAL - 500
    assert kinds(world) == [("credit", "done", 500)]
    assert await charge(world, PAID) == [TOTAL - 500]
    assert world.balance() == {
        "cash": 2 * TOTAL - 500,
        "revenue": -2 * 1999 + 481,
        "tax": -2 * 80 + 19,
    }


async def test_an_invoice_that_credit_covers_is_paid_without_a_charge(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    await act(billing, f"/invoices/{invoice}/credit-notes")
    world.now = world.now.replace(month=12)
    await world.bill(OCTOBER.next)
    assert await charge(world, PAID) == []
    found = world.rows("SELECT status, credited_cents FROM invoice ORDER BY number")
    assert found == [("paid", 0), ("paid", TOTAL)]
    assert told(world)["status"] == "paid"
    second = world.value("SELECT id FROM invoice WHERE number = 2")
    refused = await act(billing, f"/invoices/{second}/refunds")
    assert "Nothing was charged" in refused.json()["detail"]


async def test_a_refund_is_an_intent_that_the_charge_step_carries_out(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    answer = await act(billing, f"/invoices/{invoice}/refunds", amount_cents=1000)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "intent"
    assert await look(billing, f"/refunds/{answer.json()['id']}") == answer.json()
    assert kinds(world)[-2:] == [("credit_note", "done", 1000), ("refund", "under_way", 1000)]
    account = await look(billing, f"/customers/{answer.json()['customer_id']}")
    assert (account["credit_cents"], account["reserved_cents"]) == (1000, 1000)
    # What goes back is not credit for anything else.
    more = await act(billing, f"/invoices/{invoice}/refunds", amount_cents=1, source="credit")
    assert more.status_code == 409
    most = await act(billing, f"/invoices/{invoice}/refunds", amount_cents=TOTAL)
    assert most.json()["detail"] == f"At most {TOTAL - 1000} cents can still be refunded."
    assert (await act(billing, f"/invoices/{invoice}/refunds")).json()["amount_cents"] == 1079


async def test_credit_of_another_currency_is_neither_added_to_nor_paid_out(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    world.execute(
        "INSERT INTO credit_balance SELECT customer_id, 'CAD', 700, 1, now() FROM invoice"
    )
    for path, more in (("credit-notes", {}), ("refunds", {"source": "credit"})):
        answer = await act(billing, f"/invoices/{invoice}/{path}", **more)
        assert answer.status_code == 409
        assert "currency" in answer.json()["detail"]
    assert world.value("SELECT cents FROM credit_balance") == 700


async def test_a_written_off_invoice_is_owed_no_more(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    answer = await act(billing, f"/invoices/{invoice}/write-off")
    assert (answer.status_code, answer.json()["status"]) == (200, "written_off")
    assert world.balance() == {"write_off": TOTAL, "revenue": -1999, "tax": -80}
    assert (told(world)["status"], told(world)["due_cents"]) == ("written_off", 0)
    assert (await act(billing, f"/invoices/{invoice}/write-off")).status_code == 409
    assert await charge(world, PAID) == []


async def test_a_retry_is_made_once_beside_the_schedule(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    assert await charge(world, REFUSED) == []
    for _ in range(2):
        answer = await act(billing, f"/invoices/{invoice}/retry")
        assert answer.status_code == 202
        assert answer.json()["dunning"]["asked_at"] is not None
    assert await charge(world, REFUSED) == [TOTAL]
    assert await charge(world, REFUSED) == []
    assert world.rows("SELECT step, asked_at FROM dunning") == [(0, None)]
    assert world.rows("SELECT act, amount_cents FROM finance_act") == [("retry", TOTAL)]


@pytest.mark.parametrize(
    ("outcome", "path", "why"),
    [
        (PAID, "retry", "Nothing is owed"),
        (None, "retry", "never declined"),
        (PAID, "write-off", "Nothing is owed"),
        (REFUSED, "refunds", "Nothing was charged"),
    ],
)
async def test_what_the_state_does_not_allow_is_refused_with_the_reason_and_changes_nothing(
    billing: httpx.AsyncClient, world: World, outcome: Any, path: str, why: str
) -> None:
    invoice = await billed(world, outcome)
    before = world.fingerprint()
    answer = await act(billing, f"/invoices/{invoice}/{path}")
    assert answer.status_code == 409
    assert why in answer.json()["detail"]
    assert world.fingerprint() == before


async def test_while_a_charge_is_under_way_its_amount_does_not_change(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, None)
    async with world.as_role("card_charge") as sessions:
        async for _ in intended(sessions, FRESH, world.now):
            pass
    for path in ("credit-notes", "write-off", "retry"):
        answer = await act(billing, f"/invoices/{invoice}/{path}")
        assert "under way" in answer.json()["detail"], path


async def test_acts_at_the_same_time_never_give_back_more_than_was_paid(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    answers = await asyncio.gather(
        *(act(billing, f"/invoices/{invoice}/refunds", amount_cents=900) for _ in range(4)),
        *(act(billing, f"/invoices/{invoice}/credit-notes", amount_cents=900) for _ in range(4)),
    )
    assert sum(it.status_code < 300 for it in answers) == 2
    assert sum(it.status_code == 409 for it in answers) == 6
    assert sum(world.balance().values()) == 0
    assert world.value("SELECT noted_cents FROM invoice") == 1800


async def test_a_request_sent_again_has_one_effect(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    headers = token(FINANCE) | {"Idempotency-Key": "one"}
    body = WHY | {"amount_cents": 100}
    path = f"/billing/invoices/{invoice}/refunds"
    first, second = [await billing.post(path, json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert world.value("SELECT count(*) FROM refund") == 1


async def test_every_act_is_kept_with_who_and_why_and_found_again(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, PAID)
    await act(billing, f"/invoices/{invoice}/credit-notes", amount_cents=1)
    refund = (await act(billing, f"/invoices/{invoice}/refunds", amount_cents=2)).json()
    acts = (await look(billing, "/acts", invoice_id=invoice))["items"]
    assert [it["act"] for it in acts] == ["refund", "credit_note", "credit_note"]
    assert acts[0]["subject_id"] == refund["id"]
    assert {it["actor_id"] for it in acts} == {str(WHO)}
    assert {it["reason"] for it in acts} == {WHY["reason"]}
    customer = refund["customer_id"]
    page = await look(billing, "/acts", customer_id=customer, act="credit_note", limit=1)
    assert page["next_cursor"]
    rest = await look(
        billing, "/acts", customer_id=customer, act="credit_note", cursor=page["next_cursor"]
    )
    assert [it["id"] for it in page["items"] + rest["items"]] == [it["id"] for it in acts[1:]]
    with world.databases.connect("billing", "billing_api") as api:
        for change in ("UPDATE finance_act SET reason = ''", "DELETE FROM finance_act"):
            with pytest.raises(Exception, match="permission denied"):
                api.execute(change.encode())


async def test_every_error_of_an_act_is_listed(billing: httpx.AsyncClient, world: World) -> None:
    invoice = await billed(world, PAID)
    answer = await act(
        billing, f"/invoices/{invoice}/refunds", reason="", amount_cents=0, source="pocket", x=1
    )
    assert answer.status_code == 400
    assert pointers(answer) == {"/reason", "/amount_cents", "/source", "/x"}
    assert (await act(billing, f"/invoices/{uuid4()}/refunds")).status_code == 404
