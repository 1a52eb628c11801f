"""A ticket from its arrival to its resolution, over HTTP and messages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.kernel.auth import TokenSigner
from api.messages import ContractStandingToSysops, SurveyOutcome, TicketRequested
from api.sysops.tickets.proposals import expire_silent
from tests.api.support import bearer, key_pair
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import progress, proposed, status_of
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, send
from tests.world import Household, furnish


async def test_a_submitted_ticket_opens_once_whatever_arrives_twice(
    databases: Databases, ticket_id: UUID
) -> None:
    assert status_of(databases, ticket_id) == ("open", 1)
    (told,) = progress(databases)
    assert (told.status, told.version, told.number >= 100_001) == ("open", 1, True)


async def test_a_ticket_that_overtakes_its_entitlement_waits_and_is_not_lost(
    databases: Databases, home: Household
) -> None:
    furnish(databases)
    await send(databases, home.ticket())
    await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT count(*) FROM ticket") == [(0,)]
    await send(databases, home.entitlement())
    for _ in range(2):  # the first time the entitlement is still behind the ticket
        databases.execute("customer", "UPDATE to_sysops.pgqueuer SET execute_after = now()")
        await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT status FROM ticket") == [("open",)]
    assert dead_letters(databases, "customer", "sysops") == 0


async def test_an_expert_accepts_starts_and_resolves_a_visit(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    visit = await proposed(databases, ticket_id, expert)
    me = await sign_in("eve@squad.example")
    (listed,) = (await sysops.get("/sysops/visits", headers=me)).json()
    assert (listed["id"], listed["ticket_status"]) == (visit, "assigned")
    for step, after in (("accept", "accepted"), ("start", "in_progress")):
        answer = await sysops.post(f"/sysops/visits/{visit}/{step}", headers=me)
        assert (answer.status_code, answer.json()["ticket_status"]) == (200, after)
    done = await sysops.post(
        f"/sysops/visits/{visit}/complete", headers=me, json={"resolution": "New battery."}
    )
    assert done.json()["ticket_status"] == "resolved"
    assert [told.status for told in progress(databases)] == [
        "open",
        "assigned",
        "accepted",
        "in_progress",
        "resolved",
    ]
    accepted = progress(databases)[2]
    assert (accepted.expert_name, accepted.window is not None) == ("Eve", True)
    assert progress(databases)[4].resolution == "New battery."
    assert databases.rows("sysops", "SELECT count(*) FROM booking") == [(0,)]


async def test_a_rejected_visit_goes_back_and_that_expert_is_out(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    visit = await proposed(databases, ticket_id, expert)
    me = await sign_in("eve@squad.example")
    answer = await sysops.post(
        f"/sysops/visits/{visit}/reject", headers=me, json={"reason": "My van broke down."}
    )
    assert answer.json()["ticket_status"] == "open"
    assert databases.rows("sysops", "SELECT ticket_id, expert_id FROM exclusion") == [
        (ticket_id, expert)
    ]
    assert databases.rows("sysops", "SELECT count(*) FROM booking") == [(0,)]
    again = await sysops.post(f"/sysops/visits/{visit}/accept", headers=me)
    assert again.status_code == 409


async def test_a_silent_expert_loses_the_ticket_and_the_silence_is_counted(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    await proposed(databases, ticket_id, expert)
    later = datetime.now(UTC) + timedelta(hours=1)
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        assert await expire_silent(session, datetime.now(UTC)) == 0
        assert await expire_silent(session, later) == 1
    assert status_of(databases, ticket_id) == ("open", 3)
    silence = "SELECT silences, last_silent_at FROM expert"
    assert databases.rows("sysops", silence) == [(1, later)]
    assert databases.rows("sysops", "SELECT count(*) FROM exclusion") == [(1,)]

    visit = await proposed(databases, ticket_id, expert)
    me = await sign_in("eve@squad.example")
    await sysops.post(f"/sysops/visits/{visit}/accept", headers=me)
    assert databases.rows("sysops", silence) == [(0, None)]


async def test_somebody_elses_visit_is_not_found(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    visit = await proposed(databases, ticket_id, expert)
    add_staff(databases, "expert", "mallory@squad.example")
    other = await sign_in("mallory@squad.example")
    assert (await sysops.get("/sysops/visits", headers=other)).json() == []
    for step in ("accept", "start"):
        answer = await sysops.post(f"/sysops/visits/{visit}/{step}", headers=other)
        assert answer.status_code == 404
    assert status_of(databases, ticket_id) == ("assigned", 2)


async def test_a_refused_transition_says_what_is_allowed_and_changes_nothing(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    visit = await proposed(databases, ticket_id, expert)
    me = await sign_in("eve@squad.example")
    await sysops.post(f"/sysops/visits/{visit}/accept", headers=me)
    answer = await sysops.post(
        f"/sysops/visits/{visit}/complete", headers=me, json={"resolution": "Too early."}
    )
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Start this visit first."
    # What an expert can do at this hour: not what others may, nor what comes too early.
    assert answer.json()["allowed"] == ["set_out", "start"]
    assert status_of(databases, ticket_id) == ("accepted", 3)
    assert databases.rows("sysops", "SELECT resolution FROM ticket") == [(None,)]


@pytest.mark.parametrize(
    ("kind", "status"), [("cancel", "cancelled"), ("reschedule", "open"), ("reopen", "accepted")]
)
async def test_a_customers_request_is_done_or_answered_with_what_is_allowed(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
    kind: Any,
    status: str,
) -> None:
    visit = await proposed(databases, ticket_id, expert)
    await sysops.post(f"/sysops/visits/{visit}/accept", headers=await sign_in("eve@squad.example"))
    request = TicketRequested(
        ticket_id=ticket_id,
        request_id=uuid4(),
        kind=kind,
        reason="Something came up.",
        requested_at=datetime.now(UTC),
    )
    await send(databases, request)
    await deliver(databases, "customer", "sysops")
    assert status_of(databases, ticket_id)[0] == status
    answer = progress(databases)[-1]
    assert answer.request_id == request.request_id
    assert answer.request_accepted is (kind != "reopen")
    if kind == "reopen":
        assert "cancel" in answer.allowed
        assert answer.expert_name == "Eve"
    else:
        told = databases.rows("sysops", "SELECT kind FROM notification ORDER BY created_at")
        assert told == [("visit_proposed",), ("visit_off",)]


async def test_an_answered_survey_closes_the_ticket_and_a_low_score_reaches_the_managers(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    manager = add_staff(databases, "manager")
    visit = await proposed(databases, ticket_id, expert)
    me = await sign_in("eve@squad.example")
    for step in ("accept", "start"):
        await sysops.post(f"/sysops/visits/{visit}/{step}", headers=me)
    await sysops.post(
        f"/sysops/visits/{visit}/complete", headers=me, json={"resolution": "New battery."}
    )
    outcome = SurveyOutcome(ticket_id=ticket_id, score=2, answered_at=datetime.now(UTC))
    await send(databases, outcome)
    await deliver(databases, "customer", "sysops")
    assert status_of(databases, ticket_id)[0] == "closed"
    alerts = databases.rows(
        "sysops", "SELECT staff_id, channel FROM notification WHERE kind = 'low_score'"
    )
    assert alerts == [(manager, "email")]


async def test_an_older_word_of_a_customer_or_a_contract_never_overwrites_a_newer_one(
    databases: Databases, home: Household
) -> None:
    furnish(databases)
    second, third, fourth = (
        ContractStandingToSysops(
            contract_id=home.contract_id,
            standing="good" if version % 2 == 0 else "suspended",
            version=version,
            at=datetime.now(UTC),
        )
        for version in (2, 3, 4)
    )
    await send(databases, home.directory(3), home.directory(2), home.entitlement(2))
    await send(databases, third, second, role="biller")
    await deliver(databases, "billing", "sysops")
    await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT version FROM customer") == [(3,)]
    assert databases.rows(
        "sysops", "SELECT version, standing, standing_version, plan_code FROM entitlement"
    ) == [(2, "suspended", 3, "basic")]
    out = "SELECT out_of_force_since < now() FROM entitlement"
    assert databases.rows("sysops", out) == [(True,)]
    await send(databases, fourth, role="biller")
    await deliver(databases, "billing", "sysops")
    assert databases.rows("sysops", out) == [(None,)]


@pytest.mark.parametrize(
    ("issuer", "key", "status"),
    [
        ("sysops", "customer", 401),  # signed by another than it says
        ("customer", "sysops", 401),
        ("billing", "billing", 401),  # of an issuer that is not known here
        ("customer", "customer", 403),  # whose word on roles of staff counts for nothing
    ],
)
async def test_nobody_but_sysops_makes_somebody_staff(
    sysops: httpx.AsyncClient, issuer: str, key: str, status: int
) -> None:
    foreign = TokenSigner(issuer, key_pair(key)[0])
    token = foreign.sign(uuid4(), ["administrator"], ["sysops"], datetime.now(UTC))
    answer = await sysops.get("/sysops/me", headers=bearer(token))
    assert answer.status_code == status
