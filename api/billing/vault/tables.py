"""The vault: card numbers under lock, and the log of every opening."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Moment, one_of


class VaultKey(Base):
    """A 256-bit key, wrapped by the key-encryption key that is not in the database.

    Keys of purpose `card` encrypt numbers, the newest that is not retired the new ones. The one
    of purpose `fingerprint` never changes: under another no duplicate would be found.
    """

    __tablename__ = "vault_key"
    __table_args__ = (
        one_of("purpose", ("card", "fingerprint")),
        Index(
            "uq_vault_key_fingerprint",
            "purpose",
            unique=True,
            postgresql_where=text("purpose = 'fingerprint'"),
        ),
    )

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str]
    wrapped_key: Mapped[bytes]
    created_at: Mapped[Moment]
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class VaultCard(Base):
    """A card number under AES-256-GCM; its associated data are the customer and card ids.

    `fingerprint` is a keyed hash (HMAC-SHA-256) of the number, to find duplicates.
    A destroyed card keeps its row without ciphertext. The same number with the same expiry is
    active once a customer; the database refuses a second.
    """

    __tablename__ = "vault_card"
    __table_args__ = (
        one_of("status", ("active", "removed", "destroyed")),
        Index("ix_vault_card_customer", "customer_id"),
        CheckConstraint("(ciphertext IS NULL) = (status = 'destroyed')", name="ciphertext"),
        Index(
            "uq_vault_card_active",
            "customer_id",
            "fingerprint",
            "exp_year",
            "exp_month",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_vault_card_key_version", "key_version"),
    )

    card_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    key_version: Mapped[int | None] = mapped_column(ForeignKey("vault_key.version"))
    nonce: Mapped[bytes | None]
    ciphertext: Mapped[bytes | None]
    fingerprint: Mapped[bytes]
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    status: Mapped[str]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class DefaultCard(Base):
    """The card that a customer wants charged; without one it is the newest."""

    __tablename__ = "default_card"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID]
    version: Mapped[int]


class VaultAccess(Base):
    """One opening of a batch of cards: who, why, which; `hash` chains it to the one before.

    No two links can follow the same one: the chain has no fork.
    """

    __tablename__ = "vault_access"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[Moment]
    actor: Mapped[str]
    purpose: Mapped[str]
    card_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PGUUID))
    previous_hash: Mapped[bytes] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(unique=True)
