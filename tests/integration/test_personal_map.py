"""The map of personal data names every table and column there is, and says what becomes of it."""

import pytest

from api.kernel import access, personal
from api.kernel.changes import COLUMN
from tests.databases import Databases
from tests.integration.test_access import PERSONAL
from tests.rights import EVERY_DATABASE, tables_of

# Of the migrations and of the replication; nothing of a customer can be in them.
PLATFORM = {"alembic_version"}
# Mirrors of what the replicator reads, and what is built of them: test_access shows that none of
# it is personal.
MIRRORED = ("raw.", "landing.", "staging.", "intermediate.", "marts.", "replication.", "to_")


def own_tables(databases: Databases, database: str) -> dict[str, set[str]]:
    return {
        name.removeprefix("public."): {it for it in columns if it != COLUMN}
        for name, columns in tables_of(databases, database).items()
        if not name.startswith(MIRRORED) and name.removeprefix("public.") not in PLATFORM
    }


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_every_table_and_column_is_in_the_map_once(databases: Databases, database: str) -> None:
    there, map_ = own_tables(databases, database), personal.load(database)
    assert set(map_.tables) & set(map_.others) == set()
    missing = there.keys() - map_.tables.keys() - map_.others.keys()
    gone = (map_.tables.keys() | map_.others.keys()) - there.keys()
    assert (missing, gone) == (set(), set()), f"See api/{database}/personal.toml."
    for name, table in map_.tables.items():
        assert sorted(table.columns) == sorted(there[name]), f"{name} in {database}/personal.toml"


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_what_is_personal_is_blanked_or_removed_or_its_map_says_why_it_stays(
    database: str,
) -> None:
    for name, table in personal.load(database).tables.items():
        if table.erase in {"blank", "keep"}:
            stays = set(table.columns) & PERSONAL - table.blank.keys() - table.kept.keys()
            assert stays == set(), f"{name} in {database}/personal.toml"
        assert (table.erase == "blank") == bool(table.blank), name
        assert table.blank.keys() | table.kept.keys() <= set(table.columns), name


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_a_customer_gets_what_is_personal_or_it_is_a_secret_of_the_platform(
    database: str,
) -> None:
    """What an export leaves out although it is personal, one by one."""
    left_out = {
        f"{database}.{name}.{column}"
        for name, table in personal.load(database).tables.items()
        for column in set(table.internal) & PERSONAL
        # An answer is given again for a day, and what the vault holds has no other copy.
        if table.erase != "vault" and name != "idempotency_key"
    }
    assert left_out <= {
        "customer.account.password_hash",
        "customer.notification.provider_reference",
        "customer.notification.failure",
        "customer.export_part.content",
        "sysops.notification.provider_reference",
        "sysops.notification.failure",
        # Made of what the export holds.
        "sysops.ticket_index.document",
        "sysops.customer_index.document",
        "billing.payment.idempotency_key",
        "billing.refund.idempotency_key",
        "billing.refund.provider_reference",
        "billing.chargeback.provider_reference",
    }


INDEXED = """
SELECT c.relname::text, a.attname::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE i.indpred IS NULL AND c.relnamespace = 'public'::regnamespace
"""


@pytest.mark.parametrize("database", EVERY_DATABASE)
def test_a_customers_rows_are_found_by_an_index(databases: Databases, database: str) -> None:
    """Among the rows of millions. Answers under idempotency keys are those of one day."""
    indexed = set(databases.rows(database, INDEXED))
    wanted = {
        (name, column)
        for name, table in personal.load(database).tables.items()
        for column in ([table.by] if table.by else table.via)
    }
    assert wanted - indexed == set()


@pytest.mark.parametrize("database", ["customer", "sysops", "billing"])
def test_an_erasure_writes_nothing_that_the_warehouse_mirrors(database: str) -> None:
    """Or a number of last year would change when a customer goes."""
    mirrored = access.load(database).roles["replicator"].columns
    for name, table in personal.load(database).tables.items():
        assert set(table.blank) & set(mirrored.get(name, ())) == set(), name
        assert table.erase != "delete" or name not in mirrored, name


def test_the_roles_that_export_and_erase_are_in_every_database() -> None:
    for database in EVERY_DATABASE:
        roles = access.load(database).roles
        assert (roles["exporter"].personal, roles["eraser"].personal) == ("export", "erase")
