"""What a failing statement says: enough to find the mistake, and nobody's data."""

import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestration.local.postgres import EmbeddedPostgres
from tests.databases import Databases

EXPERT = (
    "INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at)"
    " VALUES (:secret, :secret, :secret, '{expert}', now(), now())"
)
FAILURES = {
    "a missing value": (EXPERT.replace("now()", "NULL"), "null value in column"),
    "a repetition": (EXPERT, "duplicate key value violates unique constraint"),
    "text where a number is asked for": ("SELECT CAST(:secret AS text)::int", "InvalidText"),
    "a parameter of the wrong type": ("SELECT CAST(:secret AS int)", "DataError"),
}
SECRET = "ada@example.com"


@pytest.mark.parametrize("name", FAILURES)
async def test_an_error_of_the_database_says_what_is_wrong_and_quotes_no_value(
    databases: Databases, cluster: EmbeddedPostgres, name: str
) -> None:
    statement, words = FAILURES[name]
    async with databases.sessions("sysops", "sysops_api") as sessions:
        if name == "a repetition":
            async with sessions.begin() as session:
                await session.execute(text(EXPERT), {"secret": SECRET})
        with pytest.raises(DBAPIError) as caught:
            async with sessions.begin() as session:
                await session.execute(text(statement), {"secret": SECRET})
    told = "".join(traceback.format_exception(caught.value))
    assert words in told
    assert SECRET not in told
    log = (cluster.data_dir / "server.log").read_text()
    assert f"({SECRET})" not in log
    assert f"{SECRET}," not in log
