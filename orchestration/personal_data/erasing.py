"""Erasures, step by step: whatever dies, the next run goes on from there to the same end.

A request waits until nothing binds the customer and us any more. Then the account is closed, and
cards and photos go the way that they always go. When no token of the customer can be good and no
message about the customer is on its way, sysops, billing and analytics are erased, each in one
transaction with its receipt; the last mail goes out; and the customer database ends it.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.vault import service as vault
from api.customer.accounts.closing import close, remove_what_is_held
from api.customer.accounts.tables import Account
from api.customer.data_requests import rules
from api.customer.data_requests.standing import standing
from api.customer.data_requests.tables import DataRequest
from api.customer.notifications.service import notify
from api.customer.notifications.tables import Notification
from api.kernel import erasure, personal
from api.kernel.auth import ACCESS_TOKEN_LIFE
from orchestration.personal_data.binding import elsewhere
from orchestration.personal_data.queues import discard_held, under_way
from orchestration.personal_data.rows import Person, erase, find
from orchestration.personal_data.settings import Database, Sessions

OTHERS: Final[tuple[Database, ...]] = ("sysops", "billing", "analytics")
OPEN: Final = ("requested", "under_way")
REMEMBERING: Final[tuple[Database, ...]] = ("sysops", "billing", "customer")
ON_THEIR_WAY: Final = "Messages about the account are on their way."
CARDS_LEFT: Final = "The vault has not destroyed the cards yet."
LAST_MAIL: Final = "The last mail is on its way."
SIGNED_IN: Final = "Whoever was signed in may be so for some minutes more."

log = structlog.get_logger()


@dataclass(frozen=True)
class Eraser:
    """Erases with the role `eraser` of each database; `vault` empties cards (`card_destroy`)."""

    sessions: Sessions
    vault: async_sessionmaker[AsyncSession]

    async def run(self, now: datetime) -> Counter[str]:
        """Take every erasure that is due as far as it goes now; returns how many are where."""
        due = select(DataRequest.id).where(
            DataRequest.kind == "erasure",
            DataRequest.status.in_(OPEN),
            DataRequest.due_at <= now,
        )
        async with self.sessions["customer"]() as session:
            ids = (await session.scalars(due.order_by(DataRequest.due_at))).all()
        done = Counter([await self.advance(it, now) for it in ids])
        if restored := await self._erase_what_was_restored(now):
            done["erased_again"] = restored
        return done

    async def _erase_what_was_restored(self, now: datetime) -> int:
        """A database restored from an older backup knows again whom the others have forgotten.

        Who has an open request in the customer database is erased by that. Returns how often
        somebody was erased from a database again.
        """
        known = {it: await self._remembered(it) for it in REMEMBERING}
        async with self.sessions["customer"]() as session:
            open_ = select(DataRequest.account_id).where(
                DataRequest.kind == "erasure", DataRequest.status.in_(OPEN)
            )
            unfinished = set(await session.scalars(open_))
        everybody = set().union(*known.values()) - unfinished
        repeated = 0
        for database in REMEMBERING:
            for customer_id in sorted(everybody - known[database]):
                await self._erase(database, await find(self.sessions, customer_id), now)
                repeated += 1
        return repeated

    async def _remembered(self, database: Database) -> set[UUID]:
        async with self.sessions[database]() as session:
            return await erasure.everybody(session)

    async def advance(self, request_id: UUID, now: datetime) -> str:
        """One erasure, with its row locked: nobody else does it meanwhile. Returns its status."""
        async with self.sessions["customer"].begin() as session:
            request = await session.get(
                DataRequest, request_id, with_for_update={"skip_locked": True}
            )
            if request is None or request.status not in OPEN:
                return "not_ours"
            # Locked before anything is looked at: no contract begins from here on.
            await session.get_one(Account, request.account_id, with_for_update=True)
            waits_for = await self._bound(session, request)
            if not waits_for and request.status == "requested":
                await close(session, request.account_id, now)
                request.status = "under_way"
            if not waits_for:
                waits_for = await self._go_on(session, request, now)
            request.waits_for = waits_for
            status = request.status
        log.info("erasure", request_id=str(request_id), status=status, waits_for=len(waits_for))
        return status

    async def _bound(self, session: AsyncSession, request: DataRequest) -> list[str]:
        found = rules.obstacles(
            await standing(session, request.account_id), give_up_credit=request.give_up_credit
        )
        return found or await elsewhere(self.sessions, request.account_id)

    async def _go_on(self, session: AsyncSession, request: DataRequest, now: datetime) -> list[str]:
        """The steps after the account is closed; returns what the next one waits for."""
        account = await session.get_one(Account, request.account_id)
        closed_at = account.closed_at or now
        await remove_what_is_held(session, account.id, now)
        if now < closed_at + ACCESS_TOKEN_LIFE:
            return [SIGNED_IN]
        await session.flush()
        person = await find(self.sessions, account.id)
        if await under_way(self.sessions, person.subjects):
            return [ON_THEIR_WAY]
        async with self.vault.begin() as opened:
            cards = await vault.destroy_all(opened, account.id, now)
        if cards is None:
            return [CARDS_LEFT]
        receipts: dict[str, Any] = {}
        for database in OTHERS:
            receipts[database] = await self._erase(database, person, now)
        receipts["billing"]["vault_card"] = {"rows": cards, "done": "destroyed"}
        if await _last_mail(session, request, receipts, now) == "queued":
            return [LAST_MAIL]
        await self._finish(session, request, person, receipts, now)
        return []

    async def _erase(self, database: Database, person: Person, now: datetime) -> dict[str, Any]:
        """One database in one transaction, with its receipt in it.

        When it was done before, what came since is erased too, and the first receipt holds.
        """
        async with self.sessions[database].begin() as session:
            if database == "analytics":
                return await erase(session, person, database)
            before = await erasure.receipt_of(session, person.id)
            held = await discard_held(session, database, person.subjects)
            receipt = await erase(session, person, database)
            if before is not None:
                return dict(before)
            if held:
                receipt["held_messages"] = {"rows": held, "done": "deleted"}
            await erasure.remember(session, person.id, _json(receipt), now)
            return receipt

    async def _finish(
        self,
        session: AsyncSession,
        request: DataRequest,
        person: Person,
        receipts: dict[str, Any],
        now: datetime,
    ) -> None:
        """The customer database, in the transaction that says it is done."""
        held = await discard_held(session, "customer", person.subjects)
        receipt = await erase(session, person, "customer")
        if held:
            receipt["held_messages"] = {"rows": held, "done": "deleted"}
        await erasure.remember(session, person.id, _json(receipt), now)
        whole = {"erased_at": now.isoformat(), "databases": {"customer": receipt} | receipts}
        digest = hashlib.sha256(_json(whole).encode()).hexdigest()
        await session.refresh(request)
        request.receipt = whole | {"sha256": digest}
        request.status, request.done_at = "done", now


async def _last_mail(
    session: AsyncSession, request: DataRequest, receipts: dict[str, Any], now: datetime
) -> str:
    """Queue the mail with the receipt, once; returns what has become of it."""
    erased, kept = _in_words(receipts)
    await notify(
        session,
        request.account_id,
        "erasure_done",
        cause=str(request.id),
        channel="email",
        context={"receipt": str(request.id), "erased": erased, "kept": kept},
        now=now,
    )
    mine = (
        Notification.account_id == request.account_id,
        Notification.kind == "erasure_done",
        Notification.cause == str(request.id),
    )
    status: str = (await session.scalars(select(Notification.status).where(*mine))).one()
    return status


def _in_words(receipts: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What the mail names: kinds of records, by what becomes of them."""
    names = {"erased": set[str](), "kept": set[str]()}
    for name, table in personal.load("customer").tables.items():
        names["kept" if table.erase == "keep" else "erased"].add(name)
    for tables in receipts.values():
        for name, entry in tables.items():
            names["kept" if entry["done"] == "kept" else "erased"].add(name)
    plain = {kind: sorted(it.replace("_", " ") for it in found) for kind, found in names.items()}
    return plain["erased"], plain["kept"]


def _json(receipt: dict[str, Any]) -> str:
    """Canonical: the same receipt has the same hash."""
    return msgspec.json.encode(receipt, order="sorted").decode()
