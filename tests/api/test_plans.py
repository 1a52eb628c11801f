"""No route reads a growing table from end to end, at the size of a nation.

Every route is called in a demo world, and what it asked of the database is explained again with
statistics as of millions of rows: those of the demo world, in tables that are said to be that
large.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import Engine, event

from api.app import create_app
from api.kernel import clock
from api.kernel.quantum import Quantum
from tests.api import served
from tests.api.belongings import add_what_staff_end, everybodys, of_customers, of_experts
from tests.api.test_ownership import OWN, TINY, Caller, call, caller, looked, staff, walked
from tests.databases import Databases
from tests.integration.demo.support import load_world

pytestmark = pytest.mark.timeout(240)
ROWS = 10_000_000
# Catalogues, staff, and visits that are still ahead: thousands of rows, in a nation too.
SMALL = {
    "customer": {"alembic_version", "support_plan", "ticket_type", "survey_template"},
    "sysops": {
        "alembic_version", "skill", "device_type", "ticket_type", "required_skill", "support_plan",
        "former_plan", "staff", "expert", "expert_skill", "shift", "holiday", "policy",
        "booking",
        "survey_template",
    },
    "billing": {
        "alembic_version", "plan", "tax_rate", "billing_run", "vault_key", "approval_limit"
    },
}  # fmt: skip
GROWING = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL(%s)
"""
EMPTY = "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND reltuples <= 0"
SIZE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text,
    'relpages', relpages, 'reltuples', %s::real)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
"""
Asked = dict[tuple[str, int], Sequence[Any]]


@pytest.fixture
def world(databases: Databases) -> Databases:
    load_world(databases, TINY, clock.now())
    return databases


@contextmanager
def noted() -> Iterator[Asked]:
    """Every statement that is executed meanwhile, with parameters of one of its executions."""
    asked: Asked = {}

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if isinstance(parameters, tuple):
            asked[statement, len(parameters)] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def enlarge(databases: Databases, name: str) -> tuple[set[str], set[str]]:
    """Let the planner see ROWS rows in each growing table; returns these tables, and which of them
    are empty, so that it knows nothing of their rows."""
    growing = {row[0] for row in databases.rows(name, GROWING, sorted(SMALL[name]))}
    databases.execute(name, "VACUUM ANALYZE")
    empty = databases.rows(name, EMPTY, sorted(growing))
    databases.rows(name, SIZE, ROWS, sorted(growing))
    return growing, {row[0] for row in empty}


async def scans(databases: Databases, name: str, asked: Asked) -> list[str]:
    """The statements that would read a growing table from end to end.

    Of a table that is empty in the demo world it is asked whether there is another way at all.
    """
    growing, empty = enlarge(databases, name)
    connection = await asyncpg.connect(databases.url(name))
    wrong = []
    try:
        for (statement, _), parameters in asked.items():
            explain = f"EXPLAIN (FORMAT JSON) {statement}"
            read: set[str] = set()
            for allowed, tables in (("on", growing - empty), ("off", empty)):
                await connection.execute(f"SET enable_seqscan = {allowed}")
                plan = json.loads(await connection.fetchval(explain, *parameters))[0]["Plan"]
                read |= tables.intersection(whole_tables(plan))
            if read:
                wrong.append(f"{', '.join(sorted(read))}: {' '.join(statement.split())}")
    finally:
        await connection.close()
    return wrong


def whole_tables(node: dict[str, Any]) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for part in node.get("Plans", []):
        yield from whole_tables(part)


async def walk(databases: Databases, quantum: Quantum, one: Caller) -> Asked:
    """What all routes that this person may call ask of the database."""
    with noted() as asked:
        async with AsyncTestClient(create_app([quantum])) as client:
            for row in walked(quantum.name, one.role, {OWN}):
                answer = await call(client, row, one.headers, one.own.ids)
                assert answer.status_code < 500, f"{row} {answer.text}"
    return _explainable(asked)


async def walk_for_staff(databases: Databases, quantum: Quantum) -> Asked:
    """The same for what is everybody's, by somebody of each role."""
    people = staff(databases)
    with noted() as asked:
        async with AsyncTestClient(create_app([quantum])) as client:
            for row in looked(quantum.name):
                ids = everybodys(databases, quantum.name, row.path)
                ids.setdefault("refund_id", str(uuid4()))
                answer = await call(client, row, people[min(row.roles)], ids)
                assert answer.status_code < 500, f"{row} {answer.text}"
    return _explainable(asked)


def _explainable(asked: Asked) -> Asked:
    return {it: values for it, values in asked.items() if it[0].split()[0] in EXPLAINABLE}


EXPLAINABLE = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}


async def test_no_route_for_customers_reads_a_growing_table_from_end_to_end(
    world: Databases,
) -> None:
    ada = caller("customer", *of_customers(world))
    asked = await walk(world, served.customer_quantum(world), ada)
    assert len(asked) > 30
    found = await scans(world, "customer", asked)
    assert not found, "\n".join(found)


async def test_no_route_for_experts_reads_a_growing_table_from_end_to_end(
    world: Databases,
) -> None:
    eve = caller("expert", *of_experts(world))
    asked = await walk(world, served.sysops_quantum(world), eve)
    assert len(asked) > 25
    found = await scans(world, "sysops", asked)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["sysops", "billing"])
async def test_no_list_for_staff_reads_a_growing_table_from_end_to_end(
    world: Databases, name: str
) -> None:
    add_what_staff_end(world)
    make = {"sysops": served.sysops_quantum, "billing": served.billing_quantum}[name]
    asked = await walk_for_staff(world, make(world))
    assert len(asked) > 20
    found = await scans(world, name, asked)
    assert not found, "\n".join(found)
