"""What is counted for the metrics, by the role that counts."""

import pytest

from orchestration.metrics.signals import SIGNALS
from tests.databases import Databases
from tests.warehouse.world import World

OLDEST = next(it.sql for it in SIGNALS if it.name == "squad_oldest_unassigned_seconds")
REOPENED = """
UPDATE ticket_event SET action = 'reopen', at = now() - interval '1 hour'
WHERE ticket_id = %s AND version = (SELECT max(version) FROM ticket_event WHERE ticket_id = %s)
"""


def waiting(databases: Databases) -> float:
    with databases.connect("sysops", "watcher") as connection:
        row = connection.execute(OLDEST.encode()).fetchone()
    assert row is not None
    return float(row[0])


def test_a_ticket_waits_since_it_was_opened_again_and_not_since_it_was_new(
    databases: Databases,
) -> None:
    World(10, 30).build().load(databases)
    [(ticket,)] = databases.rows("sysops", "SELECT id FROM ticket ORDER BY id LIMIT 1")
    databases.execute("sysops", "UPDATE ticket SET status = 'closed' WHERE id <> %s", ticket)
    old = "UPDATE ticket SET status = 'open', submitted_at = now() - interval '30 days'"
    databases.execute("sysops", f"{old} WHERE id = %s", ticket)
    assert waiting(databases) == pytest.approx(30 * 86_400, abs=300)
    databases.execute("sysops", REOPENED, ticket, ticket)
    assert waiting(databases) == pytest.approx(3_600, abs=300)
    databases.execute("sysops", "UPDATE ticket SET status = 'closed'")
    assert waiting(databases) == 0
