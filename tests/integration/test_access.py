"""Each login role can do what `access.toml` says and nothing else, on the real databases."""

from itertools import product

import psycopg
import pytest
from psycopg import sql

from api.kernel import access
from orchestration.local import bootstrap
from orchestration.local.code_roles import CODE_ROLES
from orchestration.local.observing import WATCHERS
from orchestration.local.wiring import API_PORTS, RELAYS
from tests.databases import Databases, Templates
from tests.rights import (
    EVERY_DATABASE,
    every_role,
    rights_of,
    roles_of,
    said_rights,
    said_schema_rights,
    schema_rights_of,
    tables_of,
    who_may,
)

# Who a person is, how to reach them, where they live, what they said, and every card column.
PERSONAL = {
    "full_name", "contact_name", "expert_name", "email", "phone", "contact_phone", "line1",
    "line2", "city", "latitude", "longitude", "addresses", "description", "comment", "resolution",
    "reason", "context", "failure", "detail", "title", "body", "password_hash", "payload",
    "last4", "exp_month", "exp_year", "ciphertext", "nonce", "fingerprint", "wrapped_key",
    "card_id", "card_ids", "idempotency_key", "provider_reference", "preferred_windows",
    "last_answer", "findings", "lines", "file_name", "content", "words", "settlements", "refusal",
    "text", "answers", "subject", "email_hash", "answer", "document", "word",
    "override",
}  # fmt: skip
# Named like a personal column, but written by the platform about its own work.
NOT_PERSONAL = {
    "billing.invoice_line.description": "what was billed, in the platform's words",
    "sysops.assignment_decision.reason": "why the job chose, in the platform's words",
}

CARD_ROLES = {"billing_intake", "card_charge", "card_rotate", "card_destroy"}

# Tables of pgqueuer's that we have no use for.
NOBODYS = (".pgqueuer_schedules", ".pgqueuer_statistics")

DDL = (
    "CREATE TABLE public.mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE inbox ADD COLUMN mine int",
    "CREATE INDEX mine ON inbox (channel)",
    "TRUNCATE inbox",
    "DROP TABLE inbox",
)


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_each_role_has_the_rights_that_access_toml_says_and_no_other(
    databases: Databases, database: str
) -> None:
    tables = tables_of(databases, database)
    for name, role in access.load(database).roles.items():
        assert rights_of(databases, database, name) == said_rights(database, role, tables), name
        assert schema_rights_of(databases, database, name) == said_schema_rights(role), name


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_a_role_uses_no_sequence_but_those_of_the_queues_it_writes(
    databases: Databases, database: str
) -> None:
    for name, role in access.load(database).roles.items():
        used = databases.rows(
            database,
            "SELECT DISTINCT schemaname FROM pg_sequences WHERE has_sequence_privilege("
            "%s, format('%%I.%%I', schemaname, sequencename), 'USAGE, SELECT, UPDATE')",
            name,
        )
        said = {f"to_{queue}" for queue in (*role.send, *role.relay)}
        assert {row[0] for row in used} == said, name


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_nobody_but_who_mirrors_or_scans_may_call_what_runs_with_the_owners_rights(
    databases: Databases, database: str
) -> None:
    for name, role in access.load(database).roles.items():
        callable_ = databases.rows(
            database,
            "SELECT proname FROM pg_proc WHERE prosecdef AND prorettype <> 'trigger'::regtype "
            "AND has_function_privilege(%s, oid, 'EXECUTE')",
            name,
        )
        said = [("forget",)] * role.mirror + [("digit_runs",)] * role.scan
        assert callable_ == said, name


def test_no_role_has_a_power_over_the_server_or_the_rights_of_another(
    databases: Databases,
) -> None:
    for database in EVERY_DATABASE:
        databases.url(database)
    powerful = databases.rows(
        "customer",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolcreaterole "
        "OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS "
        "(SELECT FROM pg_auth_members WHERE member = pg_roles.oid))",
        every_role(),
    )
    assert powerful == []


def test_a_role_can_connect_to_the_databases_that_name_it_and_to_no_other(
    databases: Databases, templates: Templates
) -> None:
    names = {name: databases.url(name).rsplit("/", 1)[1] for name in EVERY_DATABASE}
    names["dagster"] = templates.ensure("dagster")
    for role, (database, copy) in product(every_role(), names.items()):
        (may,) = databases.rows(
            "customer", "SELECT has_database_privilege(%s, %s, 'CONNECT')", role, copy
        )
        assert may[0] is (role in bootstrap.roles_of(database)), (role, database)


@pytest.mark.parametrize("database", ["sysops", "billing", "analytics"])
def test_the_customer_process_cannot_even_log_in_to_another_database(
    databases: Databases, database: str
) -> None:
    databases.url("customer")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        databases.connect(database, "customer_api")


def personal_columns(databases: Databases, database: str) -> list[tuple[str, str]]:
    return [
        (table, column)
        for table, columns in tables_of(databases, database).items()
        for column in columns
        if column in PERSONAL
        and f"{database}.{table.removeprefix('public.')}.{column}" not in NOT_PERSONAL
    ]


@pytest.mark.parametrize("database", ["customer", "sysops", "billing"])
def test_the_replicator_cannot_read_one_personal_column(
    databases: Databases, database: str
) -> None:
    columns = personal_columns(databases, database)
    assert columns
    with databases.connect(database, "replicator") as connection:
        for table, column in columns:
            query = sql.SQL("SELECT {} FROM {}").format(
                sql.Identifier(column), sql.Identifier(*table.split("."))
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query)


def test_the_list_of_personal_columns_names_nothing_that_is_gone(databases: Databases) -> None:
    known = {
        f"{database}.{table.removeprefix('public.')}.{column}"
        for database in EVERY_DATABASE
        for table, columns in tables_of(databases, database).items()
        for column in columns
    }
    assert {name.rsplit(".", 1)[1] for name in known} >= PERSONAL
    assert known >= NOT_PERSONAL.keys()


def test_the_analytics_database_has_no_personal_column_at_all(databases: Databases) -> None:
    # Queues and decisions are mirrored under their source's name.
    allowed = {name.replace(".", "__", 1) for name in NOT_PERSONAL}
    found = {f"{table}.{column}" for table, column in personal_columns(databases, "analytics")}
    assert {name.removeprefix("raw.") for name in found} <= allowed


def test_nobody_but_the_four_card_roles_touches_a_card(databases: Databases) -> None:
    touching = {
        role
        for role in roles_of("billing")
        for right in rights_of(databases, "billing", role)
        if right.table == "public.vault_card"
    }
    reading = who_may(databases, "billing", "public.vault_card", "SELECT", "ciphertext")
    assert touching == CARD_ROLES
    assert reading == {"card_charge", "card_rotate"}


@pytest.mark.parametrize("table", ["attachment_content", "export_part"])
def test_the_bytes_of_photos_and_exports_are_read_by_who_serves_and_who_makes_them(
    databases: Databases, table: str
) -> None:
    reading = who_may(databases, "customer", f"public.{table}", "SELECT", "content")
    made = {"exporter"} if table == "attachment_content" else set()
    assert reading == {"customer_api", *made}
    assert who_may(databases, "customer", f"public.{table}", "UPDATE") == set()


def test_no_other_database_has_a_place_for_a_card_number(databases: Databases) -> None:
    for database in ("customer", "sysops", "analytics"):
        columns = {name for own in tables_of(databases, database).values() for name in own}
        assert not columns & {"ciphertext", "card_number", "sealed", "pan"}


def test_a_queues_payloads_are_read_by_the_relay_of_that_pair_alone(
    databases: Databases,
) -> None:
    for source, target, out, _ in RELAYS:
        queue = f"to_{target}.pgqueuer"
        assert who_may(databases, source, queue, "SELECT", "payload") == {out}
        assert who_may(databases, source, queue, "UPDATE") == {out}
        # Whoever erases a customer removes held messages, and reads none.
        assert who_may(databases, source, queue, "DELETE") == {out, "eraser"}


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_no_role_but_the_owner_changes_the_schema(databases: Databases, database: str) -> None:
    for name, role in access.load(database).roles.items():
        forbidden = DDL if role.temporary else (*DDL, "CREATE TEMPORARY TABLE mine (id int)")
        with databases.connect(database, name) as connection:
            for statement in forbidden:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_some_role_has_to_do_with_every_table(databases: Databases, database: str) -> None:
    used = {
        right.table for role in roles_of(database) for right in rights_of(databases, database, role)
    }
    unused = tables_of(databases, database).keys() - used
    assert [table for table in sorted(unused) if not table.endswith(NOBODYS)] == []


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_no_statement_of_a_process_goes_on_for_ever(databases: Databases, database: str) -> None:
    for role in roles_of(database):
        with psycopg.connect(databases.url(database, role)) as connection:
            longest = connection.execute("SHOW statement_timeout").fetchone()
        assert longest == (bootstrap.LONGEST_STATEMENT,), role


def test_every_process_logs_in_with_a_role_that_its_database_knows() -> None:
    logins = {
        *((quantum, f"{quantum}_api") for quantum in API_PORTS),
        *((source, out) for source, _, out, _ in RELAYS),
        *((target, into) for _, target, _, into in RELAYS),
        *WATCHERS.values(),
        *(login for job in CODE_ROLES.values() for login in job.values()),
    }
    unknown = {(name, role) for name, role in logins if role not in bootstrap.roles_of(name)}
    assert unknown == set()
