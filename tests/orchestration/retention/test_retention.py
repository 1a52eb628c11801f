"""Old resolved tickets close; old traces of messages go, unless a message may still need them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from api.databases import SCHEMAS
from orchestration.retention import forgetting
from orchestration.retention.assets import defs
from orchestration.retention.forgetting import Sessions, forget
from tests.api.customer.world import add_household
from tests.api.customer.world import furnish as furnish_customers
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.world import furnish, household


@pytest.fixture
async def janitors(databases: Databases) -> AsyncIterator[Sessions]:
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(databases.sessions(name, "janitor"))
            for name in SCHEMAS
        }


def age(databases: Databases, days: int) -> None:
    """Everything that was received or logged so far happened that many days ago."""
    for name in SCHEMAS:
        databases.execute(
            name, "UPDATE inbox SET received_at = now() - %s * '1 day'::interval", days
        )
    databases.execute(
        "customer",
        "UPDATE to_sysops.pgqueuer_log SET created = now() - %s * '1 day'::interval",
        days,
    )


def remembered(databases: Databases) -> tuple[int, int]:
    """Message ids in the sysops inbox, and lines in the log of the queue to it."""
    ((ids,),) = databases.rows("sysops", "SELECT count(*) FROM inbox")
    ((lines,),) = databases.rows("customer", "SELECT count(*) FROM to_sysops.pgqueuer_log")
    return ids, lines


async def receive(databases: Databases, messages: int = 1) -> None:
    await send(databases, *(household().directory() for _ in range(messages)))
    await deliver(databases, "customer", "sysops")


async def test_an_answer_can_be_asked_for_again_for_a_day(
    databases: Databases, janitors: Sessions
) -> None:
    for name in forgetting.KEYED:
        databases.execute(
            name,
            "INSERT INTO idempotency_key (who, key, fingerprint, created_at)"
            " VALUES ('me', 'old', '', now() - interval '25 hours'),"
            " ('me', 'new', '', now() - interval '23 hours')",
        )
    gone = await forget(janitors, datetime.now(UTC))
    for name in forgetting.KEYED:
        assert gone[f"{name}_idempotency_keys"] == 1
        assert databases.rows(name, "SELECT key FROM idempotency_key") == [("new",)]


async def test_a_photo_that_no_ticket_got_is_removed_after_a_day(
    databases: Databases, janitors: Sessions
) -> None:
    furnish_customers(databases)
    home = add_household(databases)
    for name, hours, ticket_id in (
        ("old", 25, None),
        ("new", 23, None),
        ("used", 99, home.ticket_id),
    ):
        databases.execute(
            "customer",
            "WITH photo AS (INSERT INTO attachment (account_id, ticket_id, version, file_name,"
            " media_type, size_bytes, width, height, uploaded_at, updated_at) SELECT %s, %s, 0, %s,"
            " 'image/png', 1, 1, 1, at, at FROM (SELECT now() - %s * '1 hour'::interval AS at)"
            " RETURNING id) INSERT INTO attachment_content SELECT id, ' ' FROM photo",
            home.account_id,
            ticket_id,
            name,
            hours,
        )
    gone = await forget(janitors, datetime.now(UTC))
    assert gone["unused_photos"] == 1
    left = databases.rows(
        "customer",
        "SELECT file_name FROM attachment JOIN attachment_content ON attachment_id = id ORDER BY 1",
    )
    assert left == [("new",), ("used",)]
    assert databases.rows("customer", "SELECT count(*) FROM attachment_content") == [(2,)]


async def test_words_of_searches_are_forgotten_after_90_days_and_the_searches_stay_counted(
    databases: Databases, janitors: Sessions
) -> None:
    databases.execute(
        "sysops",
        "WITH author AS (INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at)"
        " VALUES ('eve@squad.example', 'Eve', '', '{}', now(), now()) RETURNING id), about AS ("
        " INSERT INTO article (title, body, status, author_id, created_at, updated_at)"
        " SELECT 'A', 'B', 'published', id, now(), now() FROM author RETURNING id), asked AS ("
        " INSERT INTO article_query (words, results, asked_at)"
        " SELECT 'day ' || d, 1, now() - d * '1 day'::interval FROM unnest('{89,91}'::int[]) d"
        " RETURNING id) INSERT INTO article_solution (article_id, solved_at, query_id)"
        " SELECT about.id, now(), asked.id FROM about, asked",
    )
    assert (await forget(janitors, datetime.now(UTC)))["old_searches"] == 1
    kept = "SELECT words, forgotten FROM article_query ORDER BY asked_at"
    assert databases.rows("sysops", kept) == [("", True), ("day 89", False)]
    assert (await forget(janitors, datetime.now(UTC)))["old_searches"] == 0
    counted = "SELECT count(*), count(query_id) FROM article_solution"
    assert databases.rows("sysops", counted) == [(2, 2)]


async def test_a_month_is_remembered_and_no_more(databases: Databases, janitors: Sessions) -> None:
    await receive(databases)
    before = remembered(databases)
    age(databases, 29)
    await forget(janitors, datetime.now(UTC))
    assert remembered(databases) == before
    age(databases, 31)
    gone = await forget(janitors, datetime.now(UTC))
    assert remembered(databases) == (0, 0)
    assert gone["sysops_inbox"] == 1
    assert gone["customer_to_sysops_log"] == before[1]


async def test_what_arrived_after_a_dead_letter_was_sent_is_remembered_as_long_as_it_is_held(
    databases: Databases, janitors: Sessions
) -> None:
    await send(databases, household().ticket())
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    await receive(databases)
    assert dead_letters(databases, "customer", "sysops") == 1
    age(databases, 60)
    databases.execute(
        "customer", "UPDATE to_sysops.pgqueuer SET created = now() - '61 days'::interval"
    )
    await forget(janitors, datetime.now(UTC))
    held = databases.rows("customer", "SELECT id FROM to_sysops.pgqueuer")
    told = databases.rows("customer", "SELECT DISTINCT job_id FROM to_sysops.pgqueuer_log")
    assert remembered(databases)[0] == 1
    assert told == held
    databases.execute("customer", "DELETE FROM to_sysops.pgqueuer")
    await forget(janitors, datetime.now(UTC))
    assert remembered(databases) == (0, 0)


async def test_a_message_replayed_after_months_still_has_its_effect_only_once(
    databases: Databases, janitors: Sessions
) -> None:
    """It had its effect, but its relay died before it could say so."""
    await receive(databases)
    message = household().directory()
    await send(databases, message)
    payload = databases.rows("customer", "SELECT payload FROM to_sysops.pgqueuer")[0][0]
    await deliver(databases, "customer", "sysops")
    await send(databases, message)
    databases.execute(
        "customer",
        "UPDATE to_sysops.pgqueuer SET payload = %s, created = now() - '101 days'::interval",
        payload,
    )
    age(databases, 100)
    await forget(janitors, datetime.now(UTC))
    databases.execute("sysops", "DELETE FROM customer WHERE id = %s", message.customer_id)
    await deliver(databases, "customer", "sysops")
    found = databases.rows("sysops", "SELECT 1 FROM customer WHERE id = %s", message.customer_id)
    assert found == []


async def test_much_is_forgotten_in_portions(
    databases: Databases, janitors: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    await receive(databases, 5)
    age(databases, 31)
    assert (await forget(janitors, datetime.now(UTC)))["sysops_inbox"] == 5
    assert remembered(databases) == (0, 0)


@pytest.fixture
def environment(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQUAD_SYSOPS_URL", databases.url("sysops", "assigner"))
    destroyer = databases.url("billing", "card_destroy")
    monkeypatch.setenv("SQUAD_BILLING_DESTROY_URL", destroyer)
    for name in SCHEMAS:
        url = databases.url(name, "janitor")
        monkeypatch.setenv(f"SQUAD_{name.upper()}_JANITOR_URL", url)


@pytest.mark.usefixtures("environment")
async def test_the_daily_job_closes_what_was_resolved_long_ago_and_forgets(
    databases: Databases,
) -> None:
    furnish(databases)
    home = household()
    old, fresh = home.ticket(), home.ticket()
    await send(databases, home.entitlement(), old, fresh)
    await deliver(databases, "customer", "sysops")
    databases.execute(
        "sysops",
        "UPDATE ticket SET status = 'resolved', resolved_at = now() - '15 days'::interval"
        " WHERE id = %s",
        old.ticket_id,
    )
    age(databases, 40)
    result: Any = await asyncio.to_thread(defs.resolve_job_def("retention_job").execute_in_process)
    assert result.success
    states = dict(databases.rows("sysops", "SELECT id, status FROM ticket"))
    assert states == {old.ticket_id: "closed", fresh.ticket_id: "open"}
    assert remembered(databases) == (0, 0)
    (closed,) = result.asset_materializations_for_node("operations__closed_tickets")
    assert closed.metadata["closed"].value == 1
