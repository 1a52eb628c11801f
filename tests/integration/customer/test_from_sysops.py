"""The customer's view of a ticket, as sysops's words arrive, with the relay's own roles."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from api.messages import (
    PhoneTicketCreated,
    PlanPublished,
    ServiceAddress,
    TicketProgress,
    TicketStatus,
    TicketTypePublished,
    Window,
)
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, queued, send

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WINDOW = Window(NOW + timedelta(days=1, hours=1), NOW + timedelta(days=1, hours=3))
HERE = ServiceAddress(
    line1="1 Congress Ave",
    city="Austin",
    state="TX",
    zip="78701",
    latitude=30.27,
    longitude=-97.74,
    time_zone="America/Chicago",
)


def progress(home: Household, version: int, status: TicketStatus, **more: Any) -> TicketProgress:
    promised = status in {"accepted", "in_progress"}
    facts: dict[str, Any] = {
        "expert_name": "Eve Expert" if promised else None,
        "window": WINDOW if promised else None,
        "resolution": "New power board." if status in {"resolved", "closed"} else None,
    }
    return TicketProgress(
        ticket_id=home.ticket_id,
        number=100_042,
        version=version,
        status=status,
        at=NOW + timedelta(minutes=version),
        **(facts | more),
    )


def phone_ticket(home: Household, **more: Any) -> PhoneTicketCreated:
    facts: dict[str, Any] = {
        "ticket_id": uuid4(),
        "number": 100_050,
        "customer_id": home.account_id,
        "contract_id": home.contract_id,
        "address": HERE,
        "ticket_type": "laptop-repair",
        "description": "It does not start.",
        "priority": "normal",
        "preferred_windows": [WINDOW],
        "submitted_at": NOW,
        "version": 1,
        "status": "open",
    }
    return PhoneTicketCreated(**(facts | more))


async def hear(databases: Databases, *messages: Any) -> None:
    """Let sysops say it, and the relay carry it."""
    await send(databases, *messages)
    await deliver(databases, "sysops", "customer")


def ticket(databases: Databases, *columns: str) -> tuple[Any, ...]:
    return databases.rows("customer", f"SELECT {', '.join(columns)} FROM ticket")[0]


def timeline(databases: Databases) -> list[tuple[int, str]]:
    rows = databases.rows(
        "customer", "SELECT version, status FROM ticket_timeline ORDER BY version"
    )
    return [(row[0], row[1]) for row in rows]


def told(databases: Databases) -> list[tuple[str, str]]:
    """Kind and channel of what customers are told, in order."""
    return [
        (row[0], row[1])
        for row in databases.rows("customer", "SELECT kind, channel FROM notification ORDER BY id")
    ]


def pend(databases: Databases, kind: str) -> UUID:
    """Let a request of the customer wait for its answer."""
    request_id = uuid4()
    databases.execute(
        "customer",
        "UPDATE ticket SET pending_request = %s, pending_request_id = %s",
        kind,
        request_id,
    )
    return request_id


async def test_a_ticket_follows_sysops_step_by_step(databases: Databases, home: Household) -> None:
    await hear(databases, progress(home, 1, "open"), progress(home, 2, "assigned"))
    assert ticket(databases, "number", "status", "version") == (100_042, "assigned", 2)
    assert timeline(databases) == [(1, "open"), (2, "assigned")]
    assert told(databases) == []


async def test_an_accepted_visit_is_promised_and_told_by_sms(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 3, "accepted"))
    assert ticket(databases, "expert_name", "window_start", "window_end") == (
        "Eve Expert",
        WINDOW.start,
        WINDOW.end,
    )
    assert told(databases) == [("expert_arriving", "sms")]
    assert len(queued(databases, "customer", "customer")) == 1


async def test_a_customer_who_prefers_mail_is_told_by_mail(
    databases: Databases, home: Household
) -> None:
    databases.execute("customer", "UPDATE notification_preference SET arrival_channel = 'email'")
    await hear(databases, progress(home, 3, "accepted"), progress(home, 4, "open"))
    assert told(databases) == [("expert_arriving", "email"), ("visit_off", "email")]


async def test_a_visit_that_is_off_is_told_with_the_window_that_was_promised(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 3, "accepted"), progress(home, 4, "open"))
    assert ticket(databases, "status", "expert_name", "window_start") == ("open", None, None)
    assert told(databases) == [("expert_arriving", "sms"), ("visit_off", "sms")]
    context = databases.rows(
        "customer", "SELECT context FROM notification WHERE kind = 'visit_off'"
    )[0][0]
    assert context["window_start"] == WINDOW.start.isoformat()
    assert context["time_zone"] == "America/Chicago"


async def test_a_rejection_that_the_customer_never_heard_of_is_not_told(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 2, "assigned"), progress(home, 3, "open"))
    assert told(databases) == []


async def test_another_visit_and_a_cancellation_are_told_by_mail(
    databases: Databases, home: Household
) -> None:
    await hear(
        databases,
        progress(home, 4, "in_progress"),
        progress(home, 5, "open", reason="A part must be ordered."),
        progress(home, 6, "cancelled", reason="Never mind."),
    )
    assert told(databases) == [("another_visit", "email"), ("ticket_cancelled", "email")]


async def test_a_resolution_makes_one_survey_with_its_mail(
    databases: Databases, home: Household
) -> None:
    resolved = progress(home, 5, "resolved")
    await hear(databases, resolved)
    await hear(databases, resolved)
    assert ticket(databases, "status", "resolution", "resolved_at") == (
        "resolved",
        "New power board.",
        resolved.at,
    )
    surveys = databases.rows(
        "customer", "SELECT ticket_version, expires_at - sent_at, account_id FROM survey"
    )
    assert surveys == [(5, timedelta(days=14), home.account_id)]
    assert told(databases) == [("survey_invitation", "email")]


async def test_no_link_and_no_contact_data_is_kept_in_a_notification(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 3, "accepted"), progress(home, 5, "resolved"))
    for (context,) in databases.rows("customer", "SELECT context::text FROM notification"):
        assert "http" not in context
        assert "ada@example.com" not in context
        assert "555" not in context


async def test_a_ticket_resolved_again_has_a_second_survey(
    databases: Databases, home: Household
) -> None:
    await hear(
        databases,
        progress(home, 5, "resolved"),
        progress(home, 6, "open"),
        progress(home, 10, "resolved"),
    )
    versions = databases.rows("customer", "SELECT ticket_version FROM survey ORDER BY 1")
    assert versions == [(5,), (10,)]


async def test_an_older_word_changes_nothing_but_has_its_line(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 4, "open"))
    await hear(databases, progress(home, 3, "accepted"), progress(home, 2, "assigned"))
    assert ticket(databases, "status", "version", "expert_name") == ("open", 4, None)
    assert timeline(databases) == [(2, "assigned"), (3, "accepted"), (4, "open")]
    assert told(databases) == []


async def test_a_request_that_was_done_is_no_longer_pending(
    databases: Databases, home: Household
) -> None:
    request_id = pend(databases, "cancel")
    await hear(
        databases,
        progress(home, 2, "cancelled", request_id=request_id, request_accepted=True),
    )
    status, pending, answer = ticket(databases, "status", "pending_request", "last_answer")
    assert (status, pending) == ("cancelled", None)
    assert (answer["kind"], answer["accepted"], answer["reason"]) == ("cancel", True, None)
    assert told(databases) == [("ticket_cancelled", "email")]


async def test_a_refused_request_is_answered_with_what_is_allowed_and_changes_no_state(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 4, "in_progress"))
    request_id = pend(databases, "cancel")
    refusal = progress(
        home,
        5,
        "resolved",
        request_id=request_id,
        request_accepted=False,
        reason="The work is done.",
        allowed=("close", "reopen"),
    )
    await hear(databases, refusal)
    status, pending, answer = ticket(databases, "status", "pending_request", "last_answer")
    # That the ticket is resolved has a message of its own, with all that follows from it.
    assert (status, pending) == ("in_progress", None)
    assert (answer["accepted"], answer["reason"]) == (False, "The work is done.")
    assert answer["allowed"] == ["reopen"]
    assert told(databases) == [("request_refused", "email")]
    assert timeline(databases) == [(4, "in_progress")]


async def test_an_answer_to_another_request_leaves_this_one_pending(
    databases: Databases, home: Household
) -> None:
    pend(databases, "cancel")
    await hear(databases, progress(home, 2, "open", request_id=uuid4(), request_accepted=True))
    assert ticket(databases, "pending_request", "last_answer") == ("cancel", None)


async def test_a_ticket_taken_by_phone_appears_with_its_history(
    databases: Databases, home: Household
) -> None:
    message = phone_ticket(home)
    await hear(databases, message)
    rows = databases.rows(
        "customer",
        "SELECT number, account_id, address_id, channel, status, version, preferred_windows "
        "FROM ticket WHERE id = %s",
        message.ticket_id,
    )
    windows = msgspec.to_builtins(message.preferred_windows)
    assert rows == [(100_050, home.account_id, home.address_id, "phone", "open", 1, windows)]
    assert timeline(databases) == [(0, "submitted"), (1, "open")]


async def test_a_new_address_given_by_phone_is_kept_once(
    databases: Databases, home: Household
) -> None:
    elsewhere = msgspec.structs.replace(HERE, line1="2 Lamar Blvd", line2="Flat 3")
    await hear(databases, *(phone_ticket(home, address=elsewhere) for _ in range(2)))
    lines = databases.rows("customer", "SELECT line1, line2 FROM address ORDER BY created_at")
    assert lines == [("1 Congress Ave", None), ("2 Lamar Blvd", "Flat 3")]


async def test_progress_of_a_ticket_that_is_not_here_yet_waits_and_is_not_lost(
    databases: Databases, home: Household
) -> None:
    taken = phone_ticket(home)
    by_phone = replace(home, ticket_id=taken.ticket_id)
    await hear(databases, progress(by_phone, 2, "assigned"))
    assert len(queued(databases, "sysops", "customer")) == 1
    await hear(databases, taken)
    databases.execute("sysops", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await deliver(databases, "sysops", "customer")
    rows = databases.rows(
        "customer", "SELECT status, version FROM ticket WHERE id = %s", taken.ticket_id
    )
    assert rows == [("assigned", 2)]
    assert queued(databases, "sysops", "customer") == []
    assert dead_letters(databases, "sysops", "customer") == 0


async def test_a_phone_ticket_that_is_told_again_does_not_go_back(
    databases: Databases, home: Household
) -> None:
    taken = phone_ticket(home)
    await hear(databases, taken, progress(replace(home, ticket_id=taken.ticket_id), 3, "accepted"))
    await hear(databases, taken)
    rows = databases.rows(
        "customer", "SELECT status, version FROM ticket WHERE id = %s", taken.ticket_id
    )
    assert rows == [("accepted", 3)]


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_catalogue_keeps_its_newest_version_in_any_order(
    databases: Databases, home: Household, backwards: bool
) -> None:
    del home  # its catalogue is there before
    plans = [
        PlanPublished(
            code="plus",
            version=version,
            name=f"Plus {version}",
            price_cents=2499 + version,
            currency="USD",
            interval="month",
            sla_hours=48,
            device_types=["tv"],
            active=True,
        )
        for version in (2, 3)
    ]
    kinds = [
        TicketTypePublished(
            code="new-kind",
            version=version,
            name=f"Kind {version}",
            device_type="tv",
            device_name="Television",
            active=version == 2,
        )
        for version in (1, 2)
    ]
    step = -1 if backwards else 1
    await hear(databases, *plans[::step], *kinds[::step])
    assert databases.rows(
        "customer",
        "SELECT name, price_cents, sla_hours, version FROM support_plan WHERE code = 'plus'",
    ) == [("Plus 3", 2502, 48, 3)]
    assert databases.rows(
        "customer", "SELECT name, active FROM ticket_type WHERE code = 'new-kind'"
    ) == [("Kind 2", True)]
