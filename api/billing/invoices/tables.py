"""Billing runs, invoices and the double-entry ledger."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Id, Moment, one_of

RUN_STATUSES = ("drafted", "held", "approved", "refused", "issued", "charging", "finished")
RUN_ACTS = (
    "drafted", "held", "approved", "refused", "issued", "finished", "first_approved", "released",
    "voided", "rerun",
)  # fmt: skip
LINE_KINDS = ("plan", "proration", "charge", "credit", "tax", "carried_forward")
LEDGER_ACCOUNTS = ("receivable", "revenue", "tax", "cash", "credit", "write_off", "chargeback")
LEDGER_CAUSES = (
    "invoice", "credit", "payment", "refund", "credit_note", "write_off", "chargeback",
    "chargeback_won",
)  # fmt: skip


class InvoiceStatus(StrEnum):
    """`parked` is an outlier, see `Invoice`; the last three owe nothing and were not paid."""

    DRAFT = "draft"
    PARKED = "parked"
    ISSUED = "issued"
    PAID = "paid"
    DECLINED = "declined"
    CREDITED = "credited"
    WRITTEN_OFF = "written_off"
    VOID = "void"


_NOT_NEGATIVE = "greatest(total_cents, 0)"


class BillingRun(Base):
    """One month's billing; `period` is its first day.

    `rows_hash` is over the rows that were checked, `approved_hash` over those that were
    approved; only the latter are issued. `first_approved_hash` is over those that the first of
    two people has approved.
    """

    __tablename__ = "billing_run"
    __table_args__ = (one_of("status", RUN_STATUSES),)

    id: Mapped[Id]
    period: Mapped[date] = mapped_column(unique=True)
    status: Mapped[str]
    invoices: Mapped[int] = mapped_column(server_default="0")
    total_cents: Mapped[Cents] = mapped_column(server_default="0")
    findings: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    rows_hash: Mapped[bytes | None]
    approved_hash: Mapped[bytes | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    first_approved_hash: Mapped[bytes | None]
    first_approved_by: Mapped[str | None]
    first_approved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class ApprovalLimit(Base):
    """The total over which two people approve a run, from `set_at` on. Rows are only ever added."""

    __tablename__ = "approval_limit"
    __table_args__ = (CheckConstraint("limit_cents >= 0", name="limit_cents"),)

    id: Mapped[Id]
    limit_cents: Mapped[Cents]
    set_by: Mapped[UUID]
    set_at: Mapped[Moment]
    reason: Mapped[str]


class RunEvent(Base):
    """One act on a billing run: who, when, what, why. Rows are only ever inserted."""

    __tablename__ = "run_event"
    __table_args__ = (
        one_of("act", RUN_ACTS),
        Index("ix_run_event_run", "run_id", "at"),
    )

    id: Mapped[Id]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("billing_run.id"))
    at: Mapped[Moment]
    actor: Mapped[str]
    act: Mapped[str]
    detail: Mapped[str]


class Invoice(Base):
    """At most one that is not void, a contract and period; the database refuses a second.

    `total_cents = subtotal_cents + tax_cents + carried_cents`, and the lines sum to the total. It
    is never negative: `carried_cents` is what a negative sum gives the customer as credit instead,
    when the invoice is issued. What is still to pay of an issued or declined one is
    `total_cents - credited_cents`; `credited_cents` is what credit has taken off it, `noted_cents`
    what credit notes have taken back of its revenue and tax, `refunded_cents` what of its payment
    went back or is on its way back.

    `review` is `outlier` when the checks parked it for an amount that its plan does not imply,
    `released` once finance has said that it is right, and `late` when it was drafted and approved
    after its run had been issued; of any other there is none.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        one_of("status", InvoiceStatus),
        one_of("review", ("outlier", "released", "late")),
        CheckConstraint("total_cents = subtotal_cents + tax_cents + carried_cents", name="total"),
        CheckConstraint(
            "carried_cents >= 0 AND (total_cents >= 0 OR status = 'void')", name="not_negative"
        ),
        CheckConstraint(
            "(number IS NULL) = (status IN ('draft', 'parked')) OR status = 'void'",
            name="numbered",
        ),
        CheckConstraint(f"credited_cents BETWEEN 0 AND {_NOT_NEGATIVE}", name="credited_cents"),
        CheckConstraint(f"noted_cents BETWEEN 0 AND {_NOT_NEGATIVE}", name="noted_cents"),
        # A payment is of the whole rest: nothing beyond it can go back.
        CheckConstraint(
            f"refunded_cents BETWEEN 0 AND {_NOT_NEGATIVE} - credited_cents"
            " AND (refunded_cents = 0 OR status = 'paid')",
            name="refunded_cents",
        ),
        Index(
            "uq_invoice_contract_period",
            "contract_id",
            "period_start",
            unique=True,
            postgresql_where=text("status <> 'void'"),
        ),
        Index("ix_invoice_customer", "customer_id", text("period_start DESC")),
        Index("ix_invoice_run", "run_id", "status"),
        Index(
            "ix_invoice_late",
            "run_id",
            postgresql_where=text("review IN ('released', 'late') AND status = 'draft'"),
        ),
        Index("ix_invoice_reviewed", "run_id", "id", postgresql_where=text("review IS NOT NULL")),
        Index("ix_invoice_owed", "number", postgresql_where=text("status = 'issued'")),
        Index("ix_invoice_period", text("period_start DESC"), text("id DESC")),
        Index(
            "ix_invoice_unusual",
            "status",
            text("period_start DESC"),
            text("id DESC"),
            postgresql_where=text("status <> 'paid'"),
        ),
    )

    id: Mapped[Id]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("billing_run.id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    customer_id: Mapped[UUID]
    period_start: Mapped[date]
    period_end: Mapped[date]
    number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    currency: Mapped[str]
    subtotal_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    total_cents: Mapped[Cents]
    carried_cents: Mapped[Cents] = mapped_column(server_default="0")
    credited_cents: Mapped[Cents] = mapped_column(server_default="0")
    noted_cents: Mapped[Cents] = mapped_column(server_default="0")
    refunded_cents: Mapped[Cents] = mapped_column(server_default="0")
    row_hash: Mapped[bytes]
    reason: Mapped[str | None]
    review: Mapped[str | None]
    created_at: Mapped[Moment]
    issued_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    paid_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class InvoiceLine(Base):
    """One line; of a one-off charge or credit it names that, which no second line can."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        one_of("kind", LINE_KINDS),
        Index(
            "uq_invoice_line_one_off",
            "one_off_id",
            unique=True,
            postgresql_where=text("one_off_id IS NOT NULL"),
        ),
    )

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    description: Mapped[str]
    amount_cents: Mapped[Cents]
    one_off_id: Mapped[UUID | None] = mapped_column(ForeignKey("one_off.id"))


class InvoiceSeries(Base):
    """The counter that makes invoice numbers without gaps; locked by the issuing transaction."""

    __tablename__ = "invoice_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)


class LedgerEntry(Base):
    """One side of a posting; the entries of one `posting_id` sum to zero (debit positive).

    Rows are only ever inserted; `cause` and `cause_id` say what they follow from.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        one_of("account", LEDGER_ACCOUNTS),
        one_of("cause", LEDGER_CAUSES),
        CheckConstraint("amount_cents <> 0", name="amount_cents"),
        Index("uq_ledger_entry_cause", "cause", "cause_id", "account", unique=True),
        Index("ix_ledger_entry_posting", "posting_id"),
        Index("ix_ledger_entry_invoice", "invoice_id"),
    )

    id: Mapped[Id]
    posting_id: Mapped[UUID]
    posted_at: Mapped[Moment]
    account: Mapped[str]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    cause: Mapped[str]
    cause_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
