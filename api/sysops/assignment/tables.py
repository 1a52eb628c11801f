"""Policies of assignment, what runs decided by them, and how they compare on past days."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Json, Moment, one_of
from api.sysops.base import Base


class AssignmentPolicy(Base):
    """One version of a policy: `settings` is the whole `api.sysops.assignment.policy.Policy`.

    Runs refer to versions, so a row never changes and never goes. `note` says why it was made,
    `created_by` is None for the platform.
    """

    __tablename__ = "assignment_policy"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    version: Mapped[int]
    settings: Mapped[Json]
    note: Mapped[str]
    created_at: Mapped[Moment]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))


class AssignmentPolicyUse(Base):
    """From when on a policy was in use, until the next row; the newest row says which one is.

    `used_by` is None for the platform. Ids of the database grow, also when clocks do not agree.
    """

    __tablename__ = "assignment_policy_use"

    id: Mapped[Id]
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_policy.id"))
    since: Mapped[Moment]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))


class AssignmentRun(Base):
    """One run of the assignment job and the evidence it keeps; counts are of rows.

    The hashes name its input and all that it decided. `proven` says whether the certificate held,
    `evidence` holds it, with who was served and the terms of the objective; `seconds` by phase.

    `seen` is the database's snapshot from which on it read, and `holidays` those that it knew: what
    came later is news.
    """

    __tablename__ = "assignment_run"
    __table_args__ = (one_of("status", ("running", "finished", "failed")),)

    id: Mapped[Id]
    started_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    as_of: Mapped[Moment]
    status: Mapped[str]
    policy: Mapped[str]
    tickets: Mapped[int] = mapped_column(server_default="0")
    windows: Mapped[int] = mapped_column(server_default="0")
    edges: Mapped[int] = mapped_column(server_default="0")
    assigned: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    objective: Mapped[int | None] = mapped_column(BigInteger)
    snapshot_hash: Mapped[str | None]
    decisions_hash: Mapped[str | None]
    proven: Mapped[bool | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    seconds: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    seen: Mapped[str | None] = mapped_column(server_default=text("(pg_current_snapshot())::text"))
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date), server_default="{}")


class AssignmentDecision(Base):
    """What one run decided for one ticket, and why; `removed` counts experts per rule.

    `during` and `travel_km` (by road) are of the visit that was proposed, `terms` what its cost is
    made of; `alternatives` are other experts, and at least how much more each would have cost.
    """

    __tablename__ = "assignment_decision"
    __table_args__ = (
        one_of("outcome", ("assigned", "unserved", "skipped")),
        Index("ix_assignment_decision_newest", "ticket_id", "run_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_run.id"), primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    outcome: Mapped[str]
    expert_id: Mapped[UUID | None] = mapped_column(ForeignKey("expert.id"))
    cost: Mapped[int | None] = mapped_column(BigInteger)
    candidates: Mapped[int]
    removed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    during: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    travel_km: Mapped[float | None]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    alternatives: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")


class PolicyBacktest(Base):
    """A past day replayed under two policies; run again, it is replaced.

    `figures` holds `api.sysops.assignment.backtest_rules.Figures` of `a` and of `b`, made of the
    same draws, which follow from `seed`; `assumptions` are what the replay took for granted.
    """

    __tablename__ = "policy_backtest"
    __table_args__ = (
        PrimaryKeyConstraint("policy_a_id", "policy_b_id", "day"),
        CheckConstraint("policy_a_id <> policy_b_id", name="two_policies"),
    )

    policy_a_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_policy.id"))
    policy_b_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_policy.id"))
    day: Mapped[date]
    figures: Mapped[Json]
    assumptions: Mapped[list[str]] = mapped_column(JSONB)
    seed: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[Moment]
