"""Reference data that administrators keep: skills, ticket types, surveys, support plans."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Cents, Moment, one_of
from api.sysops.base import Base


class Skill(Base):
    __tablename__ = "skill"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class DeviceType(Base):
    __tablename__ = "device_type"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class SurveyTemplate(Base):
    """What customers are asked after a visit; `questions` are `api.messages.Question`, in order."""

    __tablename__ = "survey_template"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    name: Mapped[str]
    heading: Mapped[str]
    questions: Mapped[list[Any]] = mapped_column(JSONB)


class TicketType(Base):
    """A kind of work on one device type. Its duration must fit one arrival window (120 min).

    Without a `survey_template` of its own, the default one asks.
    """

    __tablename__ = "ticket_type"
    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 15 AND 120", name="duration_minutes"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    name: Mapped[str]
    device_type: Mapped[str] = mapped_column(ForeignKey("device_type.code"))
    duration_minutes: Mapped[int]
    survey_template: Mapped[str | None] = mapped_column(ForeignKey("survey_template.code"))
    active: Mapped[bool] = mapped_column(server_default="true")


class RequiredSkill(Base):
    """A skill, and its least level (1 to 5), that a ticket type needs."""

    __tablename__ = "required_skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"),)

    ticket_type: Mapped[str] = mapped_column(ForeignKey("ticket_type.code"), primary_key=True)
    skill: Mapped[str] = mapped_column(ForeignKey("skill.code"), primary_key=True)
    level: Mapped[int]


class SupportPlan(Base):
    """What customers buy. `price_cents` is per `interval`; `sla_hours` until resolution."""

    __tablename__ = "support_plan"
    __table_args__ = (
        one_of("interval", ("month", "year")),
        CheckConstraint("price_cents >= 0", name="price_cents"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    name: Mapped[str]
    price_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(server_default="USD")
    interval: Mapped[str]
    sla_hours: Mapped[int]
    device_types: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    active: Mapped[bool] = mapped_column(server_default="true")


class FormerPlan(Base):
    """A version of a plan that another followed at `until`: what it was, as it was."""

    __tablename__ = "former_plan"

    code: Mapped[str] = mapped_column(ForeignKey("support_plan.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[Cents]
    currency: Mapped[str]
    interval: Mapped[str]
    sla_hours: Mapped[int]
    device_types: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    active: Mapped[bool]
    until: Mapped[Moment]
