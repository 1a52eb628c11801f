"""What customers owe, what is charged next, and each statement as data, page and PDF."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.customer.conftest import Customer
from tests.api.customer.test_cards import CARD
from tests.api.customer.test_plan_changes import mid_november
from tests.databases import Databases

__all__ = ["mid_november"]
AT = "2026-11-01T15:00:00Z"


def settled(kind: str, cents: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": kind,
        "status": "done",
        "at": AT,
        "amount_cents": cents,
    } | more


async def statement(
    ada: Customer,
    databases: Databases,
    *settlements: dict[str, Any],
    status: str = "declined",
    due: int = 2162,
) -> tuple[str, str]:
    """One over 26.62 for October; its id and its contract's."""
    contract = await ada.contract_id()
    databases.execute(
        "customer",
        "UPDATE contract SET starts_on = '2026-10-01', tax_rate_millionths = 65000",
    )
    made = uuid4()
    databases.execute(
        "customer",
        "INSERT INTO statement (id, account_id, contract_id, number, version, status,"
        " period_start, period_end, total_cents, currency, lines, issued_at, due_cents,"
        " settlements, reason) VALUES (%s, %s, %s, 'INV-00000007', 3, %s, '2026-10-01',"
        " '2026-10-31', 2662, 'USD', '[[\"Plus <October>\", 2499], [\"Sales tax\", 163]]', %s,"
        " %s, %s, %s)",
        made,
        UUID(ada.id),
        UUID(contract),
        status,
        AT,
        due,
        json.dumps(settlements),
        "The card was declined." if status == "declined" else None,
    )
    return str(made), contract


async def card(ada: Customer, databases: Databases) -> str:
    made: str = (await ada.post("/cards", CARD)).json()["id"]
    databases.execute("customer", "UPDATE card SET status = 'stored'")
    return made


async def test_the_balance_is_what_is_owed_less_the_credit_and_says_the_next_charge(
    ada: Customer, databases: Databases
) -> None:
    _, contract = await statement(ada, databases)
    card_id = await card(ada, databases)
    databases.execute("customer", "INSERT INTO credit VALUES (%s, 700, 'USD', 1)", UUID(ada.id))
    shown = (await ada.get("/balance")).json()
    sums = [shown[f"{name}_cents"] for name in ("owed", "credit", "balance")]
    assert sums == [2162, 700, 1462]
    assert [(it["number"], it["reason"]) for it in shown["owed"]] == [
        ("INV-00000007", "The card was declined.")
    ]
    # November whole: 24.99 and 6.5 % of it; the credit pays seven dollars.
    charge = shown["next_charge"]
    assert (charge["on"], charge["amount_cents"]) == ("2026-12-01", 2661 - 700)
    assert [it["contract_id"] for it in charge["contracts"]] == [contract]
    assert (shown["card"]["id"], shown["card"]["last4"]) == (card_id, "4242")


async def test_who_has_nothing_owes_nothing(ada: Customer) -> None:
    shown = (await ada.get("/balance")).json()
    assert (shown["balance_cents"], shown["owed"]) == (0, [])
    assert shown["next_charge"] is shown["card"] is None


async def test_a_contract_says_until_when_it_is_paid_and_what_comes_next(
    ada: Customer, databases: Databases
) -> None:
    _, contract = await statement(ada, databases, status="paid", due=0)
    shown = (await ada.get(f"/contracts/{contract}")).json()
    assert shown["paid_until"] == "2026-10-31"
    assert shown["next_charge"] == {
        "on": "2026-12-01",
        "month": "2026-11",
        "amount_cents": 2661,
        "tax_included": True,
    }
    databases.execute("customer", "UPDATE contract SET billing_held = true")
    databases.execute("customer", "UPDATE statement SET status = 'declined'")
    (held,) = (await ada.get("/contracts")).json()
    assert (held["billing_held"], held["next_charge"], held["paid_until"]) == (True, None, None)


async def test_a_statement_shows_its_lines_payments_and_credits(
    ada: Customer, databases: Databases
) -> None:
    card_id = await card(ada, databases)
    made, _ = await statement(
        ada,
        databases,
        settled("payment", 2662, status="declined", card_id=card_id),
        settled("credit_note", 500, number="CN-00000001", applies_to="invoice"),
        settled("refund", 100, status="under_way", card_id=card_id),
    )
    shown = (await ada.get(f"/statements/{made}")).json()
    assert (shown["total_cents"], shown["due_cents"]) == (2662, 2162)
    assert [it["cents"] for it in shown["lines"]] == [2499, 163]
    assert [it["text"] for it in shown["settlements"]] == [
        "Payment declined, visa ending in 4242",
        "Credit note CN-00000001: lowers this invoice",
        "Refund on its way, visa ending in 4242",
    ]
    (listed,) = (await ada.get("/statements")).json()["items"]
    assert listed == {name: shown[name] for name in listed}


async def test_a_statement_is_a_page_that_loads_nothing(
    ada: Customer, databases: Databases
) -> None:
    made, _ = await statement(ada, databases, settled("write_off", 2662))
    page = await ada.get(f"/statements/{made}/html")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for words in ("INV-00000007", "Ada Example", "78701", "$24.99", "Still to pay: $21.62"):
        assert words in page.text
    assert "Plus &lt;October&gt;" in page.text
    assert "http" not in page.text


async def test_a_statement_is_a_pdf(ada: Customer, databases: Databases) -> None:
    made, _ = await statement(ada, databases)
    databases.execute("customer", "UPDATE account SET full_name = 'Łukasz Žižek'")
    answer = await ada.get(f"/statements/{made}/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="statement-INV-00000007.pdf"' in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 5_000


@pytest.mark.parametrize("form", ["", "/html", "/pdf"])
async def test_another_customers_statement_is_not_found(
    ada: Customer, bob: Customer, databases: Databases, form: str
) -> None:
    made, _ = await statement(ada, databases)
    assert (await bob.get(f"/statements/{made}{form}")).status_code == 404
    assert (await bob.get("/balance")).json()["owed_cents"] == 0


async def test_the_only_card_stays_while_something_is_owed(
    ada: Customer, databases: Databases
) -> None:
    only = await card(ada, databases)
    made, _ = await statement(ada, databases)
    refused = await ada.delete(f"/cards/{only}")
    assert refused.status_code == 409
    assert "INV-00000007" in refused.json()["detail"]
    other = await card(ada, databases)
    assert (await ada.delete(f"/cards/{other}")).status_code == 204
    databases.execute("customer", "UPDATE statement SET status = 'paid' WHERE id = %s", UUID(made))
    assert (await ada.delete(f"/cards/{only}")).status_code == 204
