"""A survey that nobody answers is brought to mind once, and only while that makes sense."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.customer.surveys.reminders import remind
from orchestration.surveys.assets import defs
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import NOW, hear, pend, progress
from tests.integration.customer.test_notifications import log
from tests.messaging import deliver

SENT = NOW + timedelta(minutes=5)
FIVE_DAYS = timedelta(days=5)
RESOLVED_AGAIN = """
INSERT INTO survey (ticket_id, ticket_version, account_id, sent_at, expires_at)
SELECT ticket_id, 10, account_id, sent_at + '4 days'::interval, expires_at + '4 days'::interval
FROM survey
"""
FIVE_DAYS_OLD = """
UPDATE survey SET sent_at = now() - '5 days'::interval, expires_at = now() + '9 days'::interval
"""


@pytest.fixture
async def asked(databases: Databases, home: Household) -> Household:
    """The customer was sent a survey, as the first mail."""
    await hear(databases, progress(home, 5, "resolved"))
    databases.execute(
        "customer",
        "UPDATE survey SET sent_at = %s, expires_at = %s",
        SENT,
        SENT + timedelta(days=14),
    )
    databases.execute("customer", "DELETE FROM to_customer.pgqueuer")
    databases.execute("customer", "DELETE FROM notification")
    return home


async def run(databases: Databases, now: datetime = SENT + FIVE_DAYS) -> tuple[int, int]:
    async with databases.sessions("customer", "surveyor") as sessions, sessions.begin() as session:
        return await remind(session, now)


def reminders(databases: Databases) -> int:
    rows = databases.rows("customer", "SELECT kind FROM notification")
    assert {row[0] for row in rows} <= {"survey_reminder"}
    return len(rows)


@pytest.mark.usefixtures("asked")
async def test_after_five_days_a_customer_is_reminded_once_however_often_it_runs(
    databases: Databases,
) -> None:
    assert await run(databases, SENT + FIVE_DAYS - timedelta(minutes=1)) == (0, 0)
    twins = await asyncio.gather(*(run(databases) for _ in range(4)))
    assert sum(reminded for _, reminded in twins) == 1
    assert await run(databases, SENT + timedelta(days=9)) == (0, 0)
    assert reminders(databases) == 1


@pytest.mark.parametrize("days", [12, 15])
@pytest.mark.usefixtures("asked")
async def test_who_has_less_than_two_days_left_is_not_reminded(
    databases: Databases, days: int
) -> None:
    assert await run(databases, SENT + timedelta(days=days)) == (0, 0)
    assert await run(databases, SENT + timedelta(days=12, minutes=-1)) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE survey SET answered_at = now(), score = 4",
        'UPDATE notification_preference SET choices = \'{"survey_invitation": "none"}\'',
        'UPDATE notification_preference SET choices = \'{"survey_reminder": "none"}\'',
        "UPDATE ticket SET status = 'open', version = 6",
        RESOLVED_AGAIN,
    ],
    ids=["answered", "no surveys", "no reminders", "reopened", "resolved again"],
)
@pytest.mark.usefixtures("asked")
async def test_nobody_is_reminded_of_what_is_settled_or_not_wanted(
    databases: Databases, change: str
) -> None:
    databases.execute("customer", change)
    for _ in range(2):
        await run(databases)
    assert reminders(databases) == 0


async def test_a_request_that_waits_for_its_answer_is_waited_for(
    databases: Databases, asked: Household
) -> None:
    request_id = pend(databases, "reopen")
    assert await run(databases) == (0, 0)
    refused = progress(asked, 5, "resolved", request_id=request_id, request_accepted=False)
    await hear(databases, refused)
    assert await run(databases) == (1, 1)


@pytest.mark.usefixtures("asked")
async def test_who_was_never_asked_for_preferences_is_reminded(databases: Databases) -> None:
    databases.execute("customer", "DELETE FROM notification_preference")
    assert await run(databases) == (1, 1)


@pytest.fixture
def due(databases: Databases, asked: Household) -> None:
    """The survey was sent five days ago."""
    del asked
    databases.execute("customer", FIVE_DAYS_OLD)


@pytest.mark.usefixtures("due")
async def test_the_hourly_job_mails_the_link_and_until_when_it_is_open(
    databases: Databases, sandbox: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUAD_SURVEYOR_URL", databases.url("customer", "surveyor"))
    job = defs.resolve_job_def("survey_reminders_job")
    result: Any = await asyncio.to_thread(job.execute_in_process)
    (made,) = result.asset_materializations_for_node("operations__survey_reminders")
    assert {name: it.value for name, it in made.metadata.items()} == {"decided": 1, "reminded": 1}

    await deliver(databases, "customer", "customer")
    (mail,) = (await sandbox.get("/api/messages")).json()["messages"]
    assert mail["subject"] == "How was our visit? Your ticket 100042"
    until = datetime.now(UTC) + timedelta(days=9)
    assert f"{until:%B}" in mail["text"]
    survey, unsubscribe = mail["links"]
    assert "/customer/surveys/" in survey
    assert "/unsubscribe/survey_reminder/" in unsubscribe


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE survey SET answered_at = now(), score = 4",
        "UPDATE ticket SET status = 'open'",
        "UPDATE survey SET expires_at = now()",
    ],
)
@pytest.mark.usefixtures("due")
async def test_a_reminder_that_waited_too_long_is_not_sent(
    databases: Databases, sandbox: httpx.AsyncClient, change: str
) -> None:
    assert await run(databases, datetime.now(UTC)) == (1, 1)
    databases.execute("customer", change)
    await deliver(databases, "customer", "customer")
    assert (await sandbox.get("/api/messages")).json()["messages"] == []
    assert [row[0] for row in log(databases)] == ["overtaken"]
