"""What the customer quantum knows of a card: never its number."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Id, Moment, one_of


class Card(Base):
    """A stored card: `sent` until the vault has answered, then `stored` or `refused`.

    When this one is stored, the card that it `replaces_id` is given up.
    """

    __tablename__ = "card"
    __table_args__ = (
        one_of("status", ("sent", "stored", "refused", "removed")),
        Index("ix_card_account", "account_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("card.id"))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class CardChoice(Base):
    """The card that the customer wants charged; without one it is the newest."""

    __tablename__ = "card_choice"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("card.id"))
    version: Mapped[int]
