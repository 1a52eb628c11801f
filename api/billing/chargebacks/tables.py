"""Charges that customers dispute at their banks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Id, Moment, one_of


class Chargeback(Base):
    """Money of a payment that the customer's bank took back, as the provider tells it.

    While it is `open` or `lost` the amount stands on the account chargeback; `won` it is cash
    again, `written_off` it was given up.
    """

    __tablename__ = "chargeback"
    __table_args__ = (
        one_of("status", ("open", "won", "lost", "written_off")),
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        Index("ix_chargeback_invoice", "invoice_id"),
        Index("ix_chargeback_customer", "customer_id"),
        Index("ix_chargeback_opened", "opened_at", "id"),
    )

    id: Mapped[Id]
    provider_reference: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"))
    customer_id: Mapped[UUID]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    answer_by: Mapped[Moment]
    opened_at: Mapped[Moment]
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
