"""The verdict of `squad chaos`: silent about a world in order, and each wrong in it is counted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.chaos.ledger import Ledger
from tests.chaos.verdict import SOURCES, Scene, verdict
from tests.databases import Databases
from tests.unit.sandbox.actions import body
from tests.warehouse.world import World

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
MARK = "0123456789abcdef" * 2
APPROVED = "SELECT idempotency_key, invoice_id::text, amount_cents FROM payment WHERE {}"
WELL = "status = 'approved'"
TICKET = """
SELECT id::text FROM ticket WHERE id IN (SELECT ticket_id FROM ticket_event WHERE action = 'accept')
ORDER BY id LIMIT 1
"""


@dataclass
class Played:
    """A world as an experiment leaves it, with what was acknowledged of one of its tickets."""

    scene: Scene
    ledger: Ledger
    databases: Databases
    provider: httpx.AsyncClient
    ticket: str

    async def found(self) -> dict[str, int]:
        """What is wrong. Promises of notifications are left out: this world has sent none."""
        found = await asyncio.to_thread(verdict, self.scene, self.ledger, LONG_AGO)
        del found["charges_made"], found["promises_broken"]
        return {name: count for name, count in found.items() if count}


@pytest.fixture
async def played(databases: Databases, tmp_path: Path) -> AsyncIterator[Played]:
    World(40, 120).build().load(databases)
    databases.execute("customer", "UPDATE ticket SET status = 'open' WHERE status = 'submitted'")
    databases.execute("billing", f"DELETE FROM payment WHERE NOT {WELL} AND status <> 'declined'")
    settings = SandboxSettings(
        sandbox_port=0, sandbox_smtp_port=0, sandbox_data=tmp_path / "sandbox.sqlite3"
    )
    [(ticket,)] = databases.rows("sysops", TICKET)
    for name in ("customer", "sysops"):
        said = f"UPDATE ticket SET description = 'It ({MARK}).' WHERE id = %s"
        databases.execute(name, said, ticket)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.write("ticket", id=ticket, mark=MARK, channel="web")
    accepted = "SELECT count(*) FROM ticket_event WHERE ticket_id = %s AND action = 'accept'"
    for _ in range(databases.rows("sysops", accepted, ticket)[0][0]):
        ledger.write("accept", ticket_id=ticket, visit_id="any")
    # Some answers of this world are still on their way to the warehouse.
    arrived = databases.rows("analytics", "SELECT survey_id FROM survey_response")
    answered = "SELECT ticket_id::text, score FROM survey WHERE id = ANY(%s)"
    for survey_of, score in databases.rows("customer", answered, [one for (one,) in arrived]):
        ledger.write("survey", ticket_id=survey_of, score=score)
    async with (
        serving(settings) as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as provider,
    ):
        for key, invoice, cents in databases.rows("billing", APPROVED.format(WELL)):
            await charge(provider, key, invoice, cents)
        urls = {name: databases.url(name) for name in (*SOURCES, "analytics")}
        scene = Scene(urls, f"{sandbox.url}/api/charges")
        yield Played(scene, ledger, databases, provider, ticket)
    ledger.close()


async def charge(provider: httpx.AsyncClient, key: str, invoice: str, cents: int) -> None:
    answer = await provider.post(
        "/payments/charges",
        json=body(amount=cents, reference=invoice),
        headers={"Idempotency-Key": key, "Authorization": "Bearer any"},
    )
    answer.raise_for_status()


async def test_a_world_in_order_is_found_in_order(played: Played) -> None:
    assert await played.found() == {}


@pytest.mark.parametrize(
    ("database", "wrong", "found"),
    [
        (
            "sysops",
            f"UPDATE ticket SET description = 'another' WHERE description ~ '{MARK}'",
            {"tickets_lost": 1},
        ),
        (
            "customer",
            f"UPDATE ticket SET description = '{MARK}' WHERE id IN (SELECT id FROM ticket LIMIT 9)",
            {"tickets_doubled": 1},
        ),
        (
            "customer",
            "UPDATE ticket SET status = 'submitted' WHERE id IN (SELECT id FROM ticket LIMIT 2)",
            {"tickets_stuck": 2},
        ),
        (
            "sysops",
            ("UPDATE ticket_event SET version = version + 100 WHERE (ticket_id, version) IN"
            " (SELECT ticket_id, max(version) FROM ticket_event GROUP BY 1)"),
            {"illegal_histories": 1},
        ),
        (
            "sysops",
            "UPDATE ticket_event SET action = 'start' WHERE action = 'accept'",
            {"illegal_histories": 1, "acts_lost": 1},
        ),
        ("customer", "UPDATE survey SET score = mod(score, 5) + 1 WHERE score = 5", "surveys_lost"),
        ("analytics", "UPDATE survey_response SET score = 1 WHERE score = 5", "surveys_lost"),
        (
            "billing",
            ("UPDATE payment SET idempotency_key = gen_random_uuid() WHERE id ="
            f" (SELECT id FROM payment WHERE {WELL} LIMIT 1)"),
            {"charges_missing": 1, "charges_unknown_to_us": 1},
        ),
        (
            "billing",
            ("UPDATE payment SET status = 'unknown' WHERE id ="
            f" (SELECT id FROM payment WHERE {WELL} LIMIT 1)"),
            {"charges_unknown_to_us": 1, "charges_undecided": 1},
        ),
        (
            "customer",
            ("INSERT INTO to_sysops.pgqueuer (priority, status, entrypoint, payload)"
            " VALUES (0, 'queued', 'ticket_created', '{}'), (0, 'failed', 'ticket_created', '{}')"),
            {"messages_waiting": 1, "messages_held": 1},
        ),
    ],
)  # fmt: skip
async def test_each_wrong_is_counted(
    played: Played, database: str, wrong: str, found: dict[str, int] | str
) -> None:
    played.databases.execute(database, wrong)
    if isinstance(found, str):
        assert list(await played.found()) == [found]
    else:
        assert await played.found() == found


async def test_an_act_that_happened_twice_is_counted(played: Played) -> None:
    played.databases.execute(
        "sysops",
        "INSERT INTO ticket_event (id, ticket_id, version, at, actor, from_status, to_status,"
        " action) SELECT uuidv7(), ticket_id, version + 100, at, actor, from_status, to_status,"
        " action FROM ticket_event WHERE ticket_id = %s AND action = 'accept' LIMIT 1",
        played.ticket,
    )
    assert await played.found() == {"acts_doubled": 1, "illegal_histories": 1}


async def test_a_second_charge_for_one_invoice_is_counted(played: Played) -> None:
    [(_, invoice, cents)] = played.databases.rows("billing", APPROVED.format(WELL) + " LIMIT 1")
    await charge(played.provider, "another-key", invoice, cents)
    assert await played.found() == {"charges_doubled": 1, "charges_unknown_to_us": 1}


async def test_a_notification_that_was_not_sent_is_counted(played: Played) -> None:
    [(kinds,)] = played.databases.rows("sysops", "SELECT count(*) FROM notification")
    assert kinds == 0
    played.databases.execute(
        "sysops",
        "INSERT INTO notification (staff_id, kind, cause, channel, context, status, created_at)"
        " SELECT id, 'low_score', 'x', 'email', '{}', 'failed', now() FROM staff LIMIT 1",
    )
    assert await played.found() == {"notifications_missing": 1}
