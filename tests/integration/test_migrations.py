"""Migrations go forward and back, and agree with the models."""

import psycopg
import pytest

from api.databases import SCHEMAS
from api.kernel import migrate
from orchestration.local import bootstrap
from tests.databases import Databases, password_of

EVERY_DATABASE = sorted(SCHEMAS)


@pytest.mark.parametrize("name", EVERY_DATABASE)
def test_the_models_and_the_migrations_agree(databases: Databases, name: str) -> None:
    assert migrate.drift(SCHEMAS[name], databases.url(name, f"{name}_owner")) == []


@pytest.mark.parametrize("name", EVERY_DATABASE)
def test_every_migration_goes_back_and_forward_again(databases: Databases, name: str) -> None:
    url = databases.url(name, f"{name}_owner")
    migrate.downgrade(SCHEMAS[name], url)
    assert migrate.revision_of(url) is None
    left = databases.rows(
        name,
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema' AND relkind = 'r'",
    )
    assert left == [("alembic_version",)]
    migrate.upgrade(SCHEMAS[name], url)
    assert migrate.drift(SCHEMAS[name], url) == []


@pytest.mark.parametrize("name", EVERY_DATABASE)
def test_preparing_a_prepared_database_changes_nothing(databases: Databases, name: str) -> None:
    head = migrate.head_of(SCHEMAS[name])
    assert bootstrap.prepare(name, databases.url(name), password_of) == head


def test_the_database_itself_refuses_to_book_an_expert_twice(databases: Databases) -> None:
    indexes = databases.rows(
        "sysops", "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname='pk_booking'"
    )
    assert indexes == [("PRIMARY KEY (expert_id, during WITHOUT OVERLAPS)",)]


def test_a_role_that_no_grant_names_cannot_even_connect(databases: Databases) -> None:
    databases.url("sysops")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        databases.connect("customer", "assigner")
