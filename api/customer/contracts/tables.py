"""Support plans as sysops published them, and the contracts customers made on them."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Cents, Id, Moment, one_of


class SupportPlan(Base):
    """A copy of the catalogue's plan; a new version replaces the row."""

    __tablename__ = "support_plan"
    __table_args__ = (one_of("interval", ("month", "year")),)

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    price_cents: Mapped[Cents]
    currency: Mapped[str]
    interval: Mapped[str]
    sla_hours: Mapped[int]
    device_types: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    active: Mapped[bool]


class TicketType(Base):
    """A copy of the catalogue's ticket type: what a customer can open a ticket for."""

    __tablename__ = "ticket_type"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    device_type: Mapped[str]
    device_name: Mapped[str]
    active: Mapped[bool]
    survey_template: Mapped[str | None]


class Contract(Base):
    """A customer's support plan from its start to its end.

    `standing` is billing's word (dunning); `status` is the customer's. `version` counts
    the customer's changes, `standing_version` billing's. While billing holds the contract
    (`billing_held`) nothing is billed or charged; by `tax_rate_millionths` it is taxed, None
    until billing has told it. A change of plan ends the contract that this one `replaces_id`.
    """

    __tablename__ = "contract"
    __table_args__ = (
        one_of("status", ("active", "cancelled")),
        one_of("standing", ("good", "suspended")),
        # One running contract a plan and customer: a double click makes no second one.
        Index(
            "uq_contract_running",
            "account_id",
            "plan_code",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_contract_account", "account_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    address_id: Mapped[UUID] = mapped_column(ForeignKey("address.id"))
    plan_code: Mapped[str] = mapped_column(ForeignKey("support_plan.code"))
    status: Mapped[str]
    standing: Mapped[str] = mapped_column(server_default="good")
    standing_version: Mapped[int] = mapped_column(server_default="0")
    billing_held: Mapped[bool] = mapped_column(server_default=text("false"))
    tax_rate_millionths: Mapped[int | None]
    billing_version: Mapped[int] = mapped_column(server_default="0")
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
