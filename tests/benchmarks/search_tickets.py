"""`squad bench search-tickets`: the helpdesk's search of tickets, beside a look by primary key.

Searches are what a caller says: a telephone number or its end, a name with and without a typo, an
address, words of the description, a number, with filters and without. A ticket that was looked for
by what it alone has must be found, or the run ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import database
from api.sysops.search import bulk
from api.sysops.search.filters import Filters
from api.sysops.search.shown import rows
from api.sysops.search.tickets import Search
from api.sysops.search.typed import take_apart
from orchestration.local.demo.constraints import find_constraints
from orchestration.local.postgres import throw_away_postgres
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates
from tests.world import add_expert, furnish

ROUNDS: Final = 3
EACH: Final = 15
"""Searches of each kind in a round."""
PAGE: Final = 20
BYTES_A_TICKET: Final = 6_000
LONGEST_MS: Final = 200
LONG_S: Final = 10
"""What takes longer is told of."""
_FILLED: Final = ("customer", "entitlement", "ticket")
_NAMES: Final = "ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Margaret','Tim','Radia']"
_FILL: Final = f"""
INSERT INTO customer (id, version, full_name, email, phone, addresses, updated_at)
SELECT uuidv7(), 1,
    ({_NAMES})[1 + n % 9] || ' '
        || initcap(translate(to_hex(n::bigint * 7919), '0123456789', 'ghijklmnop')),
    'c' || n || '@example.com', '+1212' || 2000000 + n,
    jsonb_build_array(jsonb_build_object('line1', n % 9000 || ' Congress Ave', 'city', 'Austin',
        'state', 'TX', 'zip', 10000 + n % 800)), now()
FROM generate_series(1, %s::int / 10) AS n;
INSERT INTO entitlement (contract_id, customer_id, plan_code) SELECT id, id, 'basic' FROM customer;
INSERT INTO ticket (customer_id, contract_id, contact_name, contact_phone, line1, city, state, zip,
    latitude, longitude, time_zone, ticket_type, description, priority, channel, status, version,
    preferred_windows, submitted_at, sla_due_at, updated_at)
SELECT id, id, full_name, phone, addresses -> 0 ->> 'line1', 'Austin',
    (ARRAY['TX', 'CA', 'WY'])[1 + n % 3], addresses -> 0 ->> 'zip', 30, -97, 'America/Chicago',
    'laptop-repair',
    'The laptop does not start. ' || (ARRAY['smokes', 'beeps', 'blinks', 'whines'])[1 + n % 4]
        || CASE WHEN n % 1000 = 0 THEN ' near the gasket' ELSE ' near the hinge' END,
    (ARRAY['urgent', 'high', 'normal', 'low'])[1 + n % 4], 'web',
    CASE WHEN age < 1 AND n % 50 = 0 THEN 'open' WHEN n % 20 = 0 THEN 'cancelled'
        ELSE 'closed' END,
    1, '[]', at, at + interval '2 days', at
FROM (SELECT *, row_number() OVER () AS n FROM customer) AS one, generate_series(0, 9) AS age,
    LATERAL (SELECT now() - age * interval '70 days' - n % 6000 * interval '16 minutes')
        AS moment(at);
"""
_SAMPLE: Final = """
SELECT t.id, t.number, t.contact_phone, t.contact_name, t.line1, t.zip, c.email
FROM (SELECT * FROM ticket WHERE number IN
      (SELECT 100001 + (random() * (%s - 1))::int FROM generate_series(1, %s * 4))
      LIMIT %s) t JOIN customer c ON c.id = t.customer_id
"""


@dataclass(frozen=True)
class Asked:
    """What is typed, with which filters; `meant` is found first page when nothing else can be."""

    kind: str
    typed: str | None
    filters: Filters
    meant: UUID | None = None


def run(tickets: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures among so many tickets; raises Wrong when one that is meant is not found."""
    report = Report({"name": "search-tickets", "tickets": tickets}, say)
    with throw_away_postgres(SERVER, room=tickets * BYTES_A_TICKET) as server:
        templates = Templates(server)
        databases = Databases(templates)
        fill(databases, tickets, say)
        searches = _searches(databases.rows("sysops", _SAMPLE, tickets, EACH, EACH))
        ours, bare, slowest = uvloop.run(_measured(databases, searches))
        for kind, seconds in slowest.items():
            report.add(f"slowest_ms_by_{kind}", round(1000 * seconds, 1))
        report.add("by_primary_key_p95_ms", round(1000 * sorted(bare)[ROUNDS // 2], 2))
        report.hold("p95_ms", round(1000 * sorted(ours)[ROUNDS // 2], 1), at_most=LONGEST_MS)
        databases.drop()
        templates.close()
    return report.figures


def fill(databases: Databases, tickets: int, say: Callable[[str], None]) -> None:
    """So many tickets, ten a customer, as a bulk load writes and indexes them."""
    furnish(databases)
    add_expert(databases)
    with databases.connect("sysops") as connection:
        found = find_constraints(connection, [*_FILLED, *bulk.DERIVED])
        rows = [it.replace("%s", str(tickets)) for it in _FILL.split(";\n") if it.strip()]
        statements = [
            "SET maintenance_work_mem = '1GB'", "SET session_replication_role = replica",
            *found.off, *bulk.BEFORE, *rows, *bulk.AFTER, *found.on, "VACUUM ANALYZE",
        ]  # fmt: skip
        for statement in statements:
            began = perf_counter()
            connection.execute(statement.encode())
            if (seconds := perf_counter() - began) > LONG_S:
                say(f"{' '.join(statement.split())[:70]} … {seconds:.0f} s")


def _searches(sample: Sequence[tuple[Any, ...]]) -> list[Asked]:
    found = []
    for ticket, number, phone, name, line1, code, email in sample:
        first, last = name.split(" ")
        slip = last[:-2] + last[-1] + last[-2]
        every = Filters()
        found += [
            Asked("number", str(number), every, ticket),
            Asked("telephone", phone, every),
            Asked("end_of_a_telephone", f"{last} {phone[-4:]}", every),
            Asked("name", name, every),
            Asked("typo", f"{first} {slip}", every),
            Asked("email", email, every),
            Asked("address", f"{line1} {code}", every),
            Asked("frequent_words", "laptop start smokes", every),
            Asked("rare_word", "gasket beeps", every),
            Asked("words_and_filters", "hinge", Filters(statuses=["cancelled"], states=["WY"])),
            Asked("no_words_open", None, Filters(statuses=["open"])),
            Asked("no_words_late", None, Filters(overdue=True)),
        ]
    return found


async def _measured(
    databases: Databases, searches: Sequence[Asked]
) -> tuple[list[float], list[float], dict[str, float]]:
    """The 95th percentiles of our rounds and of the yardstick's; the slowest of each kind."""
    ours: list[float] = []
    bare: list[float] = []
    slowest: dict[str, float] = {}
    url = databases.url("sysops", "sysops_api")
    keys = [row[0] for row in databases.rows("sysops", "SELECT id FROM ticket LIMIT 200")]
    async with database(url, name="benchmark", pool_size=1) as sessions:
        for _ in range(ROUNDS):
            seconds = []
            for asked in searches:
                began = perf_counter()
                async with sessions() as session:
                    shown = await _search(session, asked)
                seconds.append(perf_counter() - began)
                slowest[asked.kind] = max(seconds[-1], slowest.get(asked.kind, 0.0))
                if asked.meant is not None and asked.meant not in shown:
                    raise Wrong(f"The ticket with the number {asked.typed} is not found.")
            ours.append(quantiles(seconds, n=20)[-1])
            bare.append(await _by_key(sessions, keys))
    return ours, bare, slowest


async def _search(session: AsyncSession, asked: Asked) -> list[UUID]:
    search = Search(session, asked.filters, PAGE, datetime.now(UTC))
    found = await (search.found(take_apart(asked.typed), None) if asked.typed
                   else search.listed(None))  # fmt: skip
    shown = await rows(session, found.ids, found.meaning.terms)
    return [row.ticket.id for row in shown]


async def _by_key(sessions: Any, keys: Sequence[UUID]) -> float:
    seconds = []
    for key in keys:
        began = perf_counter()
        async with sessions() as session:
            await session.execute(text("SELECT * FROM ticket WHERE id = :id"), {"id": key})
        seconds.append(perf_counter() - began)
    return quantiles(seconds, n=20)[-1]
