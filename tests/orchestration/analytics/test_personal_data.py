"""No word of a person reaches a published file, and erasing a person changes no number there."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import dagster as dg
import duckdb
import pytest
from psycopg import sql

from api.kernel import personal
from orchestration.definitions.analytics import defs
from orchestration.personal_data import rows
from tests.databases import Databases, Templates
from tests.integration.test_access import NOT_PERSONAL, PERSONAL
from tests.orchestration.analytics.conftest import open_business
from tests.orchestration.personal_data.history import logged_in
from tests.rights import tables_of
from warehouse.read import Warehouse

CANARY = "zq canary"
SOURCES = ("customer", "sysops", "billing")
# Texts that are words of a fixed list, or by which rows are found: no canary fits into them.
UNFIT = {"refusal", "idempotency_key", "email", "time_zone"}
TEXT = """
SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


class Column(NamedTuple):
    database: str
    table: str
    name: str
    type: str


def personal_columns(databases: Databases) -> Iterator[Column]:
    """Every column of the sources with a word of a person in it: by the maps, and by name."""
    for database in SOURCES:
        map_ = personal.load(database)
        for qualified in tables_of(databases, database):
            schema, _, table = qualified.partition(".")
            if schema != "public" or table == "alembic_version":
                continue
            entry = map_.tables.get(table)
            wanted = PERSONAL | set(entry.blank if entry else ())
            for name, type_ in databases.rows(database, TEXT, qualified):
                if name in wanted and f"{database}.{table}.{name}" not in NOT_PERSONAL:
                    yield Column(database, table, name, type_)


def mark(databases: Databases) -> set[Column]:
    """Put a canary into each of them that takes a text; returns those that have one now."""
    marked = set()
    for column in personal_columns(databases):
        if column.name in UNFIT:
            continue
        word = f"{CANARY} {column.table} {column.name}"
        value = {"jsonb": f'["{word}"]', "text[]": "{" + word + "}"}.get(column.type, word)
        if column.type in {"text", "character varying", "jsonb", "text[]"}:
            # Another one in each row, for some may be there only once.
            each = " || ' ' || ctid" if column.type in {"text", "character varying"} else ""
            statement = sql.SQL(f"UPDATE {{}} SET {{}} = %s{each}").format(
                sql.Identifier(column.table), sql.Identifier(column.name)
            )
            with databases.connect(column.database) as connection:
                if connection.execute(statement, [value]).rowcount:
                    marked.add(column)
    return marked


def publish() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_job_def("warehouse")
        done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert done.success


def numbers(warehouse: Path) -> dict[str, Any]:
    """What managers read, by mart: how many rows, and what their figures sum to."""
    snapshot = Warehouse(warehouse).snapshot()
    found: dict[str, Any] = {}
    for name, table in snapshot.manifest.tables.items():
        figures = [
            it for it, type_ in table.columns.items()
            if re.match(r"bigint|integer|numeric|double", type_)
        ]  # fmt: skip
        sums = "".join(f", round(sum({it}), 6)" for it in figures)
        found[name] = snapshot.rows(f"SELECT count(*){sums} FROM {name}")
    return found


class Published(NamedTuple):
    """A business whose every word is marked, and what was published of it."""

    databases: Databases
    marked: set[Column]
    warehouse: Path


@pytest.fixture(scope="module")
def published(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    """Published once for all tests of this file, each of which holds for what another leaves."""
    # Of the names that the databases of a test have: for others dbt would parse its project again.
    databases = Databases(templates, "of_this_test")
    warehouse = tmp_path_factory.mktemp("personal") / "warehouse"
    with pytest.MonkeyPatch.context() as patch:
        open_business(databases, warehouse, tmp_path_factory, patch)
        marked = mark(databases)
        publish()
        yield Published(databases, marked, warehouse)
    databases.drop()


def test_no_word_of_a_person_reaches_the_warehouse_or_a_published_file(
    published: Published,
) -> None:
    business, marked, warehouse = published
    assert {it.database for it in marked} == set(SOURCES)
    assert len(marked) > 20
    for table in tables_of(business, "analytics"):
        content = str(business.rows("analytics", f"SELECT * FROM {table}"))
        assert CANARY not in content, table
        assert "@example.com" not in content, table
    files = list(warehouse.rglob("*.parquet"))
    assert len(files) > 20
    for file in files:
        content = str(duckdb.execute("FROM read_parquet(?)", [str(file)]).fetchall())
        assert CANARY not in content, file.name
        assert "@example.com" not in content, file.name


async def test_an_erased_customer_changes_no_number_of_a_report(published: Published) -> None:
    business, _, warehouse = published
    before = numbers(warehouse)
    ((busiest,),) = business.rows(
        "sysops", "SELECT customer_id FROM ticket GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    await _erase(business, busiest)
    await asyncio.to_thread(publish)
    assert numbers(warehouse) == before


async def _erase(databases: Databases, customer_id: UUID) -> None:
    async with logged_in(databases, "eraser") as sessions:
        person = await rows.find(sessions, customer_id)
        for database, makers in sessions.items():
            async with makers.begin() as session:
                receipt = await rows.erase(session, person, database)
                # This business has no answers to surveys in the analytics database.
                assert receipt or database == "analytics"
