"""Every attempt is kept, whatever becomes of it, and what a provider says later finds it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import HttpUrl

from api.customer.quantum import QuantumSettings, quantum
from tests.api.customer.conftest import settings
from tests.api.customer.world import Household, add_household
from tests.api.served import served_beside
from tests.databases import Databases
from tests.integration.customer.test_notifications import received, tell
from tests.messaging import dead_letters, deliver
from tests.outside import NUMBER

__all__ = ["settings"]

PATIENCE = 60.0


def attempts(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows(
        "customer",
        "SELECT round, channel, outcome, code FROM notification_attempt ORDER BY id",
    )


def standing(databases: Databases) -> tuple[Any, ...]:
    query = "SELECT status, channel, instead_of_sms FROM notification"
    return databases.rows("customer", query)[0]


async def again(databases: Databases) -> None:
    """The next try, without waiting for it."""
    databases.execute("customer", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await deliver(databases, "customer", "customer")


async def test_tries_that_failed_for_now_are_kept_although_they_were_undone(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await sandbox.put("/api/faults", json={"sms": {"refuse_rate": 1}})
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    await again(databases)
    await sandbox.put("/api/faults", json={})
    await again(databases)
    assert attempts(databases) == [
        (1, "sms", "deferred", "20503"),
        (1, "sms", "deferred", "20503"),
        (1, "sms", "taken", "201"),
    ]
    ((provider, reference, answer),) = databases.rows(
        "customer",
        "SELECT provider, reference, answer FROM notification_attempt WHERE outcome = 'taken'",
    )
    assert (provider, reference[:2], answer) == ("127.0.0.1", "SM", "accepted")


async def test_a_text_that_cannot_arrive_goes_by_mail_once_and_the_log_has_both(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    databases.execute("customer", "UPDATE account SET phone = '+15005550001'")
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    (mail,) = await received(sandbox)
    assert (mail["kind"], mail["to"]) == ("mail", "ada@example.com")
    assert attempts(databases) == [(1, "sms", "failed", "21211"), (2, "email", "taken", "250")]
    assert standing(databases) == ("sent", "email", "failed")
    assert "5005550001" not in str(
        databases.rows("customer", "SELECT n, a FROM notification n, notification_attempt a")
    )


async def test_what_reaches_neither_telephone_nor_mailbox_has_failed_and_sysops_hears_of_it(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    databases.execute(
        "customer", "UPDATE account SET phone = '+15005550009', email = 'no-such-user@example.com'"
    )
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    assert await received(sandbox) == []
    assert attempts(databases) == [(1, "sms", "failed", "21614"), (2, "email", "failed", "550")]
    assert standing(databases) == ("failed", "email", "failed")
    assert dead_letters(databases, "customer", "customer") == 0
    ((channel,),) = databases.rows("customer", "SELECT entrypoint FROM to_sysops.pgqueuer")
    assert channel == "customer_unreached"


async def test_a_dead_letter_that_is_replayed_is_sent_and_its_tries_are_all_there(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await sandbox.put("/api/faults", json={"mail": {"refuse_rate": 1}})
    await tell(databases, home, "invoice_paid", "email")
    databases.execute("customer", "UPDATE to_customer.pgqueuer SET attempts = 11")
    await deliver(databases, "customer", "customer")
    assert dead_letters(databases, "customer", "customer") == 1
    assert standing(databases)[0] == "queued"
    await sandbox.put("/api/faults", json={})
    databases.execute("customer", "UPDATE to_customer.pgqueuer SET status = 'queued'")
    await again(databases)
    assert standing(databases)[0] == "sent"
    assert [row[2] for row in attempts(databases)] == ["deferred", "taken"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("expert_arriving", {"window_start": "-3h", "window_end": "-1h"}),
        ("visit_off", {"window_start": "-3h", "window_end": "-1h"}),
        ("reset_password", {"mailed_token_id": "01950000-0000-7000-8000-000000000001"}),
    ],
)
async def test_what_is_no_longer_so_is_not_told_when_a_dead_letter_is_replayed(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient, kind: Any, more: Any
) -> None:
    now = datetime.now(UTC)
    for name, value in more.items():
        if value.endswith("h"):
            more[name] = (now + timedelta(hours=int(value[:-1]))).isoformat()
    await tell(databases, home, kind, "email", **more)
    databases.execute("customer", "UPDATE notification SET created_at = now() - interval '2 hours'")
    await deliver(databases, "customer", "customer")
    assert (standing(databases)[0], await received(sandbox)) == ("overtaken", [])


async def test_an_expert_who_does_not_come_any_more_is_not_announced(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await tell(databases, home)
    databases.execute(
        "customer", "UPDATE ticket SET status = 'open', window_start = NULL, window_end = NULL"
    )
    await deliver(databases, "customer", "customer")
    assert (standing(databases)[0], await received(sandbox)) == ("overtaken", [])


@pytest.fixture
async def reported(
    sandbox: httpx.AsyncClient,
    settings: QuantumSettings,
    api_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[None]:
    """The customer API on a port, where the sandbox reports to and texts are answered."""
    del sandbox
    here = f"http://127.0.0.1:{api_port}"
    monkeypatch.setenv("SQUAD_PUBLIC_BASE_URL", here)
    own = settings.model_copy(update={"public_base_url": HttpUrl(here)})
    async with served_beside(quantum(own), api_port):
        yield


async def until(databases: Databases, *outcomes: str) -> None:
    """Wait for the provider's reports, which come by themselves."""
    async with asyncio.timeout(PATIENCE):
        while [row[2] for row in attempts(databases)] != list(outcomes):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("reported")
@pytest.mark.parametrize(
    "fault", [{}, {"repeat_rate": 1}, {"reorder_rate": 1, "repeat_rate": 1}], ids=str
)
async def test_the_carriers_receipt_is_in_the_log_however_reports_come(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient, fault: dict[str, int]
) -> None:
    await sandbox.put("/api/faults", json={"reports": fault})
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    assert standing(databases)[0] == "sent"
    await until(databases, "delivered")
    await deliver(databases, "customer", "customer")
    assert standing(databases) == ("delivered", "sms", None)
    assert len(await received(sandbox)) == 1


@pytest.mark.usefixtures("reported")
async def test_a_report_that_is_lost_leaves_the_message_sent(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    await sandbox.put("/api/faults", json={"reports": {"lose_rate": 1}})
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    await asyncio.sleep(0.6)
    assert (standing(databases)[0], attempts(databases)[0][2]) == ("sent", "taken")


@pytest.mark.usefixtures("reported")
async def test_a_text_whose_answer_was_lost_is_not_sent_twice(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    """The provider took it, and the line broke: its report is quicker than the next try."""
    await sandbox.put("/api/faults", json={"sms": {"drop_rate": 1}})
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    await sandbox.put("/api/faults", json={})
    await until(databases, "delivered")
    await again(databases)
    assert standing(databases)[0] == "delivered"
    assert len(await received(sandbox)) == 1


@pytest.mark.usefixtures("reported")
async def test_a_telephone_that_is_not_reached_in_the_end_is_followed_by_a_mail(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    databases.execute("customer", "UPDATE account SET phone = '+15005550010'")
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    await until(databases, "failed")
    await deliver(databases, "customer", "customer")
    assert attempts(databases) == [(1, "sms", "failed", "30003"), (2, "email", "taken", "250")]
    assert standing(databases) == ("sent", "email", "failed")
    assert [it["kind"] for it in await received(sandbox)] == ["mail", "sms"]


@pytest.mark.usefixtures("reported")
async def test_whoever_texts_stop_gets_mails_until_they_text_start(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    async def text(word: str) -> str:
        reply = {"from": "+15125550123", "to": NUMBER, "text": word}
        answer = await sandbox.post("/api/replies", json=reply)
        return str(answer.json()["answer"])

    assert "no more texts" in await text("Stop")
    await tell(databases, home, cause="stopped")
    await deliver(databases, "customer", "customer")
    assert standing(databases) == ("sent", "email", "stopped")
    assert attempts(databases) == [(1, "email", "taken", "250")]
    assert "texts about your visits again" in await text("START")
    await tell(databases, home, cause="started")
    await deliver(databases, "customer", "customer")
    assert [row[1] for row in attempts(databases)] == ["email", "sms"]


async def test_the_providers_own_stop_counts_for_every_account_with_that_number(
    databases: Databases, home: Household, sandbox: httpx.AsyncClient
) -> None:
    other = add_household(databases, "bob@example.com")
    databases.execute("customer", "UPDATE account SET phone = '+15005550004'")
    await tell(databases, home)
    await deliver(databases, "customer", "customer")
    await tell(databases, other)
    await deliver(databases, "customer", "customer")
    assert attempts(databases) == [
        (1, "sms", "failed", "21610"),
        (2, "email", "taken", "250"),
        (1, "email", "taken", "250"),
    ]
    assert {it["to"] for it in await received(sandbox)} == {"ada@example.com", "bob@example.com"}
