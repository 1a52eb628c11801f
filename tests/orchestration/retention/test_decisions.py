"""What runs decided is forgotten after its time, but not what still says why somebody comes."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.retention import forgetting
from orchestration.retention.decisions import forget_decisions
from orchestration.retention.forgetting import Sessions
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets
from tests.orchestration.retention.test_retention import janitors
from tests.world import add_expert, furnish

__all__ = ["janitors"]

RUN = """
WITH run AS (
    INSERT INTO assignment_run (id, started_at, as_of, status, policy)
    SELECT uuidv7(make_interval(days => -%(days)s)), at, at, 'finished', 'balanced/1'
    FROM (SELECT now() - make_interval(days => %(days)s) AS at) RETURNING id
), decided AS (
    INSERT INTO assignment_decision (run_id, ticket_id, outcome, candidates, removed, reason)
    SELECT run.id, ticket.id, 'unserved', 0, '{}', %(days)s::text FROM run, ticket
)
SELECT id FROM run
"""
VISIT = """
INSERT INTO assignment (ticket_id, expert_id, run_id, during, status, travel_km, cost, proposed_at,
    answer_by)
SELECT min(id::text)::uuid, %s, %s, '[2020-01-01,2020-01-02)', %s, 1, 1, now(), now() FROM ticket
"""


def kept(databases: Databases) -> list[tuple[str, int]]:
    """How many days ago was decided on how many tickets."""
    query = "SELECT reason, count(*) FROM assignment_decision GROUP BY 1 ORDER BY reason::int"
    return databases.rows("sysops", query)


async def test_decisions_go_after_their_time_but_for_the_last_run_and_visits_that_stand(
    databases: Databases, janitors: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    furnish(databases)
    eve = add_expert(databases)
    await open_tickets(databases, 3)
    runs = {}
    for days in (600, 500, 401, 399):
        ((runs[days],),) = databases.rows("sysops", RUN.replace("%(days)s", str(days)))
    databases.execute("sysops", VISIT, eve, runs[500], "accepted")
    databases.execute("sysops", VISIT, eve, runs[401], "rejected")
    now = datetime.now(UTC)
    assert await forget_decisions(janitors, now) == {"decisions": 8}
    assert kept(databases) == [("399", 3), ("500", 1)]
    databases.execute("sysops", "UPDATE assignment SET status = 'completed'")
    # As nothing has run since, the last run's decisions stay.
    assert await forget_decisions(janitors, now, timedelta(days=1)) == {"decisions": 1}
    assert kept(databases) == [("399", 3)]
