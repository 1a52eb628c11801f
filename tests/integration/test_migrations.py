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


def test_what_plans_were_is_taken_from_the_audit_log(databases: Databases) -> None:
    """Each entry has what the change replaced, and nothing else."""
    url = databases.url("sysops", "sysops_owner")
    migrate.downgrade(SCHEMAS["sysops"], url, "0028")
    databases.execute(
        "sysops",
        """
        INSERT INTO support_plan (code, version, name, price_cents, interval, sla_hours,
            device_types, active) VALUES
            ('care', 3, 'Care Plus', 1100, 'month', 24, '{laptop,tv}', true),
            ('new', 1, 'New', 500, 'year', 48, '{tv}', true);
        INSERT INTO audit_entry (at, actor_id, actor_roles, action, subject_kind, subject_id,
            before, after)
        SELECT at::timestamptz, uuidv7(), '{administrator}', 'plan.kept', 'support plan', code,
            before::jsonb, '{}'
        FROM (VALUES
            ('2026-01-01 10:00Z', 'care', NULL),
            ('2026-02-01 10:00Z', 'new', NULL),
            ('2026-03-01 10:00Z', 'care', '{"price_cents": 900, "device_types": ["laptop"]}'),
            ('2026-05-01 10:00Z', 'care', '{"name": "Care", "active": false}')
        ) AS entry (at, code, before);
        """,
    )
    migrate.upgrade(SCHEMAS["sysops"], url)
    rows = databases.rows(
        "sysops",
        "SELECT code, version, name, price_cents, device_types, active, until::date::text "
        "FROM former_plan ORDER BY version",
    )
    assert rows == [
        ("care", 1, "Care", 900, ["laptop"], False, "2026-03-01"),
        ("care", 2, "Care", 1100, ["laptop", "tv"], False, "2026-05-01"),
    ]
