"""The vault's keys: made once, wrapped in the database, unwrapped in the processes that may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.vault.crypto import DataKey, FingerprintKey, KeyWrapper, WrongKey, new_key
from api.billing.vault.tables import VaultKey

CARD = "card"
FINGERPRINT = "fingerprint"
FINGERPRINT_VERSION = 0
# Any number will do, as long as nobody else locks it.
_MAKING_KEYS = 7_302_001
_ENCRYPTING = 7_302_005


class NoKeys(Exception):
    """The vault was never given keys: `ensure_keys` makes them, with the role card_rotate."""


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """The open keys; new numbers go under `current`."""

    by_version: Mapping[int, DataKey]
    current: DataKey
    fingerprint: FingerprintKey

    def version(self, version: int | None) -> DataKey:
        """Raises WrongKey when there is no such key."""
        key = self.by_version.get(version) if version is not None else None
        if key is None:
            raise WrongKey(f"There is no key of version {version}.")
        return key


async def load_keys(session: AsyncSession, kek: KeyWrapper) -> VaultKeys:
    """All keys of the vault; raises NoKeys, and WrongKey for another key-encryption key."""
    rows = (await session.scalars(select(VaultKey))).all()
    return _opened(rows, kek)


async def load_keys_to_encrypt(session: AsyncSession, kek: KeyWrapper) -> VaultKeys:
    """The same, for who locks a card away: none is retired until the transaction ends."""
    lock = text("SELECT pg_advisory_xact_lock_shared(:lock)")
    await session.execute(lock, {"lock": _ENCRYPTING})
    return await load_keys(session, kek)


async def nobody_encrypts(session: AsyncSession) -> None:
    """Wait for who is locking cards away, and let nobody begin until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ENCRYPTING})


async def ensure_keys(session: AsyncSession, kek: KeyWrapper, now: datetime) -> VaultKeys:
    """The keys, made now if there are none. Needs the role card_rotate or the owner's."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MAKING_KEYS})
    if (await session.scalars(select(VaultKey.version))).first() is None:
        session.add_all(new_keys(kek, now))
        await session.flush()
    return await load_keys(session, kek)


async def rewrap(session: AsyncSession, kek: KeyWrapper) -> int:
    """Wrap every key anew, under the key that wraps now; returns how many. No card is opened.

    Needs the role card_rotate. Raises WrongKey for a key that does not open, and changes none.
    """
    query = select(VaultKey).order_by(VaultKey.version).with_for_update()
    rows = (await session.scalars(query)).all()
    for row in rows:
        label = _label(row.version, row.purpose)
        row.wrapped_key = kek.wrap(kek.unwrap(row.wrapped_key, label), label)
    await session.flush()
    return len(rows)


def new_keys(kek: KeyWrapper, now: datetime) -> list[VaultKey]:
    """The rows of a vault's first keys."""
    return [_made(kek, FINGERPRINT_VERSION, FINGERPRINT, now), card_key(kek, 1, now)]


def card_key(kek: KeyWrapper, version: int, now: datetime) -> VaultKey:
    """A new version of the key that encrypts numbers."""
    return _made(kek, version, CARD, now)


def _made(kek: KeyWrapper, version: int, purpose: str, now: datetime) -> VaultKey:
    wrapped = kek.wrap(new_key(), _label(version, purpose))
    return VaultKey(version=version, purpose=purpose, wrapped_key=wrapped, created_at=now)


def _opened(rows: Iterable[VaultKey], kek: KeyWrapper) -> VaultKeys:
    cards: dict[int, DataKey] = {}
    usable: list[DataKey] = []
    fingerprint: FingerprintKey | None = None
    for row in rows:
        key = kek.unwrap(row.wrapped_key, _label(row.version, row.purpose))
        if row.purpose == FINGERPRINT:
            fingerprint = FingerprintKey(key)
            continue
        cards[row.version] = DataKey(row.version, key)
        if row.retired_at is None:
            usable.append(cards[row.version])
    if fingerprint is None or not usable:
        raise NoKeys("The vault has no keys yet.")
    return VaultKeys(cards, max(usable, key=lambda key: key.version), fingerprint)


def _label(version: int, purpose: str) -> str:
    return f"vault key {version} ({purpose})"
