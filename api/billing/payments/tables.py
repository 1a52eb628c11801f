"""Charges at the payment provider, alerts and dunning."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Id, Moment, one_of


class Payment(Base):
    """One attempt to charge an invoice; committed as `intent` before the provider is called.

    `unknown` means that the provider may or may not have charged: it is asked by
    `idempotency_key`, and nothing else is tried meanwhile.
    """

    __tablename__ = "payment"
    __table_args__ = (
        one_of("status", ("intent", "approved", "declined", "unknown")),
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        UniqueConstraint("invoice_id", "attempt"),
        Index(
            "uq_payment_undecided",
            "invoice_id",
            unique=True,
            postgresql_where=text("status IN ('intent', 'unknown')"),
        ),
        Index(
            "uq_payment_approved",
            "invoice_id",
            unique=True,
            postgresql_where=text("status = 'approved'"),
        ),
        Index("ix_payment_created", "created_at"),
    )

    id: Mapped[Id]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    attempt: Mapped[int]
    customer_id: Mapped[UUID]
    card_id: Mapped[UUID]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    status: Mapped[str]
    provider_reference: Mapped[str | None]
    decline_code: Mapped[str | None]
    created_at: Mapped[Moment]
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class Alert(Base):
    """Something an administrator or finance must look at; at most one open for a cause."""

    __tablename__ = "alert"
    __table_args__ = (
        one_of("status", ("open", "closed")),
        Index(
            "uq_alert_open",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_alert_created", "created_at", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    detail: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class Dunning(Base):
    """Where an unpaid invoice stands in its schedule of reminders and retries.

    `step` counts the retries made; the schedule's days run from `started_at`. `asked_at` is
    when somebody asked for a try out of turn, until it is made.
    """

    __tablename__ = "dunning"
    __table_args__ = (
        one_of("status", ("running", "recovered", "exhausted")),
        Index("ix_dunning_due", "next_at", postgresql_where=text("status = 'running'")),
        Index("ix_dunning_asked", "asked_at", postgresql_where=text("asked_at IS NOT NULL")),
    )

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    step: Mapped[int]
    status: Mapped[str]
    started_at: Mapped[Moment]
    next_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[Moment]
    asked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
