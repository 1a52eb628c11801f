"""What customers ask about their data: a copy of it, or its end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.customer.data_requests.rules import KINDS, STATUSES, Kind, Status
from api.kernel.database import Id, Moment, one_of


class DataRequest(Base):
    """One request. It is begun at `due_at`, or when nothing of `waits_for` stands in its way.

    `asked_by` is the member of staff who filed it in the customer's name, with the `reason`.
    `parts` is how many files an export has until `expires_at`.
    """

    __tablename__ = "data_request"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("status", STATUSES),
        Index(
            "uq_data_request_open",
            "account_id",
            "kind",
            unique=True,
            postgresql_where=text("status IN ('requested', 'under_way')"),
        ),
        Index(
            "ix_data_request_due",
            "due_at",
            postgresql_where=text("status IN ('requested', 'under_way')"),
        ),
        Index("ix_data_request_account", "account_id", text("asked_at DESC"), text("id DESC")),
        Index("ix_data_request_asked", text("asked_at DESC"), text("id DESC")),
        Index("ix_data_request_expires", "expires_at", postgresql_where=text("parts > 0")),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[Kind] = mapped_column(String)
    status: Mapped[Status] = mapped_column(String)
    asked_at: Mapped[Moment]
    asked_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    give_up_credit: Mapped[bool] = mapped_column(server_default="false")
    due_at: Mapped[Moment]
    waits_for: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    done_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    parts: Mapped[int] = mapped_column(server_default="0")
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class ExportPart(Base):
    """One file of an export, numbered from 1: no query reads it but its download."""

    __tablename__ = "export_part"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("data_request.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
