"""The customer's view of a ticket, as sysops's words arrive, with the relay's own roles."""

from datetime import timedelta

from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import (
    WINDOW,
    hear,
    progress,
    ticket,
    timeline,
    told,
)
from tests.messaging import queued


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
