"""What finance does about invoices: credit notes, refunds, and the history of every act."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Id, Moment, one_of


class ActKind(StrEnum):
    """What a person can do about an account."""

    RETRY = "retry"
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"
    HOLD = "hold"
    RELEASE = "release"
    CLOSE_ALERT = "close_alert"
    RELEASE_OUTLIER = "release_outlier"
    VOID_OUTLIER = "void_outlier"
    ONE_OFF = "one_off"
    WITHDRAW_ONE_OFF = "withdraw_one_off"
    RERUN = "rerun"


class CreditNote(Base):
    """Revenue and tax of an invoice taken back; `tax_cents` is part of `amount_cents`.

    It lowers what is owed on the invoice itself, is credit for the customer's next ones, or goes
    back with a refund.
    """

    __tablename__ = "credit_note"
    __table_args__ = (
        one_of("applies_to", ("invoice", "next_invoice", "refund")),
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        CheckConstraint("tax_cents BETWEEN 0 AND amount_cents", name="tax_cents"),
        Index("ix_credit_note_invoice", "invoice_id"),
        Index("ix_credit_note_created", "created_at"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    customer_id: Mapped[UUID]
    amount_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    currency: Mapped[str]
    applies_to: Mapped[str]
    created_at: Mapped[Moment]


class Refund(Base):
    """Money on its way back to the card it came from.

    Committed as `intent` before the provider is asked. `unknown` means that the provider may or
    may not have done it: it is asked by `idempotency_key`, and repeated under the same key.
    """

    __tablename__ = "refund"
    __table_args__ = (
        one_of("status", ("intent", "unknown", "refunded", "refused")),
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        Index("ix_refund_invoice", "invoice_id"),
        Index("ix_refund_customer", "customer_id"),
        Index("ix_refund_decided", "decided_at"),
        Index("ix_refund_open", "id", postgresql_where=text("status IN ('intent', 'unknown')")),
    )

    id: Mapped[Id]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    customer_id: Mapped[UUID]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    provider_reference: Mapped[str | None]
    refusal: Mapped[str | None]
    created_at: Mapped[Moment]
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class CreditBalance(Base):
    """Credit that a customer's next invoices use up; never less than nothing.

    The ledger's credit account is this and what refunds under way have reserved.
    """

    __tablename__ = "credit_balance"
    __table_args__ = (
        CheckConstraint("cents >= 0", name="cents"),
        Index("ix_credit_balance_updated", "updated_at"),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    cents: Mapped[Cents]
    version: Mapped[int]
    updated_at: Mapped[Moment]


class FinanceAct(Base):
    """One act of a person: who, when, on what, why. Rows are only ever inserted.

    `subject_id` is what the act made or closed: a refund, a credit note, an alert.
    """

    __tablename__ = "finance_act"
    __table_args__ = (
        one_of("act", ActKind),
        Index("ix_finance_act_at", text("at DESC"), text("id DESC")),
        Index("ix_finance_act_customer", "customer_id", text("at DESC")),
        Index("ix_finance_act_invoice", "invoice_id"),
        Index("ix_finance_act_contract", "contract_id"),
    )

    id: Mapped[Id]
    at: Mapped[Moment]
    actor_id: Mapped[UUID]
    act: Mapped[str]
    customer_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    invoice_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    amount_cents: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str]
