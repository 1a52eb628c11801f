"""One-off charges and credits that finance enters; a month's draft takes each exactly once."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Cents, Id, Moment, one_of


class OneOffKind(StrEnum):
    """Which way the money goes: a charge is added to an invoice, a credit taken off."""

    CHARGE = "charge"
    CREDIT = "credit"


class ProductClass(StrEnum):
    """What is sold, as sales tax distinguishes it; the rates are in `tax_rate`."""

    SUPPORT_PLAN = "support_plan"
    VISIT = "visit"
    SPARE_PART = "spare_part"
    UNTAXED = "untaxed"


class OneOff(Base):
    """A charge or credit beside the plan, billed with the first month from `from_period` on.

    `amount_cents` is before tax and positive whichever way it goes. It is billed when a line of
    an invoice that is not void points at it; `withdrawn_at` ends it before.
    """

    __tablename__ = "one_off"
    __table_args__ = (
        one_of("kind", OneOffKind),
        one_of("product_class", ProductClass),
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        Index("ix_one_off_contract", "contract_id"),
        Index("ix_one_off_customer", "customer_id"),
        Index("ix_one_off_created", text("created_at DESC"), text("id DESC")),
        Index("ix_one_off_period", "from_period", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[Id]
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    description: Mapped[str]
    product_class: Mapped[str]
    from_period: Mapped[date]
    created_at: Mapped[Moment]
    withdrawn_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
