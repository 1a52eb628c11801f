"""How a visit goes, as its customer sees and hears it, in whatever order the words arrive."""

from datetime import timedelta
from typing import Any

import pytest

from api.messages import Part, TicketDetails
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import (
    NOW,
    WINDOW,
    hear,
    phone_ticket,
    progress,
    ticket,
    timeline,
    told,
)

SET_OUT = NOW + timedelta(hours=23)
ON_THE_WAY: dict[str, Any] = {"action": "set_out", "accepted_version": 3, "set_out_at": SET_OUT}


@pytest.mark.parametrize("backwards", [False, True])
async def test_that_the_expert_is_on_the_way_is_told_once_and_shown_while_it_is_so(
    databases: Databases, home: Household, backwards: bool
) -> None:
    words = [
        progress(home, 3, "accepted", action="accept", accepted_version=3),
        progress(home, 4, "accepted", **ON_THE_WAY),
    ]
    for word in words[:: -1 if backwards else 1]:
        await hear(databases, word)
    arriving = [] if backwards else [("expert_arriving", "sms")]
    assert told(databases) == [*arriving, ("expert_on_the_way", "sms")]
    assert ticket(databases, "status", "version", "set_out_at") == ("accepted", 4, SET_OUT)
    assert timeline(databases) == [(3, "accepted"), (4, "accepted")]
    (context,) = databases.rows(
        "customer", "SELECT context FROM notification WHERE kind = 'expert_on_the_way'"
    )[0]
    assert (context["expert_name"], context["window_start"]) == (
        "Eve Expert",
        WINDOW.start.isoformat(),
    )
    corrected = TicketDetails(description="Stays black.", priority="high")
    await hear(
        databases,
        progress(home, 5, "accepted", **(ON_THE_WAY | {"action": "amend"}), details=corrected),
    )
    assert len(told(databases)) == len(arriving) + 1
    assert ticket(databases, "description", "priority", "set_out_at") == (
        "Stays black.",
        "high",
        SET_OUT,
    )
    await hear(databases, progress(home, 6, "open", action="withdraw"))
    assert ticket(databases, "set_out_at", "expert_name") == (None, None)


async def test_a_visit_for_nothing_is_told_the_way_a_visit_that_is_off_is(
    databases: Databases, home: Household
) -> None:
    databases.execute(
        "customer", """UPDATE notification_preference SET choices = '{"visit_off": "email"}'"""
    )
    await hear(
        databases,
        progress(home, 3, "accepted", accepted_version=3),
        progress(home, 4, "open", action="no_show", customer_absences=1, reason="I rang twice."),
        progress(home, 6, "accepted", accepted_version=6, customer_absences=1),
        progress(home, 7, "open", action="miss", customer_absences=1, expert_absences=1),
        progress(home, 9, "accepted", accepted_version=9, customer_absences=1, expert_absences=1),
        progress(
            home, 10, "open", action="no_show", customer_absences=2, expert_absences=1,
            coordinator_calls=True,
        ),
        progress(home, 11, "escalated", action="escalate", customer_absences=2, expert_absences=1),
    )  # fmt: skip
    kinds = [kind for kind, _ in told(databases)]
    assert kinds == [
        "expert_arriving",
        "nobody_home",
        "expert_arriving",
        "expert_did_not_come",
        "expert_arriving",
        "nobody_home",
    ]
    assert {way for kind, way in told(databases) if kind != "expert_arriving"} == {"email"}
    calls = databases.rows(
        "customer",
        "SELECT context->'coordinator_calls', context->>'window_start' FROM notification"
        " WHERE kind = 'nobody_home' ORDER BY id",
    )
    assert [call for call, _ in calls] == [False, True]
    assert {start for _, start in calls} == {WINDOW.start.isoformat()}
    assert ticket(databases, "status", "customer_absences", "expert_absences") == (
        "escalated",
        2,
        1,
    )


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_newest_details_count_whatever_came_last(
    databases: Databases, home: Household, backwards: bool
) -> None:
    first = TicketDetails(description="First.", priority="high", preferred_windows=(WINDOW,))
    second = TicketDetails(description="Second.", priority="urgent")
    words = [
        progress(home, 2, "open", action="reschedule", details=first),
        progress(home, 3, "open", action="amend", details=second),
        progress(home, 4, "assigned", action="assign"),
    ]
    for word in words[:: -1 if backwards else 1]:
        await hear(databases, word)
    assert ticket(databases, "description", "priority", "preferred_windows", "version") == (
        "Second.",
        "urgent",
        [],
        4,
    )


async def test_parts_stay_with_the_visit_that_used_them_also_when_told_late_or_twice(
    databases: Databases, home: Household
) -> None:
    screw = (Part(name="Screw M3", quantity=4),)
    board = (Part(name="Power board", part_number="PB-1"),)
    late = progress(home, 5, "open", action="follow_up", parts=screw)
    done = progress(home, 9, "resolved", action="complete", parts=board)
    await hear(databases, done, late, late, done)
    rows = databases.rows("customer", "SELECT version, parts FROM ticket_timeline ORDER BY version")
    assert [(version, [part["name"] for part in parts]) for version, parts in rows] == [
        (5, ["Screw M3"]),
        (9, ["Power board"]),
    ]


async def test_a_ticket_taken_by_phone_that_was_corrected_at_once_ends_corrected(
    databases: Databases, home: Household
) -> None:
    taken = phone_ticket(home)
    corrected = progress(
        home, 2, "open", ticket_id=taken.ticket_id, number=taken.number, action="amend",
        details=TicketDetails(description="Stays black.", priority="normal"),
    )  # fmt: skip
    await hear(databases, corrected)
    await hear(databases, taken)
    databases.execute("sysops", "UPDATE to_customer.pgqueuer SET execute_after = now()")
    await hear(databases, taken)
    row = databases.rows(
        "customer", "SELECT description, version FROM ticket WHERE id = %s", taken.ticket_id
    )
    assert row == [("Stays black.", 2)]
