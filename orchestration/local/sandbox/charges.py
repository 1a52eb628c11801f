"""The provider's own books: charges and refunds, each with one effect a key."""

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from orchestration.local.sandbox.cards import Decline
from orchestration.local.sandbox.clock import from_us, now_us

CHARGES = (
    "SELECT charge.*, (SELECT coalesce(sum(amount), 0) FROM refund"
    " WHERE charge_id = charge.id) AS refunded FROM charge"
)
REFUNDS = "SELECT id, charge_id, amount, idempotency_key, created_at FROM refund"
RANGE = (
    "WHERE created_at >= ? AND created_at < ? AND (created_at, id) > (?, ?)"
    " ORDER BY created_at, id LIMIT ?"
)


class KeyReused(Exception):
    """The key had been used with another body."""


class NoSuchCharge(Exception):
    """No charge has this id."""


class NotRefundable(Exception):
    """The charge was declined, or less than the amount is left of it."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge as the provider tells it; `amount` and `refunded` are cents."""

    id: str
    status: Literal["approved", "declined"]
    code: str | None
    message: str | None
    amount: int
    refunded: int
    currency: str
    reference: str
    idempotency_key: str
    brand: str
    last4: str
    created_at: datetime


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the provider tells it; `amount` is cents."""

    id: str
    charge_id: str
    amount: int
    idempotency_key: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCharge:
    """A charge to be recorded: no card number, only what may be kept of it.

    `body` is what a repeat must have in common; it is kept as a keyed fingerprint.
    """

    idempotency_key: str
    body: bytes
    amount: int
    currency: str
    reference: str
    brand: str
    last4: str
    decline: Decline | None


class Place(NamedTuple):
    """A position in a list by time: (microseconds, id) of the last one seen."""

    created_us: int
    id: str


def record(connection: sqlite3.Connection, new: NewCharge) -> Charge:
    """The charge under this key, made now if the key is new.

    Raises:
        KeyReused: the key belongs to a charge with another body.
    """
    if charge := recorded(connection, new.idempotency_key, new.body):
        return charge
    connection.execute(
        "INSERT INTO charge (id, idempotency_key, fingerprint, created_at, status, code, message,"
        " amount, currency, reference, brand, last4) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"ch_{secrets.token_hex(12)}",
            new.idempotency_key,
            _fingerprint(connection, new.body),
            now_us(),
            "declined" if new.decline else "approved",
            new.decline.code if new.decline else None,
            new.decline.message if new.decline else None,
            new.amount,
            new.currency,
            new.reference,
            new.brand,
            new.last4,
        ),
    )
    charge = find_by_key(connection, new.idempotency_key)
    assert charge is not None  # noqa: S101 - inserted above, in this transaction
    return charge


def recorded(connection: sqlite3.Connection, key: str, body: bytes) -> Charge | None:
    """The charge under this key, None when there is none yet.

    Raises:
        KeyReused: the key belongs to a charge with another body.
    """
    row = connection.execute(
        "SELECT fingerprint FROM charge WHERE idempotency_key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    if not hmac.compare_digest(row["fingerprint"], _fingerprint(connection, body)):
        raise KeyReused
    return find_by_key(connection, key)


def find_by_key(connection: sqlite3.Connection, key: str) -> Charge | None:
    row = connection.execute(f"{CHARGES} WHERE idempotency_key = ?", (key,)).fetchone()
    return _charge(row) if row else None


def between(
    connection: sqlite3.Connection, since_us: int, until_us: int, after: Place, limit: int
) -> list[Charge]:
    """Charges created in [since, until), oldest first, beginning after a place."""
    rows = connection.execute(
        f"{CHARGES} {RANGE}", (since_us, until_us, after.created_us, after.id, limit)
    )
    return [_charge(row) for row in rows]


def latest(connection: sqlite3.Connection, limit: int) -> list[Charge]:
    """Newest first."""
    rows = connection.execute(f"{CHARGES} ORDER BY created_at DESC, id DESC LIMIT ?", (limit,))
    return [_charge(row) for row in rows]


def refund(connection: sqlite3.Connection, charge_id: str, key: str, amount: int) -> Refund:
    """The refund under this key, made now if the key is new.

    Raises:
        KeyReused: the key belongs to a refund of another charge or amount.
        NoSuchCharge: there is no charge with this id.
        NotRefundable: declined, or less than `amount` cents is left.
    """
    made = find_refund(connection, key)
    if made is not None:
        if (made.charge_id, made.amount) != (charge_id, amount):
            raise KeyReused
        return made
    row = connection.execute(f"{CHARGES} WHERE id = ?", (charge_id,)).fetchone()
    if row is None:
        raise NoSuchCharge
    charge = _charge(row)
    if charge.status == "declined" or amount > charge.amount - charge.refunded:
        raise NotRefundable
    new = Refund(
        id=f"re_{secrets.token_hex(12)}",
        charge_id=charge_id,
        amount=amount,
        idempotency_key=key,
        created_at=from_us(created_us := now_us()),
    )
    connection.execute(
        "INSERT INTO refund (id, charge_id, idempotency_key, created_at, amount)"
        " VALUES (?, ?, ?, ?, ?)",
        (new.id, charge_id, key, created_us, amount),
    )
    return new


def find_refund(connection: sqlite3.Connection, key: str) -> Refund | None:
    row = connection.execute(f"{REFUNDS} WHERE idempotency_key = ?", (key,)).fetchone()
    return _refund(row) if row else None


def refunds_between(
    connection: sqlite3.Connection, since_us: int, until_us: int, after: Place, limit: int
) -> list[Refund]:
    """Refunds created in [since, until), oldest first, beginning after a place."""
    rows = connection.execute(
        f"{REFUNDS} {RANGE}", (since_us, until_us, after.created_us, after.id, limit)
    )
    return [_refund(row) for row in rows]


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(**{**dict(row), "created_at": from_us(row["created_at"])})


def _charge(row: sqlite3.Row) -> Charge:
    fields = {name: row[name] for name in Charge.__struct_fields__}
    return Charge(**{**fields, "created_at": from_us(row["created_at"])})


def _fingerprint(connection: sqlite3.Connection, body: bytes) -> bytes:
    """Keyed, because a bare hash of a card number can be undone by trying them all."""
    row = connection.execute("SELECT value FROM secret WHERE name = 'fingerprint'").fetchone()
    return hmac.digest(row["value"], body, hashlib.sha256)
