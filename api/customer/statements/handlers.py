"""Invoices and credit as billing tells them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.notifications.service import Kind, notify
from api.customer.statements.tables import Credit, Statement
from api.messages import CreditChanged, InvoiceIssued, Settlement

OWED = frozenset({"issued", "declined"})


async def invoice_issued(session: AsyncSession, message: InvoiceIssued, now: datetime) -> None:
    """Keep the invoice's newest state, and mail what became of it.

    One mail an outcome: a receipt with the lines when it is paid, a notice when the payment
    was declined, one for each credit note, refund and write-off. The issue itself is not mailed,
    because the charge follows at once. A receipt goes out whatever has happened since; a notice
    of a decline only while it is the last word.
    """
    newest = await _keep(session, message)
    for settlement in message.settlements:
        await _tell_settlement(session, message, settlement, now)
    kind: Kind
    if message.adjusted:
        return
    if message.status == "paid":
        kind = "invoice_paid"
    elif message.status == "declined" and newest:
        kind = "payment_declined"
    else:
        return
    await notify(
        session,
        message.customer_id,
        kind,
        cause=f"{message.invoice_id}/{message.version}",
        channel="email",
        context=_facts(message)
        | {
            "lines": message.lines,
            "total_cents": message.total_cents,
            "credited_cents": _credited(message),
            "reason": message.reason,
        },
        now=now,
    )


async def credit_changed(session: AsyncSession, message: CreditChanged, _: datetime) -> None:
    """Keep the customer's credit. An older version changes nothing."""
    values = {"cents": message.cents, "currency": message.currency, "version": message.version}
    await session.execute(
        insert(Credit)
        .values(account_id=message.customer_id, **values)
        .on_conflict_do_update(
            index_elements=[Credit.account_id], set_=values, where=Credit.version < message.version
        )
    )


def _credited(message: InvoiceIssued) -> int:
    """What credit has taken off the invoice."""
    return sum(
        it.amount_cents
        for it in message.settlements
        if it.kind == "credit" or (it.kind == "credit_note" and it.applies_to == "invoice")
    )


def _facts(message: InvoiceIssued) -> dict[str, Any]:
    return {
        "invoice": message.number,
        "period": f"{message.period_start:%B %-d} to {message.period_end:%B %-d, %Y}",
        "currency": message.currency,
    }


async def _tell_settlement(
    session: AsyncSession, message: InvoiceIssued, it: Settlement, now: datetime
) -> None:
    """Once for each, by its id: the same settlement comes with every later state."""
    kind: Kind
    if it.kind == "credit_note" and it.applies_to != "refund":
        kind = "credit_note"
    elif it.kind == "refund" and it.status in {"done", "refused"}:
        kind = "refund_made" if it.status == "done" else "refund_credited"
    elif it.kind == "write_off":
        kind = "invoice_written_off"
    else:
        return
    await notify(
        session,
        message.customer_id,
        kind,
        cause=str(it.id),
        channel="email",
        context=_facts(message)
        | {
            "amount_cents": it.amount_cents,
            "number": it.number,
            "applies_to": it.applies_to,
            "due_cents": message.due_cents,
        },
        now=now,
    )


async def _keep(session: AsyncSession, message: InvoiceIssued) -> bool:
    """Write the statement; returns whether this is its newest version.

    The statement is issued when its first state was, in whatever order they arrive.
    """
    due = message.due_cents
    if due is None:
        due = message.total_cents if message.status in OWED else 0
    values = {
        "version": message.version,
        "status": message.status,
        "number": message.number,
        "period_start": message.period_start,
        "period_end": message.period_end,
        "total_cents": message.total_cents,
        "currency": message.currency,
        "lines": message.lines,
        "reason": message.reason,
        "due_cents": due,
        "settlements": msgspec.to_builtins(message.settlements),
        "next_try_at": message.next_try_at,
    }
    written: UUID | None = await session.scalar(
        insert(Statement)
        .values(
            id=message.invoice_id,
            account_id=message.customer_id,
            contract_id=message.contract_id,
            issued_at=message.at,
            **values,
        )
        .on_conflict_do_update(
            index_elements=[Statement.id],
            set_=values,
            where=Statement.version < message.version,
        )
        .returning(Statement.id)
    )
    await session.execute(
        update(Statement)
        .where(Statement.id == message.invoice_id, Statement.issued_at > message.at)
        .values(issued_at=message.at)
    )
    return written is not None
