"""Customers are told by the real adapters, through the real relay, against the sandbox."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.customer.inbound import inbound
from api.customer.notifications.service import Kind, notify
from api.customer.surveys.links import SurveyLinks
from api.kernel.outside.delivery import Channel
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.conftest import PUBLIC
from tests.messaging import dead_letters, deliver
from tests.unit.customer.test_notification_texts import CONTEXTS

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SURVEY = UUID("01950000-0000-7000-8000-000000000001")


async def tell(
    databases: Databases,
    home: Household,
    kind: Kind = "expert_arriving",
    channel: Channel = "sms",
    cause: str = "a",
    **context: Any,
) -> None:
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
            context=CONTEXTS[kind] | context,
            ticket_id=home.ticket_id,
            now=NOW,
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
    assert sms["text"] == (
        "Sysops Squad: Eve Expert comes on Tue, Mar 3 between 10:00 AM and 12:00 PM "
        "for your ticket 100042."
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
        "Your expert comes on Tuesday, March 3",
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
    (link,) = mail["links"]
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


async def test_a_number_that_does_not_exist_fails_for_good_and_is_not_kept_in_the_log(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    databases.execute("customer", "UPDATE account SET phone = '+15005550001'")
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    ((status, _, sent, failure),) = log(databases)
    assert (status, sent) == ("failed", False)
    assert failure
    assert "5005550001" not in failure
    assert await received(sandbox) == []


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
