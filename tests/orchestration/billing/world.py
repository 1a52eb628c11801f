"""A small billing world in a real database: plans, contracts, cards, a month to bill."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.calendar import Period
from api.billing.invoices.rules import Finding
from api.billing.vault.service import NewCard, encrypt_many
from api.kernel.messages import decode_envelope
from api.kernel.outside.payments import CardNumber, PaymentProvider
from orchestration.billing.approving import decide
from orchestration.billing.charging import Progress
from orchestration.billing.checking import check
from orchestration.billing.collecting import Collector
from orchestration.billing.drafting import Drafted, draft
from orchestration.billing.issuing import Issued, issue
from orchestration.billing.settings import BillingSettings
from tests.databases import Databases
from tests.integration.billing.support import KEK, KEK_TEXT, make_keys

OCTOBER = Period(date(2026, 10, 1))
NOW = datetime(2026, 11, 1, 11, tzinfo=UTC)
GOOD = "4242424242424242"
Sessions = async_sessionmaker[AsyncSession]


@dataclass
class World:
    """Acts as the billing job and its neighbours do; `now` moves by hand."""

    databases: Databases
    now: datetime = NOW
    kek: str = KEK_TEXT
    settings: BillingSettings = field(init=False)
    _opened: dict[str, Sessions] = field(default_factory=dict)
    _closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.settings = BillingSettings(
            billing_url=SecretStr(self.databases.url("billing", "biller")),
            billing_charge_url=SecretStr(self.databases.url("billing", "card_charge")),
        )

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.databases.rows("billing", query, *parameters)

    def value(self, query: str, *parameters: Any) -> Any:
        return self.rows(query, *parameters)[0][0]

    def execute(self, statement: str, *parameters: Any) -> None:
        self.databases.execute("billing", statement, *parameters)

    @asynccontextmanager
    async def as_role(self, role: str) -> AsyncIterator[Sessions]:
        """Sessions of a role; its connections stay open until the test ends."""
        if role not in self._opened:
            opening = self.databases.sessions("billing", role)
            self._opened[role] = await self._closing.enter_async_context(opening)
        yield self._opened[role]

    async def close(self) -> None:
        await self._closing.aclose()

    # what is there to bill

    def plan(self, code: str = "basic", price_cents: int = 1999, interval: str = "month") -> None:
        self.execute(
            "INSERT INTO plan (code, version, name, price_cents, currency, interval, active)"
            " VALUES (%s, 1, %s, %s, 'USD', %s, true)",
            code,
            f"Plan {code}",
            price_cents,
            interval,
        )

    def contract(
        self,
        plan: str = "basic",
        starts_on: date = date(2025, 1, 10),
        ends_on: date | None = None,
        *,
        state: str = "NY",
        customer_id: UUID | None = None,
        standing: str = "good",
    ) -> UUID:
        contract_id = uuid4()
        self.execute(
            "INSERT INTO contract (id, customer_id, plan_code, status, version, standing, state,"
            " zip, starts_on, ends_on, updated_at)"
            " VALUES (%s, %s, %s, %s, 1, %s, %s, '10001', %s, %s, %s)",
            contract_id,
            customer_id or uuid4(),
            plan,
            "cancelled" if ends_on else "active",
            standing,
            state,
            starts_on,
            ends_on,
            self.now,
        )
        return contract_id

    def previous_run(self, invoices: int, total_cents: int, period: Period = OCTOBER) -> None:
        """Last month's run, finished; without it a run always waits for finance."""
        self.execute(
            "INSERT INTO billing_run (period, status, invoices, total_cents, created_at,"
            " updated_at) VALUES (%s, 'finished', %s, %s, %s, %s)",
            period.previous.first,
            invoices,
            total_cents,
            self.now,
            self.now,
        )

    async def card(
        self, contract_id: UUID, number: str = GOOD, *, exp_year: int = 2099, days: int = -30
    ) -> UUID:
        """A card of the contract's customer, in the vault since `days` from now."""
        keys = await make_keys(self.databases)
        card = NewCard(
            card_id=uuid4(),
            customer_id=self.value("SELECT customer_id FROM contract WHERE id = %s", contract_id),
            number=CardNumber(number),
            brand="visa",
            exp_month=12,
            exp_year=exp_year,
        )
        (row,) = encrypt_many(keys, [card])
        at = self.now + timedelta(days=days)
        names = ", ".join(row.__slots__)
        self.execute(
            f"INSERT INTO vault_card ({names}, status, created_at, updated_at)"
            f" VALUES ({', '.join(['%s'] * len(row.__slots__))}, 'active', %s, %s)",
            *(getattr(row, name) for name in row.__slots__),
            at,
            at,
        )
        return card.card_id

    # the steps of a run

    async def draft(self, period: Period = OCTOBER) -> Drafted:
        async with self.as_role("biller") as sessions, sessions.begin() as session:
            return await draft(session, period, self.now)

    async def check(self, period: Period = OCTOBER) -> dict[str, Finding]:
        async with self.as_role("biller") as sessions, sessions.begin() as session:
            found = await check(session, period, self.settings, self.now)
        return {finding.name: finding for finding in found}

    async def decide(self, period: Period = OCTOBER) -> str:
        async with self.as_role("biller") as sessions, sessions.begin() as session:
            return await decide(session, period, self.now)

    async def issue(self, period: Period = OCTOBER, portion: int = 5000) -> Issued:
        async with self.as_role("biller") as sessions:
            return await issue(sessions, period, self.now, portion)

    async def bill(self, period: Period = OCTOBER) -> Issued:
        """Draft, check, decide and issue."""
        await self.draft(period)
        await self.check(period)
        await self.decide(period)
        return await self.issue(period)

    # the charge step

    def collector(
        self,
        sessions: Sessions,
        provider: PaymentProvider,
        concurrency: int = 4,
        *,
        paused: bool = False,
    ) -> Collector:
        return Collector(
            sessions, provider, KEK, lambda: self.now, concurrency=concurrency, paused=paused
        )

    async def charge(self, provider: PaymentProvider, period: Period = OCTOBER) -> Progress:
        """Charge a month's issued invoices."""
        async with self.as_role("card_charge") as sessions:
            return (await self.collector(sessions, provider).charge_run(period))[1]

    async def follow_up(self, provider: PaymentProvider, *, days: float = 0) -> Progress:
        """Let time pass, then ask about what is open and try again what is due."""
        self.now += timedelta(days=days)
        async with self.as_role("card_charge") as sessions:
            return await self.collector(sessions, provider).follow_up()

    # what came of it

    def sent(self, target: str, channel: str) -> list[dict[str, Any]]:
        """The bodies of the messages waiting for `target`, in order."""
        rows = self.rows(
            f"SELECT payload FROM to_{target}.pgqueuer WHERE entrypoint = %s ORDER BY id", channel
        )
        return [msgspec.json.decode(decode_envelope(bytes(row[0])).body) for row in rows]

    def balance(self) -> dict[str, int]:
        """The sum of each account; all together are zero if the books are right."""
        rows = self.rows("SELECT account, sum(amount_cents)::bigint FROM ledger_entry GROUP BY 1")
        return {account: amount for account, amount in rows if amount}

    def fingerprint(self) -> dict[str, int]:
        """Changes whenever any row of any table is written."""
        tables = self.rows(
            "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema'"
        )
        return {
            table: self.value(
                f"SELECT coalesce(sum(hashtext(t.xmin::text || t.ctid::text)), 0) FROM {table} t"
            )
            for (table,) in tables
        }
