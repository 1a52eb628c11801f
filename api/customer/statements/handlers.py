"""Invoices as billing tells them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.notifications.service import Kind, notify
from api.customer.statements.tables import Statement
from api.messages import InvoiceIssued


async def invoice_issued(session: AsyncSession, message: InvoiceIssued, now: datetime) -> None:
    """Keep the invoice's newest state, and mail what became of it.

    One mail an outcome: a receipt with the lines when it is paid, a notice when the payment
    was declined. The issue itself is not mailed, because the charge follows at once. A
    receipt goes out whatever has happened since; a notice only while it is the last word.
    """
    newest = await _keep(session, message)
    kind: Kind
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
        context={
            "invoice": message.number,
            "period": f"{message.period_start:%B %-d} to {message.period_end:%B %-d, %Y}",
            "lines": message.lines,
            "total_cents": message.total_cents,
            "currency": message.currency,
            "reason": message.reason,
        },
        now=now,
    )


async def _keep(session: AsyncSession, message: InvoiceIssued) -> bool:
    """Write the statement; returns whether this is its newest version.

    The statement is issued when its first state was, in whatever order they arrive.
    """
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
