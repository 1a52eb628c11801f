"""What each quantum keeps of signing in, in tables of its own.

The acts are in the modules beside this one: whoever needs the tables alone loads none of them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment


class RefreshTokenColumns:
    """A token that gives new access tokens, known by its SHA-256 alone.

    A family is one signing-in: each token of it was given for the one before.
    """

    __tablename__ = "refresh_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    issued_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class SignInFailureColumns:
    """Wrong passwords for one e-mail address in a row, whether it has an account or not.

    Kept by a hash of the address: what was mistyped is nobody's business.
    """

    __tablename__ = "sign_in_failure"

    email_hash: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[Moment] = mapped_column(index=True)


class SignInAttemptColumns:
    """A sign-in that was begun at an identity provider, known by the hash of its secret."""

    __tablename__ = "sign_in_attempt"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    redirect_url: Mapped[str]
    expires_at: Mapped[Moment] = mapped_column(index=True)


class IdentityColumns:
    """Who a person is at a provider: its name for them (`subject`) is the same for ever."""

    __tablename__ = "identity"

    id: Mapped[Id]
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[Moment]
