"""Experts: what they can do, where and when they work, and when they are booked."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment
from api.sysops.base import Base
from api.sysops.experts.days import MOST_VISITS_A_DAY


class Expert(Base):
    """The field profile of a member of staff with the role expert.

    Coordinates in degrees (WGS 84), radius in kilometres. `silences` counts proposals
    left unanswered since the last answer, the last of them at `last_silent_at`: they lower the
    expert's rank for a while.
    """

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint("radius_km BETWEEN 1 AND 500", name="radius_km"),
        CheckConstraint("most_visits_a_day > 0", name="most_visits_a_day"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    zip: Mapped[str]
    state: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str]
    radius_km: Mapped[int]
    most_visits_a_day: Mapped[int] = mapped_column(server_default=str(MOST_VISITS_A_DAY))
    active: Mapped[bool] = mapped_column(server_default="true")
    silences: Mapped[int] = mapped_column(server_default="0")
    last_silent_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[Moment]


class ExpertSkill(Base):
    """A certified skill; it counts until and including `certified_until`."""

    __tablename__ = "expert_skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"),)

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(ForeignKey("skill.code"), primary_key=True, index=True)
    level: Mapped[int]
    certified_until: Mapped[date]


class Shift(Base):
    """Weekly working hours in the expert's own time zone; weekday 1 is Monday (ISO 8601)."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[time] = mapped_column(primary_key=True)
    ends_at: Mapped[time]


class TimeOff(Base):
    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="not_empty"),
        Index("ix_time_off_expert_during", "expert_id", "during", postgresql_using="gist"),
    )

    id: Mapped[Id]
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str]


class Booking(Base):
    """An expert's promised time: live bookings only, history is in `assignment`.

    The primary key is temporal (`WITHOUT OVERLAPS`), so the database itself refuses to
    book an expert twice. SQLAlchemy has no word for it; the migration writes it.
    """

    __tablename__ = "booking"
    __table_args__ = (
        PrimaryKeyConstraint("expert_id", "during"),
        CheckConstraint("NOT isempty(during)", name="not_empty"),
    )

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), unique=True)
