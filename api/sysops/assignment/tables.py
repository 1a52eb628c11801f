"""Policies of assignment, and which of them was in use since when."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Json, Moment
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
