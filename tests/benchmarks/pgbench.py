"""The yardstick for writes: PostgreSQL's own pgbench, inserting rows of the same sizes."""

import re
import subprocess
from collections.abc import Sequence

from orchestration.local.postgres import HOST, SUPERUSER, EmbeddedPostgres
from tests.benchmarks.report import Wrong
from tests.databases import Databases

_COLUMNS = """
SELECT attname, format_type(atttypid, NULL), attname = 'id'
FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    AND attname <> 'row_xid'
"""


def same_rows(databases: Databases, database: str, tables: Sequence[str]) -> str:
    """A transaction that inserts the newest row of each table again, into bare tables like these.

    They have the same columns, defaults, checks and indexes, and no trigger and no foreign key.
    Ids are made anew, as those of the rows were.
    """
    statements = ["BEGIN;"]
    for table in tables:
        bare = "bare." + table.rpartition(".")[2]
        databases.execute(database, "CREATE SCHEMA IF NOT EXISTS bare")
        databases.execute(database, f"CREATE TABLE {bare} (LIKE {table} INCLUDING ALL)")
        names, values = [], []
        for name, kind, is_id in databases.rows(database, _COLUMNS, table):
            if is_id and kind != "uuid":
                continue
            names.append(name)
            if kind == "uuid" and name in {"id", "ticket_id"}:
                values.append("uuidv7()")
            else:
                values.append(_literal(databases, database, table, name))
        statements.append(f"INSERT INTO {bare} ({', '.join(names)}) VALUES ({', '.join(values)});")
    return "\n".join([*statements, "COMMIT;", ""])


def _literal(databases: Databases, database: str, table: str, column: str) -> str:
    newest = f"SELECT quote_nullable({column}) FROM {table} ORDER BY id DESC LIMIT 1"
    return str(databases.rows(database, newest)[0][0])


def transactions_a_second(
    server: EmbeddedPostgres, databases: Databases, script: str, connections: int, seconds: float
) -> float:
    """How often pgbench does the script's transaction, each connection one after the other."""
    database = databases.url("customer").rpartition("/")[2]
    done = subprocess.run(
        [
            server.program("pgbench"), "--no-vacuum", "--protocol=prepared", "--file=-",
            f"--client={connections}", "--jobs=1", f"--time={max(round(seconds), 1)}",
            f"--host={HOST}", f"--port={server.port}", f"--username={SUPERUSER}", database,
        ],
        check=False, input=script, capture_output=True, text=True,
        **server.surroundings({"PGPASSWORD": server.password}),
    )  # fmt: skip
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"number of failed transactions: ([1-9][0-9]*)", done.stdout)
    if done.returncode != 0 or found is None or failed:
        raise Wrong(f"pgbench: {done.stderr.strip()}")
    return float(found[1])
