"""A customer with a whole history in all four databases, and what is written of a person there."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.billing.invoices.announce import announce
from api.customer.cards import service as cards
from api.customer.cards.fields import CardNumber
from api.customer.contracts import service as contracts
from api.customer.data_requests import service as requests
from api.customer.data_requests.rules import COOL_DOWN, Kind
from api.kernel import personal
from api.messages import SurveyAnswered
from orchestration.personal_data.erasing import Eraser
from orchestration.personal_data.settings import Database, Sessions
from tests.databases import Databases
from tests.integration.billing.support import BOX, GOOD_NUMBER, intake, make_keys
from tests.messaging import deliver, send
from tests.orchestration.reconciliation.world import World

DATABASES: tuple[Database, ...] = ("customer", "sysops", "billing", "analytics")
CANARY = "canary"
EMAIL = "ada@example.com"
# The last mail goes to the one, and the other goes with quiet hours.
SHAPED = ("email", "time_zone")
TEXT_COLUMNS = """
SELECT a.attname FROM pg_attribute a WHERE a.attrelid = to_regclass(%s)
AND a.attnum > 0 AND a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND a.attname = ANY(%s)
"""


@dataclass
class History:
    """A customer who had a contract, tickets by web and phone, a card, photos, bills, a survey."""

    world: World
    photo_id: UUID

    @property
    def databases(self) -> Databases:
        return self.world.databases

    @property
    def customer_id(self) -> UUID:
        return self.world.home.customer_id

    @classmethod
    async def make(cls, databases: Databases) -> "History":
        await make_keys(databases)
        world = await World.make(databases)
        databases.url("analytics")
        ticket_id = await world.submit()
        photo_id = await world.photograph(ticket_id)
        history = cls(world, photo_id)
        await history.add_card()
        await world.carry()
        visit_id = await world.propose(ticket_id)
        await world.accept(visit_id)
        await world.carry()
        await world.resolve(visit_id)
        await world.take_by_phone()
        await world.bill()
        await history._end_well()
        await history.carry()
        history.mailed()
        return history

    async def add_card(self) -> UUID:
        sealer = cards.CardSealer(BOX.public_key)
        async with self.world.acting("customer", "customer_api") as session:
            card = await cards.add(
                session,
                sealer,
                self.customer_id,
                number=CardNumber.parse(GOOD_NUMBER),
                exp_month=12,
                exp_year=2035,
                now=datetime.now(UTC),
            )
            return card.id

    async def carry(self) -> None:
        """Let every message arrive but mails and text messages."""
        await self.world.carry()
        while (
            await deliver(self.databases, "customer", "billing", nullcontext(intake()))
            + await deliver(self.databases, "billing", "sysops")
            + await deliver(self.databases, "customer", "analytics")
        ):
            await self.world.carry()

    def mailed(self) -> None:
        """The notifications have left, whatever they were."""
        for database, target in (("customer", "customer"), ("sysops", "sysops")):
            self.databases.execute(database, f"DELETE FROM to_{target}.pgqueuer")
            self.databases.execute(
                database,
                "UPDATE notification SET status = 'sent', sent_at = now() WHERE status = 'queued'",
            )

    async def file(self, kind: Kind = "erasure", *, early: timedelta = COOL_DOWN) -> UUID:
        """A request of the customer's that was filed so `early` that it is due now."""
        async with self.world.acting("customer", "customer_api") as session:
            now = datetime.now(UTC) - early
            request = await requests.file(session, self.customer_id, kind, now)
            return request.id

    def request(self) -> dict[str, Any]:
        """The newest data request, as the database has it."""
        query = "SELECT to_jsonb(it) FROM data_request it ORDER BY asked_at DESC LIMIT 1"
        found = self.databases.rows("customer", query)
        return dict(found[0][0]) if found else {}

    def mark(self) -> None:
        """Write a canary into every text that is the customer's own to lose."""
        for database, name, table in erasable():
            found = personal.rows_of(personal.load(database), name)
            columns = self.databases.rows(database, TEXT_COLUMNS, name, list(table.blank))
            condition = found.condition.replace("CAST(:customer AS uuid)", f"'{self.customer_id}'")
            for (column,) in columns:
                if column not in SHAPED:
                    self.databases.execute(
                        database, f"UPDATE {name} SET {column} = '{CANARY} {column}'"
                        f" WHERE {condition}"
                    )  # fmt: skip

    def traces(self, *wanted: str) -> set[str]:
        """Tables of all databases, queues among them, in which one of these texts is found."""
        found = set()
        for database in DATABASES:
            tables = self.databases.rows(
                database,
                "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname NOT LIKE 'pg\\_%%' AND schemaname <> 'information_schema'",
            )
            for (table,) in tables:
                rows = str(self.databases.rows(database, f"SELECT * FROM {table}"))
                if any(it in rows for it in wanted):
                    found.add(f"{database}.{table.removeprefix('public.')}")
        return found

    def books(self) -> dict[str, list[tuple[Any, ...]]]:
        """What accounting must keep."""
        tables = ("invoice", "invoice_line", "ledger_entry", "payment", "contract", "credit_note")
        return {
            name: self.databases.rows("billing", f"SELECT to_jsonb(it) - 'row_xid' FROM {name} it")
            for name in tables
        }

    async def _end_well(self) -> None:
        """Everything is paid, resolved, answered and cancelled."""
        now = datetime.now(UTC)
        self.databases.execute("billing", "UPDATE invoice SET status = 'paid', version = 2")
        self.databases.execute(
            "billing",
            "INSERT INTO billing_run (period, status, created_at, updated_at)"
            " VALUES (date_trunc('month', now()), 'finished', now(), now())",
        )
        ((invoice_id,),) = self.databases.rows("billing", "SELECT id FROM invoice")
        async with self.world.acting("billing", "biller") as session:
            await announce(session, [invoice_id], now)
        async with self.world.acting("customer", "customer_api") as session:
            await contracts.cancel(session, self.customer_id, self.world.home.contract_id, now)
        await self.carry()
        self.databases.execute(
            "customer", "UPDATE survey SET comment = 'fine', score = 5, answered_at = now()"
        )
        ((survey_id, ticket_id),) = self.databases.rows(
            "customer", "SELECT id, ticket_id FROM survey"
        )
        await send(
            self.databases,
            SurveyAnswered(
                survey_id=survey_id,
                ticket_id=ticket_id,
                score=5,
                would_recommend=9,
                has_comment=True,
                answered_at=now,
            ),
        )
        await self._cancel_the_call()

    async def _cancel_the_call(self) -> None:
        from api.customer.tickets.service import ask

        ((called,),) = self.databases.rows(
            "customer", "SELECT id FROM ticket WHERE channel = 'phone'"
        )
        async with self.world.acting("customer", "customer_api") as session:
            now = datetime.now(UTC)
            await ask(session, self.customer_id, called, "cancel", now, reason="It works again.")


def erasable() -> Iterator[tuple[Database, str, personal.Table]]:
    for database in DATABASES:
        for name, table in personal.load(database).tables.items():
            if table.blank:
                yield database, name, table


@asynccontextmanager
async def logged_in(databases: Databases, role: str) -> AsyncIterator[Sessions]:
    """Sessions of one role in every database, as the job has them."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(databases.sessions(name, role))
            for name in DATABASES
        }


@asynccontextmanager
async def eraser(databases: Databases) -> AsyncIterator[Eraser]:
    async with (
        logged_in(databases, "eraser") as sessions,
        databases.sessions("billing", "card_destroy") as vault,
    ):
        yield Eraser(sessions, vault)


async def run(history: History, minutes: float = 0) -> dict[str, Any]:
    """One run of the erasing job, so long from now; returns the request as it is then."""
    async with eraser(history.databases) as it:
        await it.run(datetime.now(UTC) + timedelta(minutes=minutes))
    return history.request()


async def begin(history: History) -> None:
    """Everything is marked, the account is closed, and word of that has arrived."""
    history.mark()
    await history.file()
    history.mailed()
    await run(history)
    await history.carry()


async def finish(history: History) -> dict[str, Any]:
    """The rest of an erasure that was begun, with everything on time."""
    await run(history, 16)
    history.mailed()
    return await run(history, 17)
