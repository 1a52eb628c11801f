"""What billing tells a customer: invoices and their state."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Cents, Moment, one_of


class Statement(Base):
    """An invoice as the customer sees it; `id` is billing's invoice id."""

    __tablename__ = "statement"
    __table_args__ = (
        one_of("status", ("issued", "paid", "declined", "void")),
        Index("ix_statement_account", "account_id", text("issued_at DESC")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    contract_id: Mapped[UUID]
    number: Mapped[str]
    version: Mapped[int]
    status: Mapped[str]
    period_start: Mapped[date]
    period_end: Mapped[date]
    total_cents: Mapped[Cents]
    currency: Mapped[str]
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    issued_at: Mapped[Moment]
    reason: Mapped[str | None]
