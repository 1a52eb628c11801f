"""`squad bench data`: loading a demo world, beside a bare COPY of the same rows.

The yardstick pipes `COPY TO` into `COPY FROM` of every loaded table, the four databases side by
side as the load writes them, into tables without keys. Again with the load's way to put keys,
indexes and foreign keys back it says what drawing the rows costs.
"""

import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import sql

from orchestration.local.demo.constraints import find_constraints
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import ADDED_TO, TABLES
from orchestration.local.postgres import throw_away_postgres
from tests.benchmarks.report import Report, Wrong, timed
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates
from tests.integration.demo.support import load_world

BEFORE = {"billing": ["vault_key"]}
"""Tables that rows of the world refer to, and that are filled before it."""
COPIED = {
    name: [*BEFORE.get(name, ()), *ADDED_TO.get(name, ()), *tables]
    for name, tables in TABLES.items()
}
BYTES_A_CUSTOMER = 400_000
"""Of the memory that both copies of a world of 24 months take, with the log of their writing."""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""


def run(customers: int, months: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures one world; raises Wrong when a row of it is missing."""
    report = Report({"customers": customers, "months": months}, say)
    size = DemoSize.usual(customers, months)
    with throw_away_postgres(SERVER, room=customers * BYTES_A_CUSTOMER) as server:
        templates = Templates(server)
        ours, bare = Databases(templates), Databases(templates, "bare")
        seconds: list[float] = []
        with timed(seconds):
            loaded = load_world(ours, size)
        _verify(ours, loaded.counts)
        report.add("tickets", loaded.counts["customer"]["ticket"])
        report.add("rows", loaded.rows)
        report.add("load_s", round(seconds[0], 1))
        report.add("bytes_a_ticket", _bytes(ours, loaded.counts["customer"]["ticket"]))
        heap, whole = _copied(ours, bare)
        _verify(bare, loaded.counts)
        report.add("copy_s", round(heap, 1))
        report.add("copy_with_keys_s", round(whole, 1))
        rows_a_second = [loaded.rows / seconds[0]]
        for name, copied in (("COPY", heap), ("COPY with keys", whole)):
            report.compare(
                f"rows a second to {name}", ours=rows_a_second, yardstick=[loaded.rows / copied],
                at_least=0.33,
            )  # fmt: skip
        report.add("peak_memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        for one in (ours, bare):
            one.drop()
        templates.close()
    return report.figures


def _bytes(databases: Databases, tickets: int) -> dict[str, int]:
    """What a ticket and all that belongs to it takes in each database, indexes and all."""
    size = "SELECT pg_database_size(current_database())"
    return {name: databases.rows(name, size)[0][0] // tickets for name in TABLES}


def _copied(ours: Databases, bare: Databases) -> tuple[float, float]:
    """Seconds until the rows are there, and until their keys are."""
    found = {}
    for name, tables in COPIED.items():
        with bare.connect(name) as connection:
            found[name] = find_constraints(connection, tables)
            for statement in found[name].off:
                connection.execute(statement.encode())
            for table in tables:
                connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
    heap: list[float] = []
    keys: list[float] = []
    with ThreadPoolExecutor(len(COPIED)) as threads:
        with timed(heap):
            list(threads.map(lambda name: _copy(ours, bare, name), COPIED))
        with timed(keys):
            list(threads.map(lambda name: _put_back(bare, name, found[name].on), COPIED))
    return heap[0], heap[0] + keys[0]


def _copy(ours: Databases, bare: Databases, database: str) -> None:
    with ours.connect(database) as source, bare.connect(database) as target, target.transaction():
        # What only some of the rows may be is checked at their source.
        target.execute("SET LOCAL session_replication_role = replica")
        for table in COPIED[database]:
            columns = sql.SQL(", ").join(
                sql.Identifier(name) for (name,) in source.execute(_COLUMNS, [table]).fetchall()
            )
            names = {"table": sql.Identifier(table), "columns": columns}
            reading = sql.SQL("COPY {table} ({columns}) TO STDOUT (FORMAT binary)")
            writing = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT binary)")
            with (
                source.cursor().copy(reading.format(**names)) as rows,
                target.cursor().copy(writing.format(**names)) as into,
            ):
                for block in rows:
                    into.write(block)


def _put_back(bare: Databases, database: str, statements: Any) -> None:
    with bare.connect(database) as connection, connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


def _verify(databases: Databases, counts: dict[str, dict[str, int]]) -> None:
    for database, tables in counts.items():
        for table, rows in tables.items():
            [(there,)] = databases.rows(database, f"SELECT count(*) FROM {table}")
            # What was there from the beginning is in both.
            if there < rows or (there > rows and table not in ADDED_TO.get(database, ())):
                raise Wrong(f"{table} of {database} has {there} rows instead of {rows}.")
