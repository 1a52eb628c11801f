"""What a run decided is written as sets, and is what it would be one by one."""

import json
from typing import Any
from uuid import UUID, uuid4

import msgspec

from api.kernel.messages import decode_envelope
from tests.databases import Databases
from tests.integration.assignment.planning import CHANGED, HOURS, Planning, window
from tests.world import add_expert

TAKEN = "The ticket or the expert's window was taken while the run was at work."
FULL = "The expert's day became full while the run was at work."
TOO_FAR = "The expert's day became too long to drive while the run was at work."
TABLES = """
SELECT schemaname || '.' || tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
# Keys that a database makes, and times at which a queue was written.
MADE = {"row_xid", "job_id", "created", "updated", "heartbeat", "execute_after"}
KEYS = {
    "SELECT id, ticket_id FROM assignment": "assignment of ",
    "SELECT id, ticket_id FROM notification": "notification of ",
}
REPLACED = """
UPDATE entitlement SET status = 'cancelled', replaced_by = uuidv7() WHERE contract_id = %s
"""
BY_HAND = """
WITH made AS (
    INSERT INTO assignment
        (ticket_id, expert_id, during, status, travel_km, cost, proposed_at, answer_by)
    VALUES (%s, %s, tstzrange(%s, %s), 'proposed', 1, 1, now(), now()) RETURNING *
)
INSERT INTO booking SELECT expert_id, during, id FROM made
"""


def everything(databases: Databases) -> dict[str, list[str]]:
    """Every row of every table; keys that the database makes are said by what they belong to."""
    names: dict[str, str] = {}
    for query, words in KEYS.items():
        names |= {str(key): f"{words}{of}" for key, of in databases.rows("sysops", query)}
    found: dict[str, list[str]] = {}
    for (table,) in databases.rows("sysops", TABLES):
        rows = databases.rows("sysops", f"SELECT to_jsonb(t) FROM {table} t")
        said = [json.dumps(_without_made(row), sort_keys=True) for (row,) in rows]
        for key, name in names.items():
            said = [line.replace(key, name) for line in said]
        found[table] = sorted(said)
    return found


def _without_made(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in MADE}
    if "action" in kept or "entrypoint" in kept:
        del kept["id"]
    if "payload" in kept:
        payload = bytes.fromhex(kept["payload"].removeprefix("\\x"))
        kept["payload"] = msgspec.json.decode(decode_envelope(payload).body)
    return kept


async def test_many_at_once_leave_the_rows_and_messages_that_one_by_one_leave(
    databases: Databases,
) -> None:
    many = await Planning.begin(databases, 5)
    ada, ben = add_expert(databases, "ada"), add_expert(databases, "ben")
    databases.execute(
        "sysops",
        "UPDATE ticket SET priority = 'urgent', status = 'escalated', customer_absences = 1"
        " WHERE id = %s",
        many.tickets[1],
    )
    planned = many.plan(
        (0, ada, window(8)),
        (1, ben, window(8)),
        (2, ada, window(13)),
        (3, ben, window(10, day=1)),
        (4, ada, window(10)),
    )
    other = databases.fork("sysops")
    try:
        singly = Planning(other, many.tickets, many.run_id, many.now)
        for one in planned:
            await singly.propose(one)
        assert await many.write(planned) == {}
        assert many.written() == singly.written() == {0, 1, 2, 3, 4}
        at_once, one_by_one = everything(databases), everything(other)
        assert at_once == one_by_one
        assert len(at_once["public.notification"]) == 5
    finally:
        other.drop()
    assert await many.wrong() == {}


async def _contracts_of_their_own(databases: Databases, tickets: list[UUID]) -> list[UUID]:
    """New contracts of the same customer, one for each of these tickets."""
    contracts = [uuid4() for _ in tickets]
    for ticket, contract in zip(tickets, contracts, strict=True):
        databases.execute("sysops", "INSERT INTO entitlement (contract_id) VALUES (%s)", contract)
        own = "UPDATE ticket SET contract_id = %s WHERE id = %s"
        databases.execute("sysops", own, contract, ticket)
    return contracts


async def test_who_changed_meanwhile_is_skipped_and_nobody_else(databases: Databases) -> None:
    planning = await Planning.begin(databases, 12)
    experts = [add_expert(databases, f"expert{number}") for number in range(7)]
    lost, gone, left, away, *_ = experts
    held, cancelled, amended = planning.tickets[5:8]
    suspended, replaced = await _contracts_of_their_own(databases, planning.tickets[10:])
    for statement, changed in (
        ("UPDATE expert_skill SET level = 1 WHERE expert_id = %s", lost),
        ("UPDATE expert SET active = false WHERE id = %s", gone),
        ("UPDATE staff SET active = false WHERE id = %s", left),
        ("INSERT INTO time_off (expert_id, during, reason) VALUES (%s, '[,]', 'ill')", away),
        ("UPDATE ticket SET status = 'cancelled', version = 2 WHERE id = %s", cancelled),
        ("UPDATE ticket SET version = 2 WHERE id = %s", amended),
        ("UPDATE entitlement SET standing = 'suspended' WHERE contract_id = %s", suspended),
        (REPLACED, replaced),
    ):
        databases.execute("sysops", statement, changed)
    same = experts[4]
    planned = planning.plan(
        *((place, expert, window(8)) for place, expert in enumerate(experts[:5])),
        *((5 + place, same, window(hour, day=1)) for place, hour in enumerate(HOURS)),
        (9, experts[5], window(8)),
        (10, experts[6], window(8)),
        (11, experts[6], window(10)),
    )
    with databases.connect("sysops") as other, other.transaction():
        other.execute("SELECT 1 FROM ticket WHERE id = %s FOR NO KEY UPDATE", [held])
        skipped = await planning.write(planned)
    this = "While the run was at work this changed: "
    assert skipped == {
        0: f"{this}The expert is not certified for this work.",
        1: f"{this}The expert is not available any more.",
        2: f"{this}The expert is not available any more.",
        3: f"{this}The expert is away at that time.",
        5: CHANGED,
        6: CHANGED,
        7: CHANGED,
        10: "The contract went out of force while the run was at work.",
    }
    rows = databases.rows("sysops", "SELECT ticket_id FROM assignment")
    assert {planning.tickets.index(ticket) for (ticket,) in rows} == {4, 8, 9, 11}


async def test_what_the_database_refuses_costs_nothing_but_itself(databases: Databases) -> None:
    planning = await Planning.begin(databases, 9)
    ada, ben, joe = (add_expert(databases, name) for name in ("ada", "ben", "joe"))
    # An hour's work from 9 on leaves the time from 8 to 9 for another; the windows overlap.
    databases.execute("sysops", "UPDATE ticket SET ticket_type = 'tv-repair'")
    databases.execute("sysops", "INSERT INTO required_skill VALUES ('tv-repair', 'laptop', 1)")
    databases.execute("sysops", "DELETE FROM required_skill WHERE skill = 'tv'")
    late = window(9)
    databases.execute("sysops", BY_HAND, planning.tickets[7], ben, late.start, late.end)
    # An assignment that stands although its ticket does not tell.
    far = window(8, day=5)
    databases.execute("sysops", BY_HAND, planning.tickets[5], joe, far.start, far.end)
    chosen = (
        (0, ada, window(8)),
        (1, ada, window(10)),
        (2, ben, window(8)),
        (3, ben, window(13)),
        (4, joe, window(8)),
        (5, joe, window(10)),
        (6, joe, window(13)),
    )
    assert await planning.write(planning.plan(*chosen)) == {2: TAKEN, 5: TAKEN}
    assert planning.written() == {0, 1, 3, 4, 6}


async def test_a_day_that_became_short_keeps_the_most_important(databases: Databases) -> None:
    planning = await Planning.begin(databases, 7)
    full, far = add_expert(databases, "full"), add_expert(databases, "far", radius_km=200)
    urgent = "UPDATE ticket SET priority = 'urgent' WHERE id = %s"
    databases.execute("sysops", urgent, planning.tickets[1])
    databases.execute("sysops", "UPDATE expert SET most_visits_a_day = 1 WHERE id = %s", full)
    # A hundred kilometres away, by hand: from 8 to 9:30 in Austin nobody is there in time.
    there = "UPDATE ticket SET latitude = latitude + 0.9, status = 'assigned' WHERE id = %s"
    databases.execute("sysops", there, planning.tickets[6])
    by_hand = window(10)
    databases.execute("sysops", BY_HAND, planning.tickets[6], far, by_hand.start, by_hand.end)
    chosen = (
        (0, full, window(8)),
        (1, full, window(10)),
        (2, full, window(8, day=1)),
        (3, far, window(8)),
        (4, far, window(15)),
        (5, far, window(8, day=1)),
    )
    assert await planning.write(planning.plan(*chosen)) == {0: FULL, 3: TOO_FAR}
    assert planning.written() == {1, 2, 4, 5}
    assert await planning.wrong() == {}
