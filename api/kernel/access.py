"""Who may do what in a database: read from `access.toml`, granted after each migration.

Database roles are the security boundary. Each database's `access.toml` is the whole truth
of its grants: what it does not name is revoked. One table a role:

    [roles.customer_api]
    tables.account = "select insert update"     # verbs on a table (schema.table, or schema.*)
    columns.ticket = ["id", "status"]           # SELECT on these columns alone
    schemas.marts = "usage create"              # verbs on a schema
    send = ["sysops"]                           # may put messages into the queue to sysops
    relay = ["billing"]                         # may take messages out of the queue to billing
    watch = ["sysops"]                          # may list a queue: subjects, no payloads
    discard = ["sysops"]                        # may list a queue and remove what is in it
    personal = "export"                         # reads what `personal.toml` says an export holds
    personal = "erase"                          # or blanks and removes what it says an erasure does
    scan = true                                 # is told of digits that may be a card's
    mirror = true                               # sees which rows of `columns` changed or went
    temporary = true                            # may make temporary tables
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import psycopg
from psycopg import sql

from api.kernel import personal

_API = Path(__file__).parent.parent
_SCANNER = Path(__file__).with_name("card_scan.sql")
_QUEUE_COLUMNS = (
    "id", "status", "entrypoint", "created", "updated", "execute_after", "attempts", "headers",
)  # fmt: skip


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One role's rights in one database."""

    tables: dict[str, str] = {}
    columns: dict[str, list[str]] = {}
    schemas: dict[str, str] = {}
    send: list[str] = []
    relay: list[str] = []
    watch: list[str] = []
    discard: list[str] = []
    personal: Literal["export", "erase"] | None = None
    scan: bool = False
    mirror: bool = False
    temporary: bool = False


@dataclass(frozen=True)
class Access:
    """The rights of every role in one database."""

    database: str
    roles: Mapping[str, Role] = field(default_factory=dict)


def load(database: str) -> Access:
    """Read a database's `access.toml`; raises msgspec.ValidationError naming a bad entry."""
    raw = tomllib.loads((_API / database / "access.toml").read_text(encoding="utf-8"))
    return Access(database, msgspec.convert(raw["roles"], dict[str, Role]))


def apply(connection: psycopg.Connection[Any], access: Access) -> None:
    """Make the grants of `access` the only ones, in one transaction; run as the owner."""
    with connection.transaction():
        if any(rights.scan for rights in access.roles.values()):
            _make_scanner(connection)
        admit(connection, connection.info.dbname, access)
        _revoke_all(connection, access)
        for role, rights in access.roles.items():
            for statement in _grants(role, rights):
                connection.execute(statement)
            for statement in _personal(role, rights, access.database):
                connection.execute(statement)
            if rights.scan:
                _let_scan(connection, sql.Identifier(role))


def admit(connection: psycopg.Connection[Any], database: str, access: Access) -> None:
    """Let the roles of `access` into the database of this name, and nobody else.

    These rights belong to the database itself: a copy made from a template has none of them.
    """
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role, rights in access.roles.items():
        verbs = sql.SQL("CONNECT, TEMPORARY" if rights.temporary else "CONNECT")
        connection.execute(
            sql.SQL("GRANT {} ON DATABASE {} TO {}").format(verbs, name, sql.Identifier(role))
        )


def _schemas(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE pg_has_role(nspowner, 'USAGE') "
        "AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
    )
    return list(dict.fromkeys([*(row[0] for row in rows), "public"]))


def _own_tables(connection: psycopg.Connection[Any], schemas: list[str]) -> list[sql.Identifier]:
    """Not the tables of roles that make their own: their owner alone can grant and revoke."""
    rows = connection.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = ANY(%s) AND relkind IN ('r', 'p', 'v', 'm') "
        "AND pg_has_role(relowner, 'USAGE')",
        [schemas],
    )
    return [sql.Identifier(*row) for row in rows]


def _revoke_all(connection: psycopg.Connection[Any], access: Access) -> None:
    schemas = _schemas(connection)
    names = sql.SQL(", ").join([sql.Identifier(schema) for schema in schemas])
    roles = sql.SQL(", ").join([sql.Identifier(role) for role in access.roles])
    things = [
        sql.SQL("ALL SEQUENCES IN SCHEMA {}").format(names),
        sql.SQL("SCHEMA {}").format(names),
    ]
    # The functions of `public` are an extension's: nobody is granted them, and revoking what is
    # not ours fills the server's log with warnings.
    own = sql.SQL(", ").join([sql.Identifier(one) for one in schemas if one != "public"])
    if len(schemas) > 1:
        things.append(sql.SQL("ALL FUNCTIONS IN SCHEMA {}").format(own))
    tables = _own_tables(connection, schemas)
    if tables:
        things.append(sql.SQL("TABLE {}").format(sql.SQL(", ").join(tables)))
    for thing in things:
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(thing, roles))


def _grants(role: str, rights: Role) -> Iterator[sql.Composed]:
    to = sql.Identifier(role)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(to)
    for schema, verbs in rights.schemas.items():
        yield sql.SQL("GRANT {} ON SCHEMA {} TO {}").format(
            _verbs(verbs), sql.Identifier(schema), to
        )
    for table, verbs in rights.tables.items():
        yield sql.SQL("GRANT {} ON {} TO {}").format(_verbs(verbs), _table(table), to)
    for table, columns in rights.columns.items():
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(_list(columns), _table(table), to)
    for target in (*rights.send, *rights.relay, *rights.watch, *rights.discard):
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(f"to_{target}"), to)
    for target in rights.send:
        yield from _send(f"to_{target}", to)
    for target in rights.relay:
        yield from _relay(f"to_{target}", to)
    for target in (*rights.watch, *rights.discard):
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
            _list(_QUEUE_COLUMNS), sql.Identifier(f"to_{target}", "pgqueuer"), to
        )
    for target in rights.discard:
        yield sql.SQL("GRANT DELETE ON {} TO {}").format(
            sql.Identifier(f"to_{target}", "pgqueuer"), to
        )
    if rights.mirror:
        yield from _mirror(rights.columns, to)


def scanner_ddl(schema: str, security: Literal["DEFINER", "INVOKER"]) -> str:
    """The function by which a table is searched for digits that could be a card number."""
    return _SCANNER.read_text(encoding="utf-8").format(
        schema=schema, security=f"SECURITY {security}"
    )


def _make_scanner(connection: psycopg.Connection[Any]) -> None:
    """It runs with the owner's rights: who may call it can read nothing itself."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS card_scan")
    connection.execute(scanner_ddl("card_scan", "DEFINER").encode())
    connection.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA card_scan FROM PUBLIC")


def _let_scan(connection: psycopg.Connection[Any], to: sql.Identifier) -> None:
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA card_scan TO {}").format(to))
    connection.execute(
        sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA card_scan TO {}").format(to)
    )


def _personal(role: str, rights: Role, database: str) -> Iterator[sql.Composed]:
    """What the map of personal data says that exporting or erasing takes."""
    if rights.personal is None:
        return
    to, map_ = sql.Identifier(role), personal.load(database)
    exported = rights.personal == "export"
    for table, columns in personal.selected(map_, exported=exported).items():
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(_list(columns), _table(table), to)
    if exported:
        return
    for table, columns in personal.updated(map_).items():
        yield sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(_list(columns), _table(table), to)
    for table in personal.deleted(map_):
        yield sql.SQL("GRANT DELETE ON {} TO {}").format(_table(table), to)


def _mirror(columns: Iterable[str], to: sql.Identifier) -> Iterator[sql.Composed]:
    for table in columns:
        yield sql.SQL("GRANT SELECT (row_xid) ON {} TO {}").format(_table(table), to)
    yield sql.SQL("GRANT USAGE ON SCHEMA replication TO {}").format(to)
    yield sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA replication TO {}").format(to)
    yield sql.SQL("GRANT EXECUTE ON FUNCTION replication.forget(xid8) TO {}").format(to)


def _send(schema: str, to: sql.Identifier) -> Iterator[sql.Composed]:
    """A sender sees the ids of what it enqueues, and no payload."""
    queue = sql.Identifier(schema, "pgqueuer")
    yield sql.SQL("GRANT INSERT ON {} TO {}").format(queue, to)
    yield sql.SQL("GRANT SELECT (id, entrypoint, priority, dedupe_key) ON {} TO {}").format(
        queue, to
    )
    yield sql.SQL("GRANT INSERT ON {} TO {}").format(sql.Identifier(schema, "pgqueuer_log"), to)
    yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(
        sql.Identifier(schema), to
    )


def _relay(schema: str, to: sql.Identifier) -> Iterator[sql.Composed]:
    yield sql.SQL("GRANT SELECT, UPDATE, DELETE ON {} TO {}").format(
        sql.Identifier(schema, "pgqueuer"), to
    )
    yield sql.SQL("GRANT SELECT, INSERT, DELETE ON {} TO {}").format(
        sql.Identifier(schema, "pgqueuer_log"), to
    )
    yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(
        sql.Identifier(schema), to
    )


def _verbs(words: str) -> sql.Composable:
    return sql.SQL(", ").join([sql.SQL(word) for word in words.upper().split()])


def _list(names: list[str] | tuple[str, ...]) -> sql.Composable:
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])


def _table(name: str) -> sql.Composable:
    schema, _, table = name.rpartition(".")
    if table == "*":
        return sql.SQL("ALL TABLES IN SCHEMA {}").format(sql.Identifier(schema))
    return sql.Identifier(schema or "public", table)
