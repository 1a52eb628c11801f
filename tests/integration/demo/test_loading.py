"""A load is whole or not there, and leaves the databases as the migrations made them."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from api.billing.vault.service import EncryptedCard, NewCard
from orchestration.local.demo.load import load, look
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import ADDED_TO, TABLES, DemoRefused
from tests.databases import Databases
from tests.integration.demo.support import NOON, load_world, owners

TINY = DemoSize(customers=60, experts=8, months=2, seed=3)
ALL = "SELECT count(*) FROM {}"
# Everything that a load takes off and puts back.
SHAPE = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT attrelid::regclass::text, attname, attnotnull::text
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
    UNION ALL
    SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
"""


class Interrupted(Exception):
    """Stands for a load that dies."""


def rows(databases: Databases) -> dict[str, int]:
    return {
        f"{database}.{table}": databases.rows(database, ALL.format(table))[0][0]
        for database, tables in TABLES.items()
        for table in tables
    }


def test_keys_indexes_and_constraints_are_as_before(databases: Databases) -> None:
    before = {name: sorted(databases.rows(name, SHAPE)) for name in TABLES}
    load_world(databases, TINY)
    assert {name: sorted(databases.rows(name, SHAPE)) for name in TABLES} == before


def test_the_counts_are_those_of_the_tables(databases: Databases) -> None:
    loaded = load_world(databases, TINY)
    told = {
        f"{database}.{table}": count
        for database, tables in loaded.counts.items()
        for table, count in tables.items()
    }
    templates = {f"{database}.survey_template": 2 for database in ADDED_TO}
    assert told == rows(databases) | templates
    assert loaded.rows == sum(told.values())


def test_loading_again_changes_nothing_also_later(databases: Databases) -> None:
    load_world(databases, TINY)
    before = rows(databases)
    again = load_world(databases, TINY, NOON + timedelta(days=3))
    assert (again.rows, again.marker.now) == (0, NOON)
    assert rows(databases) == before


def test_a_load_that_dies_leaves_nothing(databases: Databases) -> None:
    def die(_: Iterable[NewCard]) -> Iterable[EncryptedCard]:
        raise Interrupted

    with pytest.raises(Interrupted):
        load(owners(databases), TINY, NOON, encrypt=die)
    assert not any(rows(databases).values())
    assert look(owners(databases)).marker is None
    assert load_world(databases, TINY).rows > 0


def test_a_load_that_died_between_two_commits_is_completed(databases: Databases) -> None:
    """As if only some of the four transactions had been committed."""
    load_world(databases, TINY)
    before = rows(databases)
    scores = "SELECT * FROM survey_response ORDER BY survey_id"
    answers = [row[:-1] for row in databases.rows("analytics", scores)]
    databases.execute("analytics", "TRUNCATE survey_response, survey_choice")
    name = databases.rows("analytics", "SELECT current_database()")[0][0]
    databases.execute("analytics", f'COMMENT ON DATABASE "{name}" IS NULL')
    completed = load_world(databases, TINY, NOON + timedelta(hours=5))
    assert set(completed.counts) == {"analytics"}
    assert rows(databases) == before
    assert [row[:-1] for row in databases.rows("analytics", scores)] == answers


def test_another_world_is_refused(databases: Databases) -> None:
    load_world(databases, TINY)
    with pytest.raises(DemoRefused, match="another demo world"):
        load_world(databases, DemoSize(customers=61, experts=8, months=2, seed=3))


def test_databases_in_use_are_refused_and_left_alone(databases: Databases) -> None:
    databases.execute("sysops", "INSERT INTO skill VALUES ('welding', 'Welding')")
    with pytest.raises(DemoRefused, match="The table skill of the database sysops has rows"):
        load_world(databases, TINY)
    assert rows(databases) == {name: int(name == "sysops.skill") for name in rows(databases)}


def test_the_next_ticket_gets_the_next_number(databases: Databases) -> None:
    load_world(databases, TINY)
    (latest,) = databases.rows("sysops", "SELECT max(number) FROM ticket")[0]
    (following,) = databases.rows("sysops", "SELECT nextval('ticket_number_seq')")[0]
    assert following == latest + 1


def test_addresses_for_other_drivers_are_understood(databases: Databases) -> None:
    urls = {name: url.replace(":", "+asyncpg:", 1) for name, url in owners(databases).items()}
    assert load(urls, TINY, NOON).rows > 0
