"""A business of any size in the three sources: a small one that agrees with itself, many times.

Each copy has ids of its own, made from the first's, so that rows refer to their own copy's rows;
experts, catalogue and runs are shared by all.
"""

from psycopg import sql

from orchestration.replication.mirror import SOURCES
from tests.databases import Databases
from tests.warehouse.world import World

CUSTOMERS, TICKETS = 1_000, 10_000
"""Of one copy."""

SHARED_TABLES = frozenset(
    {
        "device_type", "ticket_type", "support_plan", "former_plan", "plan", "skill", "staff",
        "expert", "expert_skill", "shift", "assignment_run", "billing_run",
    }
)  # fmt: skip
SHARED_COLUMNS = frozenset({"expert_id", "run_id"})
_COLUMNS = """
SELECT attname, format_type(atttypid, NULL),
       EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique
               AND indnkeyatts = 1
               AND indkey[0] = attnum)
FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'row_xid'
    AND attgenerated = '' AND attidentity = ''
"""


def fill(databases: Databases, tickets: int) -> None:
    """So many tickets, or the next multiple of TICKETS, with all that belongs to them."""
    world = World(CUSTOMERS, TICKETS).build()
    world.load(databases)
    copies = max(0, -(-tickets // TICKETS) - 1)
    if copies:
        for database, table in world.rows:
            if database in SOURCES and table not in SHARED_TABLES:
                _multiply(databases, database, table, copies)
    for database in SOURCES:
        databases.execute(database, "VACUUM ANALYZE")


def _multiply(databases: Databases, database: str, table: str, copies: int) -> None:
    with databases.connect(database) as connection, connection.transaction():
        # What one copy refers to is there in each; to look at every row again takes hours.
        connection.execute("SET LOCAL session_replication_role = replica")
        columns = connection.execute(_COLUMNS, [table]).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(name) for name, _, _ in columns)
        values = sql.SQL(", ").join(_value(*column) for column in columns)
        connection.execute(
            sql.SQL(
                "INSERT INTO {table} ({names}) SELECT {values} "
                "FROM (SELECT * FROM {table}) AS it, generate_series(1, {copies}) AS copy"
            ).format(
                table=sql.Identifier(table), names=names, values=values, copies=sql.Literal(copies)
            )
        )


def _value(name: str, kind: str, unique: bool) -> sql.Composable:
    column = sql.Identifier("it", name)
    if kind == "uuid" and name not in SHARED_COLUMNS:
        return sql.SQL("md5({} || ':' || copy)::uuid").format(column)
    if (unique or name == "email") and kind in {"text", "character varying"}:
        return sql.SQL("copy || '.' || {}").format(column)
    if unique and kind in {"integer", "bigint"}:
        return sql.SQL("{} + copy * 100000").format(column)
    return column


def change(databases: Databases, share: float) -> int:
    """Changes this share of customers, contracts, payments and tickets, each ticket with a new
    event; returns the rows that were written."""
    written = 0
    for database, statements in _CHANGES.items():
        with databases.connect(database) as connection:
            for statement in statements:
                done = connection.execute(statement.encode(), {"share": share})
                written += done.rowcount
    return written


_SAMPLE = "SELECT id FROM {} TABLESAMPLE BERNOULLI (100 * %(share)s) REPEATABLE (1)"
_CHANGES = {
    "customer": [
        f"UPDATE {table} SET version = version + 1 WHERE id IN ({_SAMPLE.format(table)})"
        for table in ("account", "ticket")
    ],
    "sysops": [
        f"UPDATE ticket SET version = version + 1 WHERE id IN ({_SAMPLE.format('ticket')})",
        f"""
        INSERT INTO ticket_event (id, ticket_id, version, at, actor, from_status, to_status, action)
        SELECT uuidv7(), id, version, now(), 'system', status, status, 'reschedule'
        FROM ticket WHERE id IN ({_SAMPLE.format("ticket")})
        """,
    ],
    "billing": [
        f"UPDATE {table} SET {what} WHERE id IN ({_SAMPLE.format(table)})"
        for table, what in (
            ("contract", "version = version + 1"),
            ("payment", "decided_at = decided_at + interval '1 second'"),
        )
    ],
}
