"""Removes what signing in leaves behind once it means nothing any more, a little at a time.

Runs with the role `janitor`, which sees hashes and times. An expired refresh token, link or
attempt opens nothing, so that its row is of no use; wrong passwords count for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text

from api.customer.accounts.rules import MAILED_TOKENS_COUNT_FOR
from api.kernel.sign_in.rules import FAILURES_COUNT_FOR
from orchestration.retention.forgetting import Sessions, delete_before

# The age is asked for twice: whoever used the row meanwhile keeps it.
_DELETE: Final = """
WITH old AS (
    SELECT {key} FROM {table} WHERE {at} < :before ORDER BY {at} LIMIT :most
)
DELETE FROM {table} AS it USING old WHERE it.{key} = old.{key} AND it.{at} < :before
"""


@dataclass(frozen=True)
class Remains:
    """Rows of a table that go `kept` after the moment in the column `at`."""

    database: str
    table: str
    key: str
    at: str = "expires_at"
    kept: timedelta = timedelta(0)

    def statement(self) -> TextClause:
        return text(_DELETE.format(table=self.table, key=self.key, at=self.at))


REMAINS: Final = (
    Remains("customer", "mailed_token", "id", kept=MAILED_TOKENS_COUNT_FOR),
    Remains("sysops", "password_link", "staff_id"),
    *(
        remains
        for database in ("customer", "sysops")
        for remains in (
            Remains(database, "refresh_token", "token_hash"),
            Remains(database, "sign_in_attempt", "token_hash"),
            Remains(database, "sign_in_failure", "email_hash", "last_at", FAILURES_COUNT_FOR),
        )
    ),
)


async def forget_sign_ins(sessions: Sessions, now: datetime) -> dict[str, int]:
    """Forget in both databases; returns how many rows went, by database and table."""
    return {
        f"{it.database}_{it.table}": await delete_before(
            sessions[it.database], it.statement(), now - it.kept
        )
        for it in REMAINS
    }
