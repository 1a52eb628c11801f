"""Customers: their account, service addresses and how they wish to be told things."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Id, Moment, one_of


class Account(Base):
    """A customer; the e-mail address signs in and is unique whatever its case."""

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_email_lower", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    full_name: Mapped[str]
    phone: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class Address(Base):
    """A place to be visited; coordinates in degrees (WGS 84), those of the ZIP code."""

    __tablename__ = "address"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    line1: Mapped[str]
    line2: Mapped[str | None]
    city: Mapped[str]
    state: Mapped[str]
    zip: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str]
    created_at: Mapped[Moment]


class NotificationPreference(Base):
    """How a customer is told that an expert is arriving. Invoices and surveys go by e-mail."""

    __tablename__ = "notification_preference"
    __table_args__ = (one_of("arrival_channel", ("sms", "email")),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    arrival_channel: Mapped[str] = mapped_column(server_default="sms")
