"""What roles may do: as the database says, and as `access.toml` says in its own words."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from api.databases import SCHEMAS
from api.kernel import access, personal
from orchestration.local import bootstrap
from tests.databases import Databases

EVERY_DATABASE = sorted(SCHEMAS)

_OURS = "nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema'"
_TABLES = f"""
SELECT nspname || '.' || relname, array_agg(attname::text ORDER BY attnum)
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relkind IN ('r', 'p', 'v', 'm') AND {_OURS}
GROUP BY 1
"""
_RIGHTS = f"""
SELECT nspname || '.' || relname, attname::text, verb
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped,
unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS verb
WHERE relkind IN ('r', 'p', 'v', 'm') AND {_OURS}
AND has_column_privilege(%s, c.oid, attnum, verb)
UNION ALL
SELECT nspname || '.' || relname, '*', verb
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace,
unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER', 'MAINTAIN']) AS verb
WHERE relkind IN ('r', 'p', 'v', 'm') AND {_OURS}
AND has_table_privilege(%s, c.oid, verb)
"""
_SCHEMA_RIGHTS = f"""
SELECT nspname::text, verb, '' FROM pg_namespace, unnest(ARRAY['USAGE', 'CREATE']) AS verb
WHERE {_OURS} AND has_schema_privilege(%s, oid, verb)
"""
_SENDER_SEES = ("id", "entrypoint", "priority", "dedupe_key")
_WATCHER_SEES = (
    "id", "status", "entrypoint", "created", "updated", "execute_after", "attempts", "headers",
)  # fmt: skip


class Right(NamedTuple):
    """One verb on one column of a table, or on the whole of it (`*`)."""

    table: str
    column: str
    verb: str


Tables = dict[str, list[str]]


def tables_of(databases: Databases, database: str) -> Tables:
    """Every table as `schema.table`, with its columns."""
    return dict(databases.rows(database, _TABLES))


def rights_of(databases: Databases, database: str, role: str) -> set[Right]:
    """Everything that the database lets a role do with rows."""
    return {Right(*row) for row in databases.rows(database, _RIGHTS, role, role)}


def schema_rights_of(databases: Databases, database: str, role: str) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in databases.rows(database, _SCHEMA_RIGHTS, role)}


def roles_of(database: str) -> list[str]:
    """The roles that log in to a database, without its owner."""
    return list(access.load(database).roles)


def every_role() -> list[str]:
    return sorted({role for database in EVERY_DATABASE for role in bootstrap.roles_of(database)})


def who_may(
    databases: Databases, database: str, table: str, verb: str, column: str | None = None
) -> set[str]:
    """The roles with this verb on any column, or on this one; the owner is not named."""
    return {
        role
        for role in roles_of(database)
        for right in rights_of(databases, database, role)
        if (right.table, right.verb) == (table, verb) and column in {None, right.column}
    }


def said_rights(database: str, role: access.Role, tables: Tables) -> set[Right]:
    """What `access.toml`, and the map of personal data that it names, let a role do with rows."""
    return {
        *_said(role, tables),
        *_said_of_queues(role, tables),
        *_said_of_persons(database, role),
    }


def said_schema_rights(role: access.Role) -> set[tuple[str, str]]:
    """What `access.toml` says of schemas; whoever has to do with a queue may look into it."""
    queues = {*role.send, *role.relay, *role.watch, *role.discard}
    return {
        ("public", "USAGE"),
        *((f"to_{queue}", "USAGE") for queue in queues),
        *((name, verb) for name, verbs in role.schemas.items() for verb in verbs.upper().split()),
        *([("replication", "USAGE")] if role.mirror else []),
        *([("card_scan", "USAGE")] if role.scan else []),
    }


def _said(role: access.Role, tables: Tables) -> Iterator[Right]:
    for name, verbs in role.tables.items():
        for table in _named(name, tables):
            yield from _whole(table, tables, verbs.upper().split())
    for name, columns in role.columns.items():
        (table,) = _named(name, tables)
        yield from _selected(table, columns)
    if role.mirror:
        for name in role.columns:
            yield Right(f"public.{name}", "row_xid", "SELECT")
        for table in _named("replication.*", tables):
            yield from _whole(table, tables, ["SELECT"])


def _said_of_queues(role: access.Role, tables: Tables) -> Iterator[Right]:
    for queue in role.send:
        yield from _whole(f"to_{queue}.pgqueuer", tables, ["INSERT"])
        yield from _whole(f"to_{queue}.pgqueuer_log", tables, ["INSERT"])
        yield from _selected(f"to_{queue}.pgqueuer", _SENDER_SEES)
    for queue in role.relay:
        yield from _whole(f"to_{queue}.pgqueuer", tables, ["SELECT", "UPDATE", "DELETE"])
        yield from _whole(f"to_{queue}.pgqueuer_log", tables, ["SELECT", "INSERT", "DELETE"])
    for queue in (*role.watch, *role.discard):
        yield from _selected(f"to_{queue}.pgqueuer", _WATCHER_SEES)
    for queue in role.discard:
        yield Right(f"to_{queue}.pgqueuer", "*", "DELETE")


def _said_of_persons(database: str, role: access.Role) -> Iterator[Right]:
    if role.personal is None:
        return
    for name, table in personal.load(database).tables.items():
        if table.erase == "vault":
            continue
        read = [*table.finders, *(table.export if role.personal == "export" else ())]
        yield from _selected(f"public.{name}", read)
        if role.personal == "erase":
            yield from (Right(f"public.{name}", column, "UPDATE") for column in table.blank)
            if table.erase == "delete":
                yield Right(f"public.{name}", "*", "DELETE")


def _named(name: str, tables: Tables) -> list[str]:
    schema, _, table = name.rpartition(".")
    if table != "*":
        return [f"{schema or 'public'}.{table}"]
    return [known for known in tables if known.startswith(f"{schema}.")]


def _whole(table: str, tables: Tables, verbs: Sequence[str]) -> Iterator[Right]:
    for verb in verbs:
        if verb in {"SELECT", "INSERT", "UPDATE"}:
            yield from (Right(table, column, verb) for column in tables[table])
        else:
            yield Right(table, "*", verb)


def _selected(table: str, columns: Sequence[Any]) -> Iterator[Right]:
    yield from (Right(table, column, "SELECT") for column in columns)
