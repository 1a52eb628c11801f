"""Disputed charges: what a customer's bank begins, and how it ends. Switched by hand, over HTTP,
or begun by a test card. Every change is reported to the merchant, signed, as the dispute is then.
"""

import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from litestar import post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from orchestration.local.sandbox.charges import Place
from orchestration.local.sandbox.clock import MICROSECOND, from_us, now_us
from orchestration.local.sandbox.problems import Problem
from orchestration.local.sandbox.world import World

TIME_TO_ANSWER = timedelta(days=7)
_DISPUTES = (
    "SELECT dispute.*, amount, currency, idempotency_key FROM dispute"
    " JOIN charge ON charge.id = charge_id"
)


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute as the provider tells it: always over the whole charge, `amount` cents."""

    id: str
    charge_id: str
    idempotency_key: str
    amount: int
    currency: str
    reason: str
    status: Literal["open", "won", "lost"]
    answer_by: datetime
    created_at: datetime
    changed_at: datetime


class NewDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    charge_id: str
    reason: str = "product_not_received"


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: Literal["won", "lost"]


def changed_between(
    connection: sqlite3.Connection, since_us: int, until_us: int, after: Place, limit: int
) -> list[Dispute]:
    """Disputes last changed in [since, until), oldest change first, beginning after a place."""
    rows = connection.execute(
        f"{_DISPUTES} WHERE changed_at >= ? AND changed_at < ?"
        " AND (changed_at, dispute.id) > (?, ?) ORDER BY changed_at, dispute.id LIMIT ?",
        (since_us, until_us, after.created_us, after.id, limit),
    )
    return [_dispute(row) for row in rows]


@post("/disputes", status_code=201)
async def open_dispute(world: NamedDependency[World], data: JSONBody[NewDispute]) -> Dispute:
    """The customer of a charge goes to the bank; again, it is the same dispute."""
    dispute = await world.storage.run(lambda db: begin(db, data))
    tell(world, dispute)
    return dispute


@put("/disputes/{dispute_id:str}")
async def decide_dispute(
    world: NamedDependency[World], dispute_id: FromPath[str], data: JSONBody[Decision]
) -> Dispute:
    """The bank decides."""
    dispute = await world.storage.run(lambda db: _decide(db, dispute_id, data.status))
    tell(world, dispute)
    return dispute


def tell(world: World, dispute: Dispute) -> None:
    """Begin to report it."""
    if world.settings.sandbox_dispute_url:
        world.callbacks.tell(
            world.settings.sandbox_dispute_url,
            msgspec.json.encode(dispute),
            world.settings.sandbox_dispute_seconds,
            world.faults.reports,
        )


def begin(connection: sqlite3.Connection, new: NewDispute) -> Dispute:
    """The dispute over a charge, opened now if there is none; Problem when nothing was charged."""
    charge = connection.execute(
        "SELECT status FROM charge WHERE id = ?", (new.charge_id,)
    ).fetchone()
    if charge is None or charge["status"] != "approved":
        raise Problem(404, "There is no approved charge with this id.", "no_such_charge")
    now = now_us()
    connection.execute(
        "INSERT INTO dispute (id, charge_id, reason, status, created_at, changed_at, answer_by)"
        " VALUES (?, ?, ?, 'open', ?, ?, ?) ON CONFLICT (charge_id) DO NOTHING",
        (
            f"dp_{secrets.token_hex(12)}",
            new.charge_id,
            new.reason,
            now,
            now,
            now + TIME_TO_ANSWER // MICROSECOND,
        ),
    )
    row = connection.execute(f"{_DISPUTES} WHERE charge_id = ?", (new.charge_id,)).fetchone()
    return _dispute(row)


def _decide(connection: sqlite3.Connection, dispute_id: str, status: str) -> Dispute:
    connection.execute(
        "UPDATE dispute SET status = ?, changed_at = ? WHERE id = ?",
        (status, now_us(), dispute_id),
    )
    row = connection.execute(f"{_DISPUTES} WHERE dispute.id = ?", (dispute_id,)).fetchone()
    if row is None:
        raise Problem(404, "There is no dispute with this id.", "no_such_dispute")
    return _dispute(row)


def _dispute(row: sqlite3.Row) -> Dispute:
    fields = {name: row[name] for name in Dispute.__struct_fields__}
    moments = {name: from_us(row[name]) for name in ("answer_by", "created_at", "changed_at")}
    return Dispute(**{**fields, **moments})
