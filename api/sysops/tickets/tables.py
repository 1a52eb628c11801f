"""Tickets, the events that made them what they are, and who was sent."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.messages import Priority, TicketStatus
from api.sysops.base import Base
from api.sysops.tickets.rules import Action, Escalation, Outcome

STATUSES = (
    "submitted", "open", "escalated", "assigned", "accepted", "in_progress", "resolved",
    "closed", "cancelled",
)  # fmt: skip


class Customer(Base):
    """The customer directory, as the customer quantum told it."""

    __tablename__ = "customer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    full_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    addresses: Mapped[list[Any]] = mapped_column(JSONB)
    updated_at: Mapped[Moment]


class Entitlement(Base):
    """What a contract entitles to; a visit needs an active one in good standing.

    One that a change of plan has `replaced_by` another entitles to no new ticket, but those that
    were opened under it are served. `out_of_force_since` is None while visits may be planned; a
    visit that was proposed before stands.
    """

    __tablename__ = "entitlement"
    __table_args__ = (
        one_of("status", ("active", "cancelled")),
        one_of("standing", ("good", "suspended")),
        Index("ix_entitlement_customer", "customer_id"),
    )

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None]
    plan_code: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="active")
    version: Mapped[int] = mapped_column(server_default="0")
    standing: Mapped[str] = mapped_column(server_default="good")
    standing_version: Mapped[int] = mapped_column(server_default="0")
    replaced_by: Mapped[UUID | None]
    out_of_force_since: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class Ticket(Base):
    """One ticket; `service.decide` alone says its next `status`, `version` counts with it.

    Absences count visits for nothing: nobody was at home, the expert did not come. No visit is
    planned before `earliest_visit_at`.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("status", STATUSES),
        one_of("priority", ("urgent", "high", "normal", "low")),
        one_of("channel", ("web", "phone")),
        # The cost of every operational query follows open work, never history.
        Index(
            "ix_ticket_to_assign",
            "submitted_at",
            postgresql_where=text("status IN ('open', 'escalated')"),
        ),
        Index(
            "ix_ticket_live",
            "updated_at",
            postgresql_where=text("status NOT IN ('closed', 'cancelled')"),
        ),
        # What the conservation check reads beside the live: each ticket enters it once.
        Index(
            "ix_ticket_ended",
            "updated_at",
            postgresql_where=text("status IN ('closed', 'cancelled')"),
        ),
        Index("ix_ticket_customer", "customer_id", text("submitted_at DESC")),
        # What the helpdesk lists: the newest in one of some states.
        Index("ix_ticket_status", "status", "submitted_at", "id"),
        Index(
            "ix_ticket_due",
            "sla_due_at",
            postgresql_where=text("status NOT IN ('resolved', 'closed', 'cancelled')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=100_001), unique=True)
    customer_id: Mapped[UUID]
    contract_id: Mapped[UUID]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    line1: Mapped[str]
    line2: Mapped[str | None]
    city: Mapped[str]
    state: Mapped[str]
    zip: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str]
    ticket_type: Mapped[str] = mapped_column(ForeignKey("ticket_type.code"))
    description: Mapped[str]
    priority: Mapped[Priority] = mapped_column(String)
    channel: Mapped[str]
    status: Mapped[TicketStatus] = mapped_column(String)
    version: Mapped[int]
    preferred_windows: Mapped[list[Any]] = mapped_column(JSONB)
    resolution: Mapped[str | None]
    customer_absences: Mapped[int] = mapped_column(server_default="0")
    expert_absences: Mapped[int] = mapped_column(server_default="0")
    earliest_visit_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    submitted_at: Mapped[Moment]
    sla_due_at: Mapped[Moment]
    resolved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[Moment]


class TicketEvent(Base):
    """One action on one ticket; `actor_id` is None for the platform itself.

    `action` is None where it was not kept yet; `escalation` says why a ticket was escalated.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (
        UniqueConstraint("ticket_id", "version"),
        one_of("actor", ("customer", "expert", "helpdesk", "manager", "administrator", "system")),
        one_of("to_status", STATUSES),
        one_of("action", get_args(Action)),
        one_of("escalation", get_args(Escalation)),
    )

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    version: Mapped[int]
    at: Mapped[Moment]
    actor: Mapped[str]
    actor_id: Mapped[UUID | None]
    from_status: Mapped[str | None]
    to_status: Mapped[TicketStatus] = mapped_column(String)
    action: Mapped[Action | None] = mapped_column(String)
    reason: Mapped[str | None]
    assignment_id: Mapped[UUID | None]
    escalation: Mapped[Escalation | None] = mapped_column(String)


class Assignment(Base):
    """An expert proposed for a ticket in an arrival window, and what became of it.

    `travel_km` is from the expert's home, by road factor. At most one is active a ticket.
    `outcome` codes how it ended; None while it stands, and where it was not kept yet.

    `source` says whether a run chose it or a person, `assigned_by`, whose `cost` is 0: it was not
    weighed. Nothing automatic takes a `pinned` one back, unless its expert cannot come at all.
    `override` has the `codes` of the hard rules that were waived for it, and the `reason`.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("status", ("proposed", "accepted", "rejected", "expired", "withdrawn", "completed")),
        one_of("outcome", get_args(Outcome)),
        one_of("source", ("run", "manual")),
        Index(
            "uq_assignment_active",
            "ticket_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'accepted')"),
        ),
        Index("ix_assignment_expert", "expert_id", "ticket_id"),
        Index(
            "ix_assignment_proposed",
            "proposed_at",
            postgresql_where=text("status = 'proposed'"),
        ),
        # The proposals of some months, among those of all years: they came in this order.
        Index("ix_assignment_proposed_at", "proposed_at", postgresql_using="brin"),
        # What was done of late still counts in the expert's day.
        Index(
            "ix_assignment_completed",
            "completed_at",
            postgresql_where=text("status = 'completed'"),
        ),
        # An expert's past visits, page by page.
        Index(
            "ix_assignment_past",
            "expert_id",
            text("completed_at DESC"),
            text("id DESC"),
            postgresql_where=text("status = 'completed'"),
        ),
    )

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignment_run.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    status: Mapped[str]
    travel_km: Mapped[float]
    cost: Mapped[int] = mapped_column(BigInteger)
    proposed_at: Mapped[Moment]
    answer_by: Mapped[Moment]
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    set_out_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    outcome: Mapped[Outcome | None] = mapped_column(String)
    reason: Mapped[str | None]
    source: Mapped[str] = mapped_column(server_default="run")
    assigned_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    pinned: Mapped[bool] = mapped_column(server_default="false")
    override: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class UnreachedCustomer(Base):
    """A notification about a ticket that reached its customer by no channel.

    `kind` and `code` are the customer quantum's and its provider's words.
    """

    __tablename__ = "unreached_customer"

    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str]
    code: Mapped[str]
    at: Mapped[Moment]


class Exclusion(Base):
    """This expert is not proposed for this ticket again."""

    __tablename__ = "exclusion"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    reason: Mapped[str]
    created_at: Mapped[Moment]
