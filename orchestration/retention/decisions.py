"""Removes what assignment runs decided long ago, a little at a time.

Runs with the role `janitor`, which sees whose decision it is, and nothing of it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from orchestration.retention.forgetting import Sessions, delete_before

KEPT_DAYS: Final = 400
"""A year and a month: the same season can be looked at again."""

# Keys of runs grow with time, so what is old is the begin of the primary key. Decisions of the
# last run stay, however long ago it was, and those by which a visit stands.
_DELETE = text("""
WITH old AS (
    SELECT run_id, ticket_id FROM assignment_decision AS it
    WHERE run_id < (SELECT uuidv7(CAST(:before AS timestamptz) - now()))
        AND run_id IS DISTINCT FROM (
            SELECT id FROM assignment_run WHERE status = 'finished' ORDER BY id DESC LIMIT 1)
        AND NOT EXISTS (
            SELECT FROM assignment AS visit
            WHERE visit.ticket_id = it.ticket_id AND visit.run_id = it.run_id
                AND visit.status IN ('proposed', 'accepted'))
    ORDER BY run_id
    LIMIT :most
)
DELETE FROM assignment_decision AS it USING old
WHERE it.run_id = old.run_id AND it.ticket_id = old.ticket_id
""")


async def forget_decisions(
    sessions: Sessions, now: datetime, kept: timedelta = timedelta(days=KEPT_DAYS)
) -> dict[str, int]:
    """Forget what was decided longer ago than `kept`; returns how many decisions went."""
    return {"decisions": await delete_before(sessions["sysops"], _DELETE, now - kept)}
