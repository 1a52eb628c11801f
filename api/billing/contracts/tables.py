"""Billing's copy of what customers agreed to, and what is charged for it."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Moment, one_of

SUPPORT_PLAN: Final = "support_plan"
"""The product class by which support plans are taxed."""


class Plan(Base):
    """A support plan's price per `interval`, as sysops published it."""

    __tablename__ = "plan"
    __table_args__ = (one_of("interval", ("month", "year")),)

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    price_cents: Mapped[Cents]
    currency: Mapped[str]
    interval: Mapped[str]
    active: Mapped[bool]


class FormerPrice(Base):
    """What a plan cost before the day `until`, on which another price came into force."""

    __tablename__ = "former_price"

    plan_code: Mapped[str] = mapped_column(ForeignKey("plan.code"), primary_key=True)
    until: Mapped[date] = mapped_column(primary_key=True)
    price_cents: Mapped[Cents]


class Contract(Base):
    """A contract as the customer quantum told it; `standing` is billing's own (dunning).

    It runs from `starts_on` to `ends_on`, the last day included. While `held_since` is set
    nothing is billed, charged or reminded. `billing_version` counts what the customer quantum
    is told of that and of the tax rate.
    """

    __tablename__ = "contract"
    __table_args__ = (
        one_of("status", ("active", "cancelled")),
        one_of("standing", ("good", "suspended")),
        Index("ix_contract_customer", "customer_id"),
        Index("ix_contract_span", "starts_on", "ends_on"),
        Index("ix_contract_updated", "updated_at"),
        Index("ix_contract_held", "held_since", postgresql_where=text("held_since IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    plan_code: Mapped[str]
    status: Mapped[str]
    version: Mapped[int]
    standing: Mapped[str] = mapped_column(server_default="good")
    standing_version: Mapped[int] = mapped_column(server_default="0")
    held_since: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    billing_version: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str]
    zip: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    updated_at: Mapped[Moment]


class TaxRate(Base):
    """Sales tax by state and product class from a day on, in millionths (7.25 % = 72500)."""

    __tablename__ = "tax_rate"
    __table_args__ = (CheckConstraint("rate_millionths >= 0", name="rate_millionths"),)

    state: Mapped[str] = mapped_column(primary_key=True)
    product_class: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    rate_millionths: Mapped[int]
