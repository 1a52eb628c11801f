"""Customers who are billed again for a month whose run is issued."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Id, Moment


class Rerun(Base):
    """That somebody asked for it, and what came of it: at most one open a run and customer.

    `asked_by` is the id of one of the staff, or the name of what asked in the job runner.
    `drafted` counts the invoices that were made, `parked` how many of them wait as outliers.
    """

    __tablename__ = "rerun"
    __table_args__ = (
        Index("ix_rerun_customer", "customer_id"),
        Index("ix_rerun_run", "run_id", text("asked_at DESC")),
        Index(
            "uq_rerun_open",
            "run_id",
            "customer_id",
            unique=True,
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("billing_run.id"))
    customer_id: Mapped[UUID]
    asked_by: Mapped[str]
    reason: Mapped[str]
    asked_at: Mapped[Moment]
    done_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    drafted: Mapped[int | None]
    parked: Mapped[int | None]
