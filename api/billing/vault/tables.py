"""The vault: card numbers under lock, and the log of every opening."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import Mapped, mapped_column

from api.billing.base import Base
from api.kernel.database import Moment, one_of


class VaultKey(Base):
    """A data key (AES-256), wrapped by the key-encryption key that is not in the database."""

    __tablename__ = "vault_key"

    version: Mapped[int] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    created_at: Mapped[Moment]
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class VaultCard(Base):
    """A card number under AES-256-GCM; its associated data are the customer and card ids.

    `fingerprint` is a keyed hash (HMAC-SHA-256) of the number, to find duplicates.
    A destroyed card keeps its row without ciphertext.
    """

    __tablename__ = "vault_card"
    __table_args__ = (
        one_of("status", ("active", "removed", "destroyed")),
        Index("ix_vault_card_customer", "customer_id"),
        Index("ix_vault_card_fingerprint", "customer_id", "fingerprint"),
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


class VaultAccess(Base):
    """One opening of a batch of cards: who, why, which; `hash` chains it to the one before."""

    __tablename__ = "vault_access"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[Moment]
    actor: Mapped[str]
    purpose: Mapped[str]
    card_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PGUUID))
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes] = mapped_column(unique=True)
