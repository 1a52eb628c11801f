"""What has expired of signing in goes, and what still means something stays."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestration.retention.forgetting import Sessions
from orchestration.retention.sign_ins import REMAINS, forget_sign_ins
from tests.api.customer.world import add_account
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.orchestration.retention.test_retention import janitors

__all__ = ["janitors"]

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
REFRESH = (
    "INSERT INTO refresh_token (token_hash, family_id, {whose}, issued_at, expires_at, used_at)"
    " VALUES (sha256(%s::bytea), uuidv7(), %s, %s - interval '30 days', %s, %s)"
)
ATTEMPT = (
    "INSERT INTO sign_in_attempt (token_hash, redirect_url, expires_at)"
    " VALUES (sha256(%s::bytea), 'https://portal.example', %s)"
)
FAILURE = (
    "INSERT INTO sign_in_failure (email_hash, failures, last_at) VALUES (sha256(%s::bytea), 3, %s)"
)
MAILED = (
    "INSERT INTO mailed_token (account_id, purpose, token_hash, sent_at, expires_at)"
    " VALUES (%s, 'reset_password', sha256(%s::bytea), %s, %s)"
)
LINK = (
    "INSERT INTO password_link (staff_id, id, kind, created_at, expires_at)"
    " VALUES (%s, gen_random_uuid(), 'invitation', now(), %s)"
)


def leave_behind(databases: Databases, name: str, ago: timedelta) -> None:
    """Everything of signing in that ends at once, so long ago, and wrong passwords a day before."""
    at, day_before = NOW - ago, NOW - ago - timedelta(days=1)
    account = add_account(databases, f"{name}@example.com")
    staff = add_staff(databases, "helpdesk", f"{name}@squad.example")
    for database, whose, person in (
        ("customer", "account_id", account),
        ("sysops", "staff_id", staff),
    ):
        refresh = REFRESH.format(whose=whose)
        databases.execute(database, refresh, name, person, at, at, at)
        databases.execute(database, ATTEMPT, name, at)
        databases.execute(database, FAILURE, name, day_before)
    databases.execute("customer", MAILED, account, name, day_before, day_before)
    databases.execute("sysops", LINK, staff, at)


def left(databases: Databases) -> set[int]:
    """How many rows there are in each of the tables."""
    return {databases.rows(it.database, f"SELECT count(*) FROM {it.table}")[0][0] for it in REMAINS}


async def test_what_has_expired_goes_and_all_else_stays(
    databases: Databases, janitors: Sessions
) -> None:
    leave_behind(databases, "old", MINUTE)
    leave_behind(databases, "fresh", -MINUTE)
    staff = add_staff(databases, "expert")
    databases.execute("sysops", LINK, staff, None)
    gone = await forget_sign_ins(janitors, NOW)
    assert gone == {f"{it.database}_{it.table}": 1 for it in REMAINS}
    # A link whose mail has not left yet has no end yet.
    databases.execute("sysops", "DELETE FROM password_link WHERE expires_at IS NULL")
    assert left(databases) == {1}
    assert set((await forget_sign_ins(janitors, NOW)).values()) == {0}


@pytest.mark.parametrize("database", ["customer", "sysops"])
async def test_the_janitor_sees_no_person_and_ends_nothing_before_its_time(
    databases: Databases, database: str
) -> None:
    async with databases.sessions(database, "janitor") as sessions:
        for statement in (
            "SELECT family_id FROM refresh_token",
            "SELECT issuer FROM identity",
            "UPDATE refresh_token SET expires_at = now()",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with sessions.begin() as session:
                    await session.execute(text(statement))
