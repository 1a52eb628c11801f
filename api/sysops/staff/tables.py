"""Staff accounts and their roles, and what guards the way into them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.kernel.sign_in.tables import (
    IdentityColumns,
    RefreshTokenColumns,
    SignInAttemptColumns,
    SignInFailureColumns,
)
from api.sysops.base import Base


class Staff(Base):
    """A member of staff; an inactive one cannot sign in and is sent nowhere.

    Without a password hash nobody has set a password yet. A token that was issued before
    `tokens_valid_from` is worth nothing here any more.
    """

    __tablename__ = "staff"
    __table_args__ = (Index("uq_staff_email_lower", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    full_name: Mapped[str]
    phone: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    active: Mapped[bool] = mapped_column(server_default="true")
    tokens_valid_from: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class PasswordLink(Base):
    """The one way to set a password; a newer link takes the place of the older.

    The token is made when the mail is sent and is kept as a hash alone; its time runs from
    then. Who has used a link has none.
    """

    __tablename__ = "password_link"
    __table_args__ = (one_of("kind", ("invitation", "password_reset")),)

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    kind: Mapped[str]
    created_at: Mapped[Moment]
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class RefreshToken(RefreshTokenColumns, Base):
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)


class SignInFailure(SignInFailureColumns, Base):
    pass


class SignInAttempt(SignInAttemptColumns, Base):
    pass


class StaffIdentity(IdentityColumns, Base):
    """One at each provider: another person who got the same e-mail address is not let in."""

    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("staff_id", "issuer"),
    )

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
