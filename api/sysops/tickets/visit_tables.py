"""What visits leave behind beside their own rows: parts, and what staff note for one another."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.sysops.base import Base


class VisitPart(Base):
    """A spare part that a visit used, or that the visit after it has to bring."""

    __tablename__ = "visit_part"
    __table_args__ = (
        one_of("purpose", ("used", "bring")),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
    )

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    part_number: Mapped[str | None]
    quantity: Mapped[int]


class TicketNote(Base):
    """What staff tell one another of a ticket; neither its customer nor the warehouse sees it."""

    __tablename__ = "ticket_note"

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[Moment]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str]
