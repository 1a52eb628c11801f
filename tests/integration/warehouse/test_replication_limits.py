"""What the mirror refuses, keeps out, and names."""

import psycopg
import pytest

from api.kernel import access
from orchestration.replication.mirror import SOURCES
from tests.databases import Databases
from tests.warehouse.sources import Sources


def test_a_retyped_column_stops_its_table_and_no_other(sources: Sources) -> None:
    sources.account()
    sources.mirror()
    sources.databases.execute("customer", "ALTER TABLE address ALTER zip TYPE bytea USING NULL")
    sources.account(2)
    done = sources.mirror()
    assert [(stop.table, stop.reason) for stop in done.stopped] == [
        ("address", "zip is bytea in the source and text here")
    ]
    assert len(sources.raw("id", "customer__account")) == 2


def test_a_removed_column_stops_its_table(sources: Sources) -> None:
    sources.mirror()
    sources.databases.execute("customer", "ALTER TABLE address DROP COLUMN time_zone")
    [stopped] = sources.mirror().stopped
    assert stopped.reason == "time_zone is no longer in the source, or no longer readable"


def test_a_new_readable_column_is_named_and_stops_nothing(sources: Sources) -> None:
    sources.databases.execute("customer", "ALTER TABLE account ADD COLUMN segment text")
    sources.databases.execute("customer", "GRANT SELECT (segment) ON account TO replicator")
    done = sources.mirror()
    assert (done.unknown, done.stopped) == (["account.segment"], [])


PERSONAL = {
    "customer": """
        account.email account.full_name account.phone address.line1 address.latitude card.last4
        survey.comment ticket.description notification.context statement.lines
    """,
    "sysops": """
        staff.email staff.full_name customer.full_name customer.addresses ticket.contact_phone
        ticket.description ticket.resolution time_off.reason
    """,
    "billing": """
        vault_card.ciphertext vault_card.fingerprint vault_card.last4 payment.card_id
        payment.provider_reference alert.detail
    """,
}


@pytest.mark.parametrize("database", SOURCES)
def test_the_replicator_cannot_read_one_personal_column(
    databases: Databases, database: str
) -> None:
    with databases.connect(database, "replicator") as connection:
        for column in PERSONAL[database].split():
            table, name = column.split(".")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT {name} FROM {table}".encode())


@pytest.mark.parametrize("source", SOURCES)
def test_every_column_that_the_replicator_may_read_has_a_place_in_raw(
    sources: Sources, source: str
) -> None:
    done = sources.mirror(source)
    assert (done.unknown, done.stopped) == ([], [])
    granted = access.load(source).roles["replicator"].columns
    assert {table.table for table in done.tables} == set(granted)


def test_a_row_with_personal_data_is_kept_out_of_raw(sources: Sources) -> None:
    sources.plan("gold", "Gold")
    sources.plan("silver", "Silver, ask jo@example.com")
    assert sources.landed("plan", "billing").quarantined == 1
    assert sources.raw("code", "billing__plan") == [("gold",)]
    assert sources.raw_quarantine() == [("plan", {"code": "silver"}, "an e-mail address")]


def test_a_row_that_gets_personal_data_later_leaves_raw_until_it_is_clean(
    sources: Sources,
) -> None:
    # Whatever its columns are called, also as the quarantine's own.
    for database, table in (("billing", "plan"), ("analytics", "raw.billing__plan")):
        sources.databases.execute(database, f"ALTER TABLE {table} ADD COLUMN source text")
    sources.databases.execute("billing", "GRANT SELECT (source) ON plan TO replicator")
    sources.plan("gold", "Gold")
    sources.mirror("billing")
    sources.databases.execute("billing", "UPDATE plan SET name = 'Call +1 212-555-0123'")
    sources.mirror("billing")
    assert sources.raw("code", "billing__plan") == []
    sources.databases.execute("billing", "UPDATE plan SET name = 'Gold again'")
    sources.mirror("billing")
    assert sources.raw("name", "billing__plan") == [("Gold again",)]
    assert sources.raw_quarantine() == []
