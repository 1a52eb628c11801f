"""Staff are told by the real adapters, through the real relay, against the sandbox."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.sysops.notifications.service import (
    Kind,
    notify,
    notify_administrators,
    notify_managers,
)
from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.world import add_expert, furnish, household

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
VISIT = {
    "number": 100_001,
    "ticket_type": "laptop-repair",
    "city": "Austin",
    "zip": "78701",
    "window_start": "2026-03-03T16:00:00+00:00",
    "window_end": "2026-03-03T18:00:00+00:00",
    "answer_by": "2026-03-02T16:00:00+00:00",
    "time_zone": "America/Chicago",
}


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    settings = SandboxSettings(
        sandbox_port=0, sandbox_smtp_port=0, sandbox_data=tmp_path / "sandbox.sqlite3"
    )
    async with serving(settings) as running:
        monkeypatch.setenv("SQUAD_SMTP_URL", running.smtp_url)
        monkeypatch.setenv("SQUAD_MAIL_FROM", "support@squad.example")
        monkeypatch.setenv("SQUAD_SMS_URL", running.url)
        monkeypatch.setenv("SQUAD_SMS_ACCOUNT", "sandbox")
        monkeypatch.setenv("SQUAD_SMS_TOKEN", "sandbox")
        monkeypatch.setenv("SQUAD_SMS_FROM", "+12025550100")
        monkeypatch.setenv("SQUAD_DASHBOARDS_URL", "https://pages.squad.example/")
        yield running.url


async def received(sandbox: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{sandbox}/api/messages")
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


async def tell(
    databases: Databases, expert: UUID, cause: str = "a", kind: Kind = "visit_proposed"
) -> None:
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        await notify(
            session,
            expert,
            kind,
            cause=cause,
            channel="sms",
            context=VISIT,
            ticket_id=None,
            now=NOW,
        )


async def test_an_expert_reads_where_and_when_in_local_time(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    await tell(databases, add_expert(databases))
    await deliver(databases, "sysops", "sysops")
    (sms,) = await received(sandbox)
    assert sms["to"] == "+12125550142"
    assert "laptop repair, Austin 78701, Tue 03 Mar, 10:00 to 12:00" in sms["text"]
    assert "by Mon 02 Mar, 10:00" in sms["text"]
    assert databases.rows("sysops", "SELECT status FROM notification") == [("sent",)]


async def test_an_expert_who_lost_a_visit_reads_that_nobody_waits_there(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    await tell(databases, add_expert(databases), kind="visit_missed")
    await deliver(databases, "sysops", "sysops")
    (sms,) = await received(sandbox)
    assert "the visit for ticket 100001 in Austin 78701, Tue 03 Mar, 10:00." in sms["text"]
    assert "Please do not go there" in sms["text"]


async def test_the_same_cause_never_tells_twice(databases: Databases, sandbox: str) -> None:
    furnish(databases)
    expert = add_expert(databases)
    await tell(databases, expert)
    await tell(databases, expert)
    await deliver(databases, "sysops", "sysops")
    assert len(await received(sandbox)) == 1


async def test_a_number_that_does_not_exist_fails_for_good_and_a_busy_provider_is_tried_again(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    expert = add_expert(databases)
    databases.execute("sysops", "UPDATE staff SET phone = '+15005550001'")
    await tell(databases, expert)
    await deliver(databases, "sysops", "sysops")
    status, failure = databases.rows("sysops", "SELECT status, failure FROM notification")[0]
    assert status == "failed"
    assert "5005550001" not in failure
    databases.execute("sysops", "UPDATE staff SET phone = '+12125550142'")
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.put(f"{sandbox}/api/faults", json={"sms": {"refuse_rate": 1}})
        await tell(databases, expert, cause="b")
        await deliver(databases, "sysops", "sysops")
        assert databases.rows("sysops", "SELECT status FROM notification WHERE cause = 'b'") == [
            ("queued",)
        ]
        await client.put(f"{sandbox}/api/faults", json={})
    databases.execute("sysops", "UPDATE to_sysops.pgqueuer SET execute_after = now()")
    await deliver(databases, "sysops", "sysops")
    assert databases.rows("sysops", "SELECT status FROM notification WHERE cause = 'b'") == [
        ("sent",)
    ]
    assert dead_letters(databases, "sysops", "sysops") == 0


@pytest.mark.parametrize(
    ("kind", "context", "subject", "words"),
    [
        ("low_score", {"number": 100_001, "score": 1}, "Ticket 100001 was rated 1 of 5", "call"),
        (
            "expert_did_not_come",
            VISIT,
            "Ticket 100001: the expert did not come",
            "promised for Tue 03 Mar, 10:00 to 12:00, local time there",
        ),
        (
            "customer_to_call",
            {"number": 100_001, "absences": 2},
            "Ticket 100001: please have the customer called",
            "nobody was at home at 2 visits",
        ),
    ],
)
async def test_managers_learn_by_mail_of_what_a_person_must_look_after(
    databases: Databases, sandbox: str, kind: Kind, context: Any, subject: str, words: str
) -> None:
    databases.execute(
        "sysops",
        "INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at) VALUES"
        " ('m@squad.example', 'Mo', '+12125550101', '{manager}', now(), now())",
    )
    home = household()
    ticket = home.ticket()
    furnish(databases)
    await send(databases, home.entitlement(), ticket)
    await deliver(databases, "customer", "sysops")
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        await notify_managers(
            session, kind, cause="x", context=context, ticket_id=ticket.ticket_id, now=NOW
        )
    await deliver(databases, "sysops", "sysops")
    (mail,) = await received(sandbox)
    assert (mail["to"], mail["subject"]) == ("m@squad.example", subject)
    assert "Hello Mo," in mail["text"]
    assert words in mail["text"]
    assert mail["links"] == [f"https://pages.squad.example/ticket?id={ticket.ticket_id}"]


async def test_administrators_learn_by_mail_of_what_was_lost(
    databases: Databases, sandbox: str
) -> None:
    databases.execute(
        "sysops",
        "INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at) VALUES"
        " ('a@squad.example', 'Al', '+12125550101', '{administrator}', now(), now())",
    )
    repairer = databases.sessions("sysops", "sysops_repairer")
    async with repairer as sessions, sessions.begin() as session:
        for _ in range(2):
            await notify_administrators(
                session,
                "promise_broken",
                cause="submitted_tickets_arrive/2026-03-02",
                context={"promise": "submitted tickets arrive", "count": 2, "ids": ["one", "two"]},
                now=NOW,
            )
    await deliver(databases, "sysops", "sysops")
    (mail,) = await received(sandbox)
    assert mail["subject"] == "Lost on its way: submitted tickets arrive (2)"
    assert "one\ntwo" in mail["text"].replace("\r\n", "\n")
