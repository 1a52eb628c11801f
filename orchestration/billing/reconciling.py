"""Our books against the provider's, both ways, a day at a time (role provider_reconciler).

Nothing is ever charged or given back here: a difference is an alert with a repair in words, and
the alert closes itself when a later comparison finds the difference gone. What the provider
decided and we do not know yet is booked by the follow-up, which asks by key. Disputes, which the
customer's bank begins and not we, are heard of in the provider's list and booked.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.chargebacks import service as chargebacks
from api.billing.payments.alerts import Cause, close_alert, open_alerts
from api.kernel.outside.payments import (
    Approved,
    ChargeOutcome,
    Declined,
    PaymentProvider,
    ProviderUnavailable,
    Refunded,
    RefundRequest,
    Unknown,
)
from orchestration.billing.reconciling_rules import (
    KINDS,
    Difference,
    Ours,
    What,
    compare_charge,
    compare_refund,
    contradicted,
    missing,
    stranger,
)

GRACE = timedelta(minutes=15)
"""What the provider decided less than this long ago may still be on its way into our books."""
SLICE = timedelta(days=1)
CHUNK = 500
MOST_ASKED = 1000
"""Booked rows a slice that are asked for one by one; more means that the list is another's."""
FIRST_ID = UUID(int=0)

_PAYMENT = """
SELECT id, customer_id, idempotency_key AS key, amount_cents, currency, status,
       provider_reference AS reference, NULL AS charge, provider_reference AS account
FROM payment
"""
_REFUND = """
SELECT r.id, r.customer_id, r.idempotency_key AS key, r.amount_cents, r.currency, r.status,
       r.provider_reference AS reference, p.provider_reference AS charge,
       p.provider_reference AS account
FROM refund r JOIN payment p ON p.id = r.payment_id
"""
_PAYMENTS = text(f"{_PAYMENT} WHERE idempotency_key = ANY(:keys)")
_REFUNDS = text(f"{_REFUND} WHERE r.idempotency_key = ANY(:keys)")
_APPROVED = text(f"""
{_PAYMENT}
WHERE status = 'approved' AND created_at >= :since AND created_at < :until AND id > :after
ORDER BY id LIMIT :page
""")
_REFUNDED = text(f"""
{_REFUND}
WHERE r.status = 'refunded' AND r.decided_at >= :since AND r.decided_at < :until AND r.id > :after
ORDER BY r.id LIMIT :page
""")
_ALERTS = text("SELECT kind, subject_id FROM alert WHERE status = 'open' AND kind = ANY(:kinds)")


class WrongBooks(Exception):
    """So much is missing at the provider that its list cannot be that of our account."""


class Listed(Protocol):
    """What charges and refunds in the provider's lists have in common."""

    @property
    def provider_ref(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...


Entry = TypeVar("Entry", bound=Listed)


@dataclass(slots=True)
class Reconciled:
    """What was compared, and what differs; `elsewhere` was charged through another account."""

    charges: int = 0
    charged_cents: int = 0
    refunds: int = 0
    refunded_cents: int = 0
    disputes: int = 0
    elsewhere: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class _Slice:
    """What is known of one slice while it is compared."""

    since: datetime
    until: datetime
    open_alerts: frozenset[tuple[str, UUID]]
    alerted: frozenset[UUID] = field(init=False)
    examined: set[UUID] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    found: list[Difference] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alerted = frozenset(subject for _, subject in self.open_alerts)

    def note(self, difference: Difference | None, *subjects: UUID) -> None:
        self.examined.update(self.alerted.intersection(subjects))
        if difference is not None:
            self.found.append(difference)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares; `other_accounts` are beginnings of references that other accounts gave."""

    sessions: async_sessionmaker[AsyncSession]
    provider: PaymentProvider
    clock: Callable[[], datetime]
    other_accounts: tuple[str, ...] = ()
    slice: timedelta = SLICE
    result: Reconciled = field(default_factory=Reconciled)

    async def run(self, since: datetime, until: datetime) -> Reconciled:
        """Compare what was made in [since, until), but for the last minutes.

        Raises:
            ProviderUnavailable: the slices before are done; go on by running again.
            ProviderError: the provider does not accept our key.
            WrongBooks: nothing of this slice was written.
        """
        until = min(until, self.clock() - GRACE)
        while since < until:
            end = min(since + self.slice, until)
            await self._compare(since, end)
            since = end
        return self.result

    async def _compare(self, since: datetime, until: datetime) -> None:
        async with self.sessions() as session:
            rows = (await session.execute(_ALERTS, {"kinds": list(KINDS)})).all()
        it = _Slice(since, until, frozenset((row.kind, row.subject_id) for row in rows))
        await self._listed_charges(it)
        await self._listed_refunds(it)
        await self._booked(it, "charge", _APPROVED)
        await self._booked(it, "refund", _REFUNDED)
        await self._save(it)
        await self._disputes(it)
        self.result.differences += it.found

    async def _listed_charges(self, it: _Slice) -> None:
        entries = self.provider.list_charges(it.since, it.until)
        async for listed in self._compared(it, entries, _PAYMENTS, compare_charge):
            if listed.status == "approved":
                self.result.charges += 1
                self.result.charged_cents += listed.amount_cents

    async def _listed_refunds(self, it: _Slice) -> None:
        entries = self.provider.list_refunds(it.since, it.until)
        async for listed in self._compared(it, entries, _REFUNDS, compare_refund):
            self.result.refunds += 1
            self.result.refunded_cents += listed.amount_cents

    async def _compared(
        self,
        it: _Slice,
        entries: AsyncIterator[Entry],
        query: TextClause,
        compare: Callable[[Entry, Ours | None], Difference | None],
    ) -> AsyncIterator[Entry]:
        """The provider's entries, each when what differs about it has been noted."""
        async for chunk in _chunks(entries):
            ours = await self._ours(query, chunk)
            for listed in chunk:
                own = ours.get(listed.idempotency_key)
                it.seen.add(listed.idempotency_key)
                it.note(compare(listed, own), *_subjects(listed, own))
                yield listed

    async def _disputes(self, it: _Slice) -> None:
        """Each in a transaction of its own; one that was taken before changes nothing."""
        async for told in self.provider.list_disputes(it.since, it.until):
            async with self.sessions.begin() as session:
                await chargebacks.take(session, told, self.clock())
            self.result.disputes += 1

    async def _ours(self, query: TextClause, chunk: Sequence[Listed]) -> dict[str, Ours]:
        async with self.sessions() as session:
            keys = [it.idempotency_key for it in chunk]
            rows = (await session.execute(query, {"keys": keys})).all()
        return {row.key: _own(row) for row in rows}

    async def _booked(self, it: _Slice, what: What, query: TextClause) -> None:
        """What we booked and the slice's list does not hold: asked for by its key, for it may
        have been made on another day than the intent.
        """
        asked, after = 0, FIRST_ID
        while True:
            place = {"since": it.since, "until": it.until, "after": after, "page": CHUNK}
            async with self.sessions() as session:
                rows = (await session.execute(query, place)).all()
            for row in rows:
                if self.other_accounts and (row.account or "").startswith(self.other_accounts):
                    self.result.elsewhere += 1
                elif row.key not in it.seen:
                    asked += 1
                    if asked > MOST_ASKED:
                        raise WrongBooks(
                            f"More than {MOST_ASKED} {what}s that we booked from {it.since} on are "
                            "not in the provider's list: is it the list of our account?"
                        )
                    own = _own(row)
                    it.note(await self._ask(what, own), own.id)
            if len(rows) < CHUNK:
                return
            after = rows[-1].id

    async def _ask(self, what: What, own: Ours) -> Difference | None:
        match await self._found(what, own):
            case Approved() | Refunded() as found:
                if found.provider_ref == own.reference:
                    return None
                return contradicted(what, own, f"it is {found.provider_ref}")
            case None | Declined():
                return missing(what, own)
            case Unknown(reason, contradicts=True):
                return contradicted(what, own, reason)
            case Unknown(reason):
                raise ProviderUnavailable(reason)

    async def _found(self, what: What, own: Ours) -> ChargeOutcome | Refunded | None:
        if what == "charge":
            return await self.provider.find(own.key, own.amount_cents, own.currency)
        return await self.provider.find_refund(
            RefundRequest(
                idempotency_key=own.key,
                provider_ref=own.charge or "",
                amount_cents=own.amount_cents,
            )
        )

    async def _save(self, it: _Slice) -> None:
        """Open what is new, close what was looked at and is gone."""
        now = self.clock()
        found = {(one.kind, one.subject_id) for one in it.found}
        gone = [one for one in it.open_alerts if one[1] in it.examined and one not in found]
        async with self.sessions.begin() as session:
            for kind in KINDS:
                causes = [
                    Cause(one.subject_id, one.detail, one.customer_id)
                    for one in it.found
                    if one.kind == kind
                ]
                await open_alerts(session, kind, causes, now)
            for kind, subject in sorted(gone):
                await close_alert(session, kind, subject, now)


def _subjects(listed: Listed, own: Ours | None) -> Iterator[UUID]:
    yield stranger(listed.provider_ref)
    if own is not None:
        yield own.id


def _own(row: Any) -> Ours:
    return Ours(**{name: getattr(row, name) for name in Ours.__slots__})


async def _chunks(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    chunk: list[Entry] = []
    async for entry in entries:
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
