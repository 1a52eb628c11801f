"""What billing tells a customer: invoices and their state."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Cents, Moment, one_of

STATUSES = ("issued", "paid", "declined", "credited", "written_off", "void")


class Statement(Base):
    """An invoice as the customer sees it; `id` is billing's invoice id.

    `due_cents` is what is still to pay; `settlements` is what was done about it, as billing told.
    """

    __tablename__ = "statement"
    __table_args__ = (
        one_of("status", STATUSES),
        Index("ix_statement_account", "account_id", text("issued_at DESC")),
        Index("ix_statement_contract", "contract_id", "period_end"),
        Index(
            "ix_statement_owed",
            "account_id",
            postgresql_where=text("status IN ('issued', 'declined')"),
        ),
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
    due_cents: Mapped[Cents] = mapped_column(server_default="0")
    settlements: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    next_try_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class Credit(Base):
    """Credit that the customer's next invoices use up, as billing told it."""

    __tablename__ = "credit"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    cents: Mapped[Cents]
    currency: Mapped[str]
    version: Mapped[int]
