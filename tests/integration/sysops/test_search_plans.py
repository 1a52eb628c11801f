"""No search reads a growing table from end to end, at the size of a nation.

The plans are made for statistics as of 10^7 tickets: those of a few thousand generated ones, in
tables that are said to be that large.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.customers import service as customers
from api.sysops.search import bulk
from api.sysops.search.filters import Filters
from api.sysops.search.indexing import index_some
from api.sysops.search.shown import rows
from api.sysops.search.tickets import Search
from api.sysops.search.typed import take_apart
from tests.databases import Databases
from tests.world import add_expert, furnish

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SOMEBODY = UUID(int=7)
GROWING = {
    "ticket", "ticket_index", "customer", "customer_index", "search_word", "search_code",
    "assignment", "entitlement",
}  # fmt: skip
INDEXES = {
    "ix_ticket_index_document", "ix_ticket_index_newest", "ix_customer_index_document",
    "ix_search_word_near", "ix_search_code_part", "ix_ticket_status", "ix_ticket_due",
    "ix_ticket_customer", "ix_assignment_expert",
}  # fmt: skip
FILL = """
INSERT INTO customer (id, version, full_name, email, phone, addresses, updated_at)
SELECT uuidv7(), 1, 'Ada N' || translate(n::text, '0123456789', 'abcdefghij'),
    n || '@example.com', '+1212' || 1000000 + n,
    jsonb_build_array(jsonb_build_object('line1', n || ' Congress Ave', 'city', 'Austin',
        'state', 'TX', 'zip', 10000 + mod(n, 800))), now()
FROM generate_series(1, 3000) AS n;
INSERT INTO entitlement (contract_id, customer_id) SELECT id, id FROM customer;
INSERT INTO ticket (customer_id, contract_id, contact_name, contact_phone, line1, city, state, zip,
    latitude, longitude, time_zone, ticket_type, description, priority, channel, status, version,
    preferred_windows, submitted_at, sla_due_at, updated_at)
SELECT id, id, full_name, phone, '1 Congress Ave', 'Austin',
    (ARRAY['TX', 'CA', 'WY'])[mod(n, 3) + 1], '78701', 30, -97, 'America/Chicago', 'laptop-repair',
    'It smokes, says case ' || n || CASE mod(n, 5) WHEN 0 THEN ' gasket' ELSE ' flange' END,
    (ARRAY['urgent', 'high', 'normal', 'low'])[mod(n, 4) + 1], 'web',
    CASE WHEN n > 2990 THEN 'open' WHEN n > 2950 THEN 'resolved' WHEN mod(n, 20) = 0
        THEN 'cancelled' ELSE 'closed' END,
    1, '[]', timestamptz '2026-03-31' - (3000 - n) * interval '6 hours',
    timestamptz '2026-04-02' - (3000 - n) * interval '6 hours', now()
FROM (SELECT *, row_number() OVER () AS n FROM customer) AS one;
INSERT INTO assignment (ticket_id, expert_id, during, status, travel_km, cost, proposed_at,
    answer_by)
SELECT id, (SELECT id FROM expert), '[2026-04-02,2026-04-03)',
    CASE status WHEN 'open' THEN 'proposed' ELSE 'completed' END, 1, 1, now(), now()
FROM ticket WHERE mod(number, 10) = 0 OR status = 'open';
"""
SIZE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text,
    'relpages', relpages, 'reltuples', (reltuples * 3000)::real)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
"""
SEARCHES: list[tuple[str | None, Filters]] = [
    ("100005", Filters()),
    ("0123 78701", Filters()),
    ("(212) 100-0123", Filters()),
    ("7@example.com", Filters()),
    ("12@exam smokes", Filters()),
    ("nbcd congress austin", Filters()),
    ("smokse", Filters()),
    ("gasket flange", Filters()),
    ("smokes", Filters(statuses=["closed", "cancelled"], states=["WY"])),
    ("flange", Filters(overdue=True)),
    ("flange", Filters(expert_id=SOMEBODY)),
    ("flange", Filters(customer_id=SOMEBODY, ticket_types=["laptop-repair"])),
    ("flange", Filters(since=NOW - timedelta(days=90), until=NOW - timedelta(days=60))),
    (None, Filters()),
    (None, Filters(statuses=["open"])),
    (None, Filters(statuses=["resolved", "closed"], priorities=["low"], overdue=False)),
    (None, Filters(states=["WY"], channel="web")),
    (None, Filters(overdue=True)),
    (None, Filters(expert_id=SOMEBODY)),
    (None, Filters(customer_id=SOMEBODY)),
    (None, Filters(ticket_types=["tv-repair"], since=NOW - timedelta(days=400))),
]
CHANGE = """
UPDATE customer SET phone = '+19995550123' WHERE phone = '+12121000123';
UPDATE ticket SET resolution = 'A new gasket.' WHERE number = (SELECT max(number) FROM ticket);
"""
CALLERS = ["0123", "ada n", "ada nb", "nbc", "adda nbcd", "100123@exam", "10007 congress"]


@pytest.fixture
def nation(databases: Databases) -> Databases:
    furnish(databases)
    add_expert(databases)
    for statement in (*bulk.BEFORE, FILL, *bulk.AFTER):
        databases.execute("sysops", statement)
    databases.execute("sysops", "VACUUM ANALYZE")
    databases.rows("sysops", SIZE, sorted(GROWING))
    return databases


async def test_a_search_reads_growing_tables_by_their_indexes_alone(nation: Databases) -> None:
    asked: list[tuple[str, Any]] = []
    plans: list[tuple[str, dict[str, Any]]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not statement.startswith("EXPLAIN"):
            asked.append((statement, parameters))

    async with nation.sessions("sysops", "sysops_api") as sessions:
        event.listen(sessions.kw["bind"].sync_engine, "before_cursor_execute", note)
        for text, filters in SEARCHES:
            async with sessions() as session:
                search = Search(session, filters, 20, NOW)
                found = await (
                    search.found(take_apart(text), None) if text else search.listed(None)
                )
                await rows(session, found.ids, found.meaning.terms)
                plans += await _plans(session, asked)
        for caller in CALLERS:
            async with sessions() as session:
                met = await customers.find(session, take_apart(caller))
                await customers.entitlements_of(session, [one.id for one in met.customers])
                plans += await _plans(session, asked)
        nation.execute("sysops", CHANGE)
        async with sessions() as session:
            assert await index_some(session) == 2
            plans += await _plans(session, asked)
    wrong = [f"{it}: {statement}" for statement, plan in plans for it in _problems(plan)]
    assert wrong == []
    assert {name for _, plan in plans for name in _indexes(plan)} >= INDEXES


async def _plans(
    session: AsyncSession, asked: list[tuple[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """How each statement is done, under the settings that the search left behind."""
    connection = await session.connection()
    found: list[tuple[str, dict[str, Any]]] = []
    for statement, parameters in asked[:]:
        answer = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        found.append((f"{statement} {parameters}", answer.scalar_one()[0]["Plan"]))
    asked.clear()
    return found


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in node:
        yield node["Index Name"]
    for part in node.get("Plans", []):
        yield from _indexes(part)


def _problems(node: dict[str, Any], parent: str = "") -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name")
    if table in GROWING:
        if kind == "Seq Scan":
            yield f"{table} is read from end to end"
        # In the order of an index it may be read without a condition, as far as a limit goes.
        limited = parent == "Limit" and "Filter" not in node
        if "Index" in kind and "Index Cond" not in node and not limited:
            yield f"the whole of an index of {table} is read"
    for part in node.get("Plans", []):
        yield from _problems(part, kind)


def test_a_bad_plan_is_known_for_one() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "ticket"}
    whole: dict[str, Any] = {"Node Type": "Index Only Scan", "Relation Name": "customer"}
    picky = {"Node Type": "Limit", "Plans": [{**whole, "Filter": "word ~~ '%a'"}]}
    assert len(list(_problems({"Node Type": "Sort", "Plans": [scan, whole, picky]}))) == 3
    assert list(_problems({"Node Type": "Limit", "Plans": [whole]})) == []
