"""Customers: their account, service addresses and how they wish to be told things."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.accounts.rules import Purpose
from api.customer.base import Base
from api.kernel.database import Id, Moment, one_of
from api.kernel.sign_in.tables import (
    IdentityColumns,
    RefreshTokenColumns,
    SignInAttemptColumns,
    SignInFailureColumns,
)


class Account(Base):
    """A customer; the e-mail address signs in and is unique whatever its case.

    Since `closed_at` nobody signs in any more: what is left of it is being erased, or was. Who
    came through an identity provider has no password, and no telephone number until it is told;
    sysops hears of a customer once it is.
    """

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_email_lower", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    full_name: Mapped[str]
    phone: Mapped[str | None]
    email_confirmed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class Address(Base):
    """A place to be visited; coordinates in degrees (WGS 84), those of the ZIP code.

    A removed one stays: past visits were there.
    """

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
    removed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class NotificationPreference(Base):
    """How a customer is told things, and when not.

    `choices` holds what was chosen for other kinds than arrivals: a channel, or `none`.
    """

    __tablename__ = "notification_preference"
    __table_args__ = (
        one_of("arrival_channel", ("sms", "email")),
        CheckConstraint("num_nulls(quiet_from, quiet_until, time_zone) IN (0, 3)", "quiet_hours"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    arrival_channel: Mapped[str] = mapped_column(server_default="sms")
    choices: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    time_zone: Mapped[str | None]


class RefreshToken(RefreshTokenColumns, Base):
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)


class SignInFailure(SignInFailureColumns, Base):
    pass


class SignInAttempt(SignInAttemptColumns, Base):
    pass


class CustomerIdentity(IdentityColumns, Base):
    """One at each provider: another person who got the same e-mail address is not let in."""

    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("account_id", "issuer"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))


class MailedToken(Base):
    """A token that went out by mail and is good once, known by its SHA-256 alone."""

    __tablename__ = "mailed_token"
    __table_args__ = (one_of("purpose", ("confirm_email", "reset_password")),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(String)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sent_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
