"""Invoices, payments and the ledger of a small business."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.warehouse.world import World

Row = dict[str, Any]


def bills(world: World, contracts: list[Row]) -> None:
    """Three months of invoices; most are paid at once, some later, some never."""
    number = 0
    for month in _months(world.now.date()):
        run = world.uuid()
        billed = [one for one in contracts if _runs_in(one, month)]
        issued = datetime.combine(month, time(6), UTC)
        world.add(
            "billing", "billing_run", id=run, period=month, status="finished",
            invoices=len(billed), total_cents=0, created_at=issued, updated_at=issued,
        )  # fmt: skip
        for contract in billed:
            number += 1
            _invoice(world, contract, run, month, number)


def _months(today: date) -> list[date]:
    months = []
    first = today.replace(day=1)
    for _ in range(3):
        months.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return months[::-1]


def _runs_in(contract: Row, month: date) -> bool:
    return contract["starts_on"] < month and (contract["ends_on"] or date.max) >= month


def _invoice(world: World, contract: Row, run: UUID, month: date, number: int) -> None:
    subtotal = contract["price"] // (12 if contract["interval"] == "year" else 1)
    tax = subtotal * 7 // 100
    issued = datetime.combine(month, time(6), UTC)
    attempts = world.random.choice((1, 1, 1, 1, 2, 3))
    paid = attempts < 3
    invoice = world.add(
        "billing", "invoice", id=world.uuid(), run_id=run, contract_id=contract["id"],
        customer_id=contract["account_id"], period_start=month, period_end=month,
        number=number, status="paid" if paid else "declined", currency="USD",
        subtotal_cents=subtotal, tax_cents=tax, total_cents=subtotal + tax, row_hash=b"x",
        created_at=issued, issued_at=issued,
        paid_at=issued + timedelta(days=attempts) if paid else None,
    )  # fmt: skip
    for position, (kind, cents) in enumerate((("plan", subtotal), ("tax", tax)), start=1):
        world.add(
            "billing", "invoice_line", invoice_id=invoice["id"], position=position, kind=kind,
            description=f"{kind} {month}", amount_cents=cents,
        )  # fmt: skip
    sides = [("receivable", subtotal + tax), ("revenue", -subtotal), ("tax", -tax)]
    _post(world, invoice, issued, "invoice", invoice["id"], sides)
    _payments(world, invoice, attempts, paid=paid)


def _payments(world: World, invoice: Row, attempts: int, *, paid: bool) -> None:
    for attempt in range(1, attempts + 1):
        approved = paid and attempt == attempts
        at = invoice["issued_at"] + timedelta(days=attempt)
        payment = world.add(
            "billing", "payment", id=world.uuid(), invoice_id=invoice["id"], attempt=attempt,
            customer_id=invoice["customer_id"], card_id=world.uuid(),
            idempotency_key=str(world.uuid()), amount_cents=invoice["total_cents"],
            currency="USD", status="approved" if approved else "declined",
            decline_code=None if approved else "insufficient_funds", created_at=at,
            decided_at=at,
        )  # fmt: skip
        if approved:
            total = invoice["total_cents"]
            sides = [("cash", total), ("receivable", -total)]
            _post(world, invoice, at, "payment", payment["id"], sides)
            if invoice["number"] % 4 == 0:
                _give_back(world, invoice, payment, at + timedelta(days=1))
            if invoice["number"] % 9 == 0:
                won = invoice["number"] % 2 == 0
                _dispute(world, invoice, payment, at + timedelta(days=2), won=won)
    if not paid:
        world.add(
            "billing", "dunning", invoice_id=invoice["id"], step=attempts, status="running",
            started_at=invoice["issued_at"], updated_at=invoice["issued_at"],
        )  # fmt: skip


def _give_back(world: World, invoice: Row, payment: Row, at: datetime) -> None:
    """A hundred cents of it, with their tax."""
    cents, tax = 100, 7
    note = world.add(
        "billing", "credit_note", id=world.uuid(), number=invoice["number"],
        invoice_id=invoice["id"], customer_id=invoice["customer_id"], amount_cents=cents,
        tax_cents=tax, currency="USD", applies_to="refund", created_at=at,
    )  # fmt: skip
    sides = [("revenue", cents - tax), ("tax", tax), ("credit", -cents)]
    _post(world, invoice, at, "credit_note", note["id"], sides)
    refund = world.add(
        "billing", "refund", id=world.uuid(), payment_id=payment["id"], invoice_id=invoice["id"],
        customer_id=invoice["customer_id"], amount_cents=cents, currency="USD",
        idempotency_key=str(world.uuid()), status="refunded", created_at=at, decided_at=at,
    )  # fmt: skip
    _post(world, invoice, at, "refund", refund["id"], [("credit", cents), ("cash", -cents)])


def _dispute(world: World, invoice: Row, payment: Row, at: datetime, *, won: bool) -> None:
    """The bank takes fifty cents of it back, until it decides for us."""
    cents = 50
    dispute = world.add(
        "billing", "chargeback", id=world.uuid(), provider_reference=str(world.uuid()),
        payment_id=payment["id"], invoice_id=invoice["id"], customer_id=invoice["customer_id"],
        amount_cents=cents, currency="USD", reason="fraudulent", status="won" if won else "open",
        answer_by=at, opened_at=at, decided_at=at if won else None,
    )  # fmt: skip
    sides = [("chargeback", cents), ("cash", -cents)]
    _post(world, invoice, at, "chargeback", dispute["id"], sides)
    if won:
        back = [(account, -amount) for account, amount in sides]
        _post(world, invoice, at, "chargeback_won", dispute["id"], back)


def _post(
    world: World, invoice: Row, at: datetime, cause: str, cause_id: UUID, sides: list[Any]
) -> None:
    posting = world.uuid()
    for account, cents in sides:
        world.add(
            "billing", "ledger_entry", id=world.uuid(), posting_id=posting, posted_at=at,
            account=account, amount_cents=cents, currency="USD", cause=cause, cause_id=cause_id,
            customer_id=invoice["customer_id"], invoice_id=invoice["id"],
        )  # fmt: skip
