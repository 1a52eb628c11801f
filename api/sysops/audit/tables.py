"""The audit log: who did what to whom, kept for those who have to answer for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment
from api.sysops.base import Base


class AuditEntry(Base):
    """One administrative act. The API's role may add rows and read them, and nothing else.

    `before` and `after` hold what changed, without secrets; None stands for "was not there"
    and "is not there any more".
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "at"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
    )

    id: Mapped[Id]
    at: Mapped[Moment]
    actor_id: Mapped[UUID]
    actor_roles: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    # SQL NULL, not JSON's null: "was not there" is no value.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
