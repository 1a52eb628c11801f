"""Customers are told by the real adapters, through the real relay, against the sandbox."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.customer.inbound import inbound
from api.customer.notifications.service import Kind, notify
from api.customer.notifications.unsubscribing import UnsubscribeLinks
from api.customer.surveys.links import SurveyLinks
from api.kernel.outside.delivery import Channel
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.messaging import dead_letters, deliver
from tests.outside import PUBLIC
from tests.unit.customer.test_notification_texts import CONTEXTS
from tests.world import tomorrow_at

TWO_HOURS = timedelta(hours=2)
VISIT = tomorrow_at(16)
SURVEY = UUID("01950000-0000-7000-8000-000000000001")


async def tell(
    databases: Databases,
    home: Household,
    kind: Kind = "expert_arriving",
    channel: Channel = "sms",
    cause: str = "a",
    **context: Any,
) -> None:
    """Tell it as sysops's relay does; where it speaks of a visit, the ticket has that visit."""
    said = CONTEXTS[kind] | context
    if "window_start" in said:
        said |= {"window_start": VISIT.isoformat(), "window_end": (VISIT + TWO_HOURS).isoformat()}
        said |= context
        databases.execute(
            "customer",
            "UPDATE ticket SET status = 'accepted', window_start = %s, window_end = %s",
            said["window_start"],
            said["window_end"],
        )
    async with (
        databases.sessions("customer", "customer_from_sysops") as sessions,
        sessions.begin() as session,
    ):
        await notify(
            session,
            home.account_id,
            kind,
            cause=cause,
            channel=channel,
            context=said,
            ticket_id=home.ticket_id,
            now=datetime.now(UTC),
        )


async def received(sandbox: httpx.AsyncClient) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await sandbox.get("/api/messages")).json()["messages"]
    return messages


def log(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows(
        "customer",
        "SELECT status, provider_reference IS NOT NULL, sent_at IS NOT NULL, failure "
        "FROM notification ORDER BY id",
    )


async def test_a_customer_reads_who_comes_and_when(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    (sms,) = await received(sandbox)
    assert sms["to"] == "+15125550123"
    there = VISIT.astimezone(ZoneInfo("America/Chicago"))
    assert sms["text"] == (
        f"Sysops Squad: Eve Expert comes on {there:%a, %b %-d} between {there:%-I:%M %p} and "
        f"{there + TWO_HOURS:%-I:%M %p} for your ticket 100042. Text STOP to end texts."
    )
    assert log(databases) == [("sent", True, True, None)]


async def test_a_mail_is_known_by_the_id_of_its_notification(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home, channel="email")
    await deliver(databases, "customer", "customer")
    (mail,) = await received(sandbox)
    assert (mail["to"], mail["subject"]) == (
        "ada@example.com",
        f"Your expert comes on {VISIT:%A, %B %-d}",
    )
    assert "Hello Ada Example," in mail["text"]
    notification_id = databases.rows("customer", "SELECT id FROM notification")[0][0]
    assert str(notification_id) in str(mail)


async def test_a_survey_mail_carries_a_link_that_opens_the_survey(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home, "survey_invitation", "email", survey_id=str(SURVEY))
    await deliver(databases, "customer", "customer")
    (mail,) = await received(sandbox)
    (link,) = [it for it in mail["links"] if "/surveys/" in it]
    base, _, token = link.rpartition("/")
    assert base == f"{PUBLIC}/customer/surveys"
    assert SurveyLinks(SURVEY_KEY).read(token) == SURVEY


async def test_the_same_cause_never_tells_twice(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    for cause in ("a", "a", "b"):
        await tell(databases, home, cause=cause)
    await deliver(databases, "customer", "customer")
    assert len(await received(sandbox)) == 2


async def test_it_goes_to_where_the_customer_is_now(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home)
    databases.execute("customer", "UPDATE account SET phone = '+15125550199'")
    await deliver(databases, "customer", "customer")
    assert [sms["to"] for sms in await received(sandbox)] == ["+15125550199"]


async def test_a_provider_that_is_busy_is_tried_again_and_nothing_is_lost(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await sandbox.put("/api/faults", json={"sms": {"refuse_rate": 1}})
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    assert log(databases) == [("queued", False, False, None)]
    await sandbox.put("/api/faults", json={})
    databases.execute("customer", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await deliver(databases, "customer", "customer")
    assert log(databases) == [("sent", True, True, None)]
    assert len(await received(sandbox)) == 1
    assert dead_letters(databases, "customer", "customer") == 0


async def test_every_kind_of_mail_leaves(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    for kind in CONTEXTS:
        await tell(databases, home, kind, "email")
    await deliver(databases, "customer", "customer")
    assert len(await received(sandbox)) == len(CONTEXTS)
    assert {row[0] for row in log(databases)} == {"sent"}


@pytest.mark.parametrize("source", ["analytics", "nobody"])
async def test_the_quantum_hears_nothing_from_others(source: str) -> None:
    with pytest.raises(ValueError, match="hears nothing"):
        async with inbound(source):
            pass


async def test_mails_that_one_can_do_without_say_how_to_end_them(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    kinds: tuple[Kind, ...] = ("invoice_paid", "payment_declined")
    for kind in kinds:
        await tell(databases, home, kind, "email")
    await deliver(databases, "customer", "customer")
    needed, optional = await received(sandbox)
    link = UnsubscribeLinks(SURVEY_KEY).url(PUBLIC, home.account_id, "invoice_paid")
    assert optional["links"] == [link]
    source = email.message_from_string(
        (await sandbox.get(f"/messages/{optional['id']}/source")).text, policy=email.policy.SMTP
    )
    assert source["List-Unsubscribe"] == f"<{link}>"
    assert source["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    needed_source = (await sandbox.get(f"/messages/{needed['id']}/source")).text
    assert ("List-Unsubscribe" in needed_source, needed["links"]) == (False, [])


async def test_what_was_switched_off_while_it_waited_is_not_sent(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home, "invoice_paid", "email")
    await tell(databases, home, "payment_declined", "email")
    databases.execute(
        "customer",
        "UPDATE notification_preference"
        """ SET choices = '{"invoice_paid": "none", "payment_declined": "none"}'""",
    )
    await deliver(databases, "customer", "customer")
    assert [row[0] for row in log(databases)] == ["overtaken", "sent"]
    assert len(await received(sandbox)) == 1
