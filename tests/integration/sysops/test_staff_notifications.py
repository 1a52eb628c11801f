"""Staff are told by the real adapters, through the real relay, against the sandbox."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

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
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.outside import lead_to
from tests.world import add_expert, furnish, household, tomorrow_at

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
START = tomorrow_at(16)
VISIT_ID = UUID("01950000-0000-7000-8000-000000000007")
VISIT = {
    "number": 100_001,
    "ticket_type": "laptop-repair",
    "city": "Austin",
    "zip": "78701",
    "window_start": START.isoformat(),
    "window_end": (START + timedelta(hours=2)).isoformat(),
    "answer_by": (START - timedelta(hours=1)).isoformat(),
    "time_zone": "America/Chicago",
}


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    settings = SandboxSettings(
        sandbox_port=0, sandbox_smtp_port=0, sandbox_data=tmp_path / "sandbox.sqlite3"
    )
    async with serving(settings) as running:
        lead_to(running, monkeypatch)
        yield running.url


async def received(sandbox: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{sandbox}/api/messages")
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


def log(databases: Databases) -> list[tuple[str, str, str]]:
    rows = databases.rows("sysops", "SELECT kind, status, channel FROM notification ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows]


def local(moment: datetime, form: str = "%a %d %b, %H:%M") -> str:
    return moment.astimezone(ZoneInfo("America/Chicago")).strftime(form)


async def tell(
    databases: Databases,
    expert: UUID,
    cause: str | None = None,
    kind: Kind = "visit_proposed",
) -> None:
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        await notify(
            session,
            expert,
            kind,
            cause=cause or str(VISIT_ID),
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
    assert (
        f"laptop repair, Austin 78701, {local(START)} to {local(START + 2 * HOUR, '%H:%M')}"
        in (sms["text"])
    )
    assert f"by {local(START - HOUR)}." in sms["text"]
    assert databases.rows("sysops", "SELECT status FROM notification") == [("sent",)]


async def test_an_expert_who_lost_a_visit_reads_that_nobody_waits_there(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    await tell(databases, add_expert(databases), kind="visit_missed")
    await deliver(databases, "sysops", "sysops")
    (sms,) = await received(sandbox)
    assert f"the visit for ticket 100001 in Austin 78701, {local(START)}." in sms["text"]
    assert "Please do not go there" in sms["text"]


async def test_the_same_cause_never_tells_twice(databases: Databases, sandbox: str) -> None:
    furnish(databases)
    expert = add_expert(databases)
    await tell(databases, expert)
    await tell(databases, expert)
    await deliver(databases, "sysops", "sysops")
    assert len(await received(sandbox)) == 1


async def test_an_expert_without_texts_gets_a_mail_and_an_administrator_hears_of_one_without_both(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    expert = add_expert(databases)
    add_staff(databases, "administrator")
    databases.execute("sysops", "UPDATE staff SET phone = '+15005550001' WHERE id = %s", expert)
    await tell(databases, expert)
    await deliver(databases, "sysops", "sysops")
    (mail,) = await received(sandbox)
    assert mail["subject"].startswith("Please accept or reject: ticket 100001")
    assert log(databases) == [("visit_proposed", "sent", "email")]
    # Now the mailbox is gone, too: one alert a day, however much cannot be told.
    databases.execute(
        "sysops", "UPDATE staff SET email = 'no-such-user@squad.example' WHERE id = %s", expert
    )
    for _ in range(2):
        await tell(databases, expert, cause=str(uuid4()))
    await deliver(databases, "sysops", "sysops")
    assert [row for row in log(databases) if row[1] == "failed"] == [
        ("visit_proposed", "failed", "email")
    ] * 2
    alert = (await received(sandbox))[0]
    assert (alert["to"], alert["subject"]) == (
        "administrator@squad.example",
        "Eve cannot be reached",
    )
    assert "5005550001" not in alert["text"]
    assert len(await received(sandbox)) == 2


@pytest.mark.parametrize("late", ["answer_by", "withdrawn"])
async def test_a_proposal_that_nobody_can_accept_any_more_is_not_sent(
    databases: Databases, sandbox: str, late: str
) -> None:
    furnish(databases)
    expert = add_expert(databases)
    await tell(databases, expert)
    if late == "answer_by":
        databases.execute(
            "sysops",
            "UPDATE notification SET context = context || %s::jsonb",
            f'{{"answer_by": "{(NOW - HOUR).isoformat()}"}}',
        )
    else:
        await tell(databases, expert, cause="b", kind="visit_off")
        databases.execute(
            "sysops",
            "WITH kept AS (INSERT INTO ticket (customer_id, contract_id, contact_name,"
            " contact_phone, line1, city, state, zip, latitude, longitude, time_zone, ticket_type,"
            " description, priority, channel, status, version, preferred_windows, submitted_at,"
            " sla_due_at, updated_at) VALUES (uuidv7(), uuidv7(), '', '', '', '', '', '', 0, 0,"
            " 'UTC', 'laptop-repair', '', 'normal', 'web', 'open', 1, '[]', now(), now(), now())"
            " RETURNING id) INSERT INTO assignment (id, ticket_id, expert_id, during, status,"
            " travel_km, cost, proposed_at, answer_by) SELECT %s, id, %s, tstzrange(now(), NULL),"
            " 'withdrawn', 1, 1, now(), now() FROM kept",
            VISIT_ID,
            expert,
        )
    await deliver(databases, "sysops", "sysops")
    assert ("visit_proposed", "overtaken", "sms") in log(databases)
    assert "proposed" not in str(await received(sandbox))


async def test_a_busy_provider_is_tried_again_and_both_tries_are_kept(
    databases: Databases, sandbox: str
) -> None:
    furnish(databases)
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.put(f"{sandbox}/api/faults", json={"sms": {"refuse_rate": 1}})
        await tell(databases, add_expert(databases))
        await deliver(databases, "sysops", "sysops")
        assert log(databases) == [("visit_proposed", "queued", "sms")]
        await client.put(f"{sandbox}/api/faults", json={})
    databases.execute("sysops", "UPDATE to_sysops.pgqueuer SET execute_after = now()")
    await deliver(databases, "sysops", "sysops")
    assert log(databases) == [("visit_proposed", "sent", "sms")]
    query = "SELECT outcome FROM notification_attempt ORDER BY id"
    assert databases.rows("sysops", query) == [("deferred",), ("taken",)]
    assert dead_letters(databases, "sysops", "sysops") == 0


@pytest.mark.parametrize(
    ("kind", "context", "subject", "words"),
    [
        ("low_score", {"number": 100_001, "score": 1}, "Ticket 100001 was rated 1 of 5", "call"),
        (
            "expert_did_not_come",
            VISIT,
            "Ticket 100001: the expert did not come",
            f"promised for {local(START)} to {local(START + 2 * HOUR, '%H:%M')}, local time there",
        ),
        (
            "customer_to_call",
            {"number": 100_001, "absences": 2},
            "Ticket 100001: please have the customer called",
            "nobody was at home at 2 visits",
        ),
    ],
    ids=["a low score", "nobody came", "nobody home"],
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
