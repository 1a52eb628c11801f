"""What billing says of invoices, cards and contracts, with the relay's own roles."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from api.messages import (
    CardOutcome,
    ContractBilling,
    ContractStanding,
    CreditChanged,
    InvoiceIssued,
    Settlement,
)
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.messaging import deliver, queued, send

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
INVOICE = uuid4()
BILLER = "biller"


def invoice(
    home: Household,
    version: int,
    status: Literal["issued", "paid", "declined", "credited", "written_off", "void"],
    reason: str | None = None,
    **more: Any,
) -> InvoiceIssued:
    return InvoiceIssued(
        **more,
        invoice_id=INVOICE,
        customer_id=home.account_id,
        contract_id=home.contract_id,
        number="2026-02-000017",
        version=version,
        status=status,
        period_start=date(2026, 2, 1),
        period_end=date(2026, 2, 28),
        total_cents=2705,
        currency="USD",
        lines=[("Plus, monthly", 2499), ("Sales tax TX", 206)],
        at=NOW + timedelta(hours=version),
        reason=reason,
    )


async def hear(databases: Databases, *messages: Any, role: str = BILLER) -> None:
    await send(databases, *messages, role=role)
    await deliver(databases, "billing", "customer")


def told(databases: Databases) -> list[tuple[str, str]]:
    rows = databases.rows("customer", "SELECT kind, cause FROM notification ORDER BY id")
    return [(row[0], row[1]) for row in rows]


def statements(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows("customer", "SELECT status, version, issued_at FROM statement")


@pytest.fixture
def card_id(databases: Databases, home: Household) -> UUID:
    rows = databases.rows(
        "customer",
        "INSERT INTO card (account_id, brand, last4, exp_month, exp_year, status, created_at,"
        " updated_at) VALUES (%s, 'visa', '4242', 12, 2040, 'sent', now(), now()) RETURNING id",
        home.account_id,
    )
    return UUID(str(rows[0][0]))


def card(databases: Databases) -> tuple[Any, ...]:
    return databases.rows("customer", "SELECT status, reason FROM card")[0]


async def test_a_paid_invoice_is_a_statement_with_one_receipt(
    databases: Databases, home: Household
) -> None:
    await hear(databases, invoice(home, 1, "issued"))
    assert told(databases) == []
    paid = invoice(home, 2, "paid")
    await hear(databases, paid)
    await hear(databases, paid)
    assert statements(databases) == [("paid", 2, NOW + timedelta(hours=1))]
    assert told(databases) == [("invoice_paid", f"{INVOICE}/2")]
    context = databases.rows("customer", "SELECT context FROM notification")[0][0]
    assert context["period"] == "February 1 to February 28, 2026"
    assert context["lines"] == [["Plus, monthly", 2499], ["Sales tax TX", 206]]


async def test_a_declined_payment_is_told_with_its_reason(
    databases: Databases, home: Household
) -> None:
    await hear(databases, invoice(home, 2, "declined", reason="Not enough money."))
    assert told(databases) == [("payment_declined", f"{INVOICE}/2")]
    reason = databases.rows("customer", "SELECT reason FROM statement")
    assert reason == [("Not enough money.",)]


async def test_invoice_states_may_arrive_in_any_order(
    databases: Databases, home: Household
) -> None:
    await hear(
        databases,
        invoice(home, 3, "paid"),
        invoice(home, 1, "issued"),
        invoice(home, 2, "declined"),
    )
    assert statements(databases) == [("paid", 3, NOW + timedelta(hours=1))]
    # The decline is over: a notice after the receipt would only frighten.
    assert told(databases) == [("invoice_paid", f"{INVOICE}/3")]


async def test_a_receipt_goes_out_also_for_an_invoice_that_is_void_by_now(
    databases: Databases, home: Household
) -> None:
    await hear(databases, invoice(home, 3, "void"), invoice(home, 2, "paid"))
    assert statements(databases)[0][:2] == ("void", 3)
    assert told(databases) == [("invoice_paid", f"{INVOICE}/2")]


async def test_a_stored_card_can_be_charged(
    databases: Databases, home: Household, card_id: UUID
) -> None:
    outcome = CardOutcome(card_id=card_id, customer_id=home.account_id, status="stored")
    await hear(databases, outcome, role="billing_intake")
    assert card(databases) == ("stored", None)
    assert told(databases) == []


@pytest.mark.parametrize(("status", "mails"), [("refused", ["card_refused"]), ("duplicate", [])])
async def test_a_card_that_cannot_be_used_is_refused_with_its_reason(
    databases: Databases,
    home: Household,
    card_id: UUID,
    status: Literal["refused", "duplicate"],
    mails: list[str],
) -> None:
    outcome = CardOutcome(
        card_id=card_id, customer_id=home.account_id, status=status, reason="The reason."
    )
    await hear(databases, outcome, role="billing_intake")
    assert card(databases) == ("refused", "The reason.")
    assert [kind for kind, _ in told(databases)] == mails


async def test_a_removed_card_stays_removed(
    databases: Databases, home: Household, card_id: UUID
) -> None:
    databases.execute("customer", "UPDATE card SET status = 'removed'")
    outcome = CardOutcome(card_id=card_id, customer_id=home.account_id, status="stored")
    await hear(databases, outcome, role="billing_intake")
    assert card(databases) == ("removed", None)


async def test_standing_follows_its_newest_version(databases: Databases, home: Household) -> None:
    def standing(version: int, word: Literal["good", "suspended"]) -> ContractStanding:
        return ContractStanding(
            contract_id=home.contract_id, standing=word, version=version, at=NOW
        )

    await hear(databases, standing(1, "suspended"))
    assert databases.rows("customer", "SELECT standing FROM contract") == [("suspended",)]
    await hear(databases, standing(3, "good"), standing(2, "suspended"))
    assert databases.rows("customer", "SELECT standing, standing_version FROM contract") == [
        ("good", 3)
    ]


async def test_each_credit_note_refund_and_write_off_is_told_once(
    databases: Databases, home: Household
) -> None:
    def done(kind: Any, id_: int, status: Any = "done", **more: Any) -> Settlement:
        return Settlement(
            id=UUID(int=id_), kind=kind, status=status, at=NOW, amount_cents=500, **more
        )

    paid = done("payment", 1)
    note = done("credit_note", 2, number="CN-00000001", applies_to="next_invoice")
    silent = done("credit_note", 3, number="CN-00000002", applies_to="refund")
    way, back = done("refund", 4, "under_way"), done("refund", 4)
    kept = done("refund", 5, "refused")
    await hear(
        databases,
        invoice(home, 3, "paid", due_cents=0, settlements=(paid,)),
        invoice(home, 5, "paid", due_cents=0, settlements=(paid, note, silent, way), adjusted=True),
        invoice(
            home, 6, "paid", due_cents=0, settlements=(paid, note, silent, back), adjusted=True
        ),
        invoice(home, 7, "paid", due_cents=0, settlements=(paid, note, back, kept), adjusted=True),
    )
    assert sorted(told(databases)) == sorted(
        [
            ("invoice_paid", f"{INVOICE}/3"),
            ("credit_note", str(note.id)),
            ("refund_made", str(back.id)),
            ("refund_credited", str(kept.id)),
        ]
    )
    rows = databases.rows(
        "customer", "SELECT version, jsonb_array_length(settlements) FROM statement"
    )
    assert rows == [(7, 4)]
    given_up = done("write_off", 6)
    await hear(
        databases,
        invoice(home, 8, "written_off", due_cents=0, settlements=(given_up,), adjusted=True),
    )
    assert told(databases)[-1] == ("invoice_written_off", str(given_up.id))


async def test_what_is_still_to_pay_and_when_it_is_tried_again_is_kept(
    databases: Databases, home: Household
) -> None:
    later = NOW + timedelta(days=3)
    await hear(databases, invoice(home, 2, "declined", due_cents=2205, next_try_at=later))
    kept = databases.rows("customer", "SELECT due_cents, next_try_at FROM statement")
    assert kept == [(2205, later)]


async def test_credit_and_holds_follow_their_newest_version_and_a_hold_is_told(
    databases: Databases, home: Household
) -> None:
    def credit(version: int, cents: int) -> CreditChanged:
        return CreditChanged(
            customer_id=home.account_id, version=version, cents=cents, currency="USD", at=NOW
        )

    def billed(version: int, *, held: bool, rate: int | None = 62_500) -> ContractBilling:
        return ContractBilling(
            contract_id=home.contract_id,
            version=version,
            held=held,
            tax_rate_millionths=rate,
            at=NOW,
        )

    await hear(databases, credit(2, 300), credit(1, 700))
    assert databases.rows("customer", "SELECT cents, version FROM credit") == [(300, 2)]
    await hear(databases, billed(1, held=False))
    assert told(databases) == []
    await hear(databases, billed(2, held=True))
    await hear(databases, billed(3, held=False), billed(2, held=True))
    held = "SELECT billing_held, tax_rate_millionths, billing_version FROM contract"
    assert databases.rows("customer", held) == [(False, 62_500, 3)]
    assert [kind for kind, _ in told(databases)] == ["billing_held", "billing_resumed"]


async def test_word_of_a_contract_that_is_not_here_waits_and_is_not_lost(
    databases: Databases, home: Household
) -> None:
    del home
    stray = ContractStanding(contract_id=uuid4(), standing="suspended", version=1, at=NOW)
    await hear(databases, stray)
    assert len(queued(databases, "billing", "customer")) == 1
