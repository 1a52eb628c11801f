"""Invoices, payments, ledger and recurring revenue of the small world."""

from datetime import date, datetime
from typing import Any

from tests.dashboards.marts import Row, utc, uuid

ANN, BOB = uuid(0xC1), uuid(0xC2)  # customers in Texas and in Washington
BASIC, PRO, BASIC_OF_BOB = uuid(0xD1), uuid(0xD2), uuid(0xD3)  # contracts


def finance() -> dict[str, list[Row]]:
    """Bob recovers his declined charge, Ann does not and leaves."""
    invoices = [
        _invoice(1, ANN, "basic", "2026-02-01 06:00", 1000, 80, "paid", collected=1080),
        _invoice(2, BOB, "pro", "2026-03-01 06:00", 2500, 0, "paid", collected=2500),
        _invoice(3, ANN, "basic", "2026-03-01 06:00", 1000, 80, "declined"),
    ]
    draft = {**_invoice(4, BOB, "pro", "2026-04-01 06:00", 2500, 0, "draft"), "issued_at": None}
    payments = [
        _payment(1, 1, ANN, 1, "approved", 1080, "2026-02-01 07:00"),
        _payment(2, 2, BOB, 1, "declined", 2500, "2026-03-01 07:00"),
        _payment(3, 2, BOB, 2, "approved", 2500, "2026-03-05 07:00"),
        _payment(4, 3, ANN, 1, "declined", 1080, "2026-03-01 07:00"),
    ]
    refund = _taken_back(payments[2], "created_at", 500, "refunded")
    lost = _taken_back(payments[0], "opened_at", 400, "lost")
    won = _taken_back(payments[0], "opened_at", 300, "won")
    return {
        "fct_refund": [refund],
        "fct_chargeback": [lost, won],
        "fct_invoice": [*invoices, draft],
        "fct_invoice_line": [
            {"invoice_id": one["invoice_id"], "line_number": place, "amount_cents": one[part]}
            for one in invoices
            for place, part in ((1, "subtotal_cents"), (2, "tax_cents"))
        ],
        "fct_payment": payments,
        "fct_ledger_entry": [
            *(entry for one in invoices for entry in _issued(one)),
            *(entry for one in payments if one["status"] == "approved" for entry in _paid(one)),
            *_moved(refund, "refund", "credit", 500),
            *_moved(lost, "chargeback", "chargeback", 400),
            *_moved(won, "chargeback", "chargeback", 300),
            *_moved(won, "chargeback_won", "chargeback", -300),
        ],
        "fct_contract_month": [
            _month(BASIC, ANN, "basic", 1, 1000, 1000, "new"),
            _month(BASIC, ANN, "basic", 2, 1000, 0, "none"),
            _month(PRO, BOB, "pro", 2, 2500, 2500, "new"),
            _month(BASIC, ANN, "basic", 3, 0, -1000, "churn"),
            _month(PRO, BOB, "pro", 3, 2500, 0, "none"),
            _month(BASIC_OF_BOB, BOB, "basic", 3, 1000, 1000, "expansion"),
        ],
    }


def _invoice(
    number: int,
    customer: Any,
    plan: str,
    issued: str,
    subtotal: int,
    tax: int,
    status: str,
    collected: int = 0,
) -> Row:
    total = subtotal + tax
    return {
        "invoice_id": uuid(0x100 + number), "customer_id": customer, "plan_code": plan,
        "status": status, "subtotal_cents": subtotal, "tax_cents": tax, "total_cents": total,
        "collected_cents": collected, "issued_at": utc(issued),
        "outstanding_cents": 0 if status == "draft" else total - collected,
    }  # fmt: skip


def _payment(
    number: int, invoice: int, customer: Any, attempt: int, status: str, cents: int, decided: str
) -> Row:
    return {
        "payment_id": uuid(0x200 + number), "invoice_id": uuid(0x100 + invoice),
        "customer_id": customer, "attempt": attempt, "amount_cents": cents, "status": status,
        "is_recovered": status == "approved" and attempt > 1, "created_at": utc(decided),
        "decided_at": utc(decided),
    }  # fmt: skip


def _taken_back(payment: Row, begun: str, cents: int, status: str) -> Row:
    kept = ("payment_id", "invoice_id", "customer_id", "decided_at")
    own = {begun: payment["decided_at"], "amount_cents": cents, "status": status}
    return {name: payment[name] for name in kept} | own


def _issued(invoice: Row) -> list[Row]:
    sides = {
        "receivable": invoice["total_cents"],
        "revenue": -invoice["subtotal_cents"],
        "tax": -invoice["tax_cents"],
    }
    return _posting(invoice, invoice["issued_at"], "invoice", sides)


def _paid(payment: Row) -> list[Row]:
    sides = {"cash": payment["amount_cents"], "receivable": -payment["amount_cents"]}
    return _posting(payment, payment["decided_at"], "payment", sides)


def _moved(about: Row, cause: str, account: str, cents: int) -> list[Row]:
    """Cash went to another account."""
    return _posting(about, about["decided_at"], cause, {account: cents, "cash": -cents})


def _posting(about: Row, at: datetime, cause: str, sides: dict[str, int]) -> list[Row]:
    return [
        {
            "invoice_id": about["invoice_id"], "customer_id": about["customer_id"],
            "posted_at": at, "cause": cause, "account": account, "amount_cents": cents,
        }
        for account, cents in sides.items()
        if cents
    ]  # fmt: skip


def _month(
    contract: Any, customer: Any, plan: str, month: int, mrr: int, change: int, movement: str
) -> Row:
    return {
        "contract_id": contract, "customer_id": customer, "plan_code": plan,
        "month_start": date(2026, month, 1),
        "measured_on": date(2026, month, {1: 31, 2: 28, 3: 31}[month]),
        "mrr_cents": mrr, "mrr_change_cents": change, "movement": movement,
    }  # fmt: skip
