"""A few people and their tickets, to be found."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from psycopg.types.json import Jsonb
from sqlalchemy import func, select

from api.sysops.search.indexing import LOCK, index_some
from tests.databases import Databases
from tests.world import furnish

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)

_CUSTOMER = """
INSERT INTO customer (id, version, full_name, email, phone, addresses, updated_at)
VALUES (uuidv7(), 1, %s, %s, %s, %s, now()) RETURNING id
"""
_TICKET = """
INSERT INTO ticket (customer_id, contract_id, contact_name, contact_phone, line1, city, state, zip,
    latitude, longitude, time_zone, ticket_type, description, priority, channel, status, version,
    preferred_windows, resolution, submitted_at, sla_due_at, updated_at)
SELECT id, id, coalesce(%(contact_name)s, full_name), coalesce(%(contact_phone)s, phone),
    addresses -> 0 ->> 'line1', addresses -> 0 ->> 'city', addresses -> 0 ->> 'state',
    addresses -> 0 ->> 'zip', 30, -97, 'America/Chicago', %(ticket_type)s, %(description)s,
    %(priority)s, %(channel)s, %(status)s, 1, '[]', %(resolution)s, %(submitted_at)s,
    %(submitted_at)s + interval '2 days', %(submitted_at)s
FROM customer WHERE id = %(customer_id)s RETURNING id, number
"""


@dataclass(frozen=True)
class Ticket:
    id: UUID
    number: int


def add_customer(databases: Databases, name: str, email: str, phone: str, *address: str) -> UUID:
    """`address` is line 1, city, state and ZIP code."""
    place = dict(zip(("line1", "city", "state", "zip"), address, strict=True))
    rows = databases.rows("sysops", _CUSTOMER, name, email, phone, Jsonb([place]))
    return UUID(str(rows[0][0]))


def add_ticket(databases: Databases, customer_id: UUID, description: str, **values: Any) -> Ticket:
    """An open laptop ticket of the web, unless `values` say otherwise."""
    usual = {
        "contact_name": None,
        "contact_phone": None,
        "ticket_type": "laptop-repair",
        "priority": "normal",
        "channel": "web",
        "status": "open",
        "resolution": None,
        "submitted_at": NOON,
    }
    with databases.connect("sysops") as connection:
        given = {**usual, **values, "customer_id": customer_id, "description": description}
        row = connection.execute(_TICKET, given).fetchone()
    assert row is not None
    return Ticket(*row)


async def index_all(databases: Databases) -> None:
    """What the API process does a second later, or is doing just now."""
    async with databases.sessions("sysops", "sysops_api") as sessions:
        while True:
            async with sessions.begin() as session:
                await session.execute(select(func.pg_advisory_xact_lock(LOCK)))
                if not await index_some(session):
                    return


@dataclass(frozen=True)
class People:
    ada: UUID
    jose: UUID
    will: UUID


def add_people(databases: Databases) -> People:
    furnish(databases)
    return People(
        add_customer(
            databases, "Ada Lovelace", "ada.lovelace@example.com", "+15125550123",
            "12 Congress Ave", "Austin", "TX", "78701",
        ),
        add_customer(
            databases, "José Muñoz-Hernández", "office@garage-munoz.example", "+13055550199",
            "37-12 82nd Street", "Jackson Heights", "NY", "11372",
        ),
        add_customer(
            databases, "Will An", "w.an+home@example.org", "+442079460018",
            "5 The Vale", "Seattle", "WA", "98101",
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """Somebody of the staff at the search field."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(f"/sysops/{path}", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def numbers(self, text: str | None = None, **query: Any) -> list[int]:
        """The numbers of the tickets on the first page."""
        asked = query if text is None else {"text": text, **query}
        return [one["number"] for one in (await self.get("tickets", **asked))["items"]]

    async def names(self, text: str) -> list[str]:
        """The names of the customers that are found."""
        return [one["full_name"] for one in await self.get("customers", text=text)]
