"""The helpdesk changes a ticket in its customer's name, while the customer is on the line."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import HOUR, events, progress, proposed, status_of, told_staff
from tests.databases import Databases


class Desk:
    """The helpdesk with one ticket open."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str], ticket: UUID) -> None:
        self.http, self.headers, self.url = http, headers, f"/sysops/tickets/{ticket}"

    async def does(self, act: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"{self.url}/{act}", json=body, headers=self.headers)

    async def corrects(self, **body: Any) -> httpx.Response:
        return await self.http.patch(self.url, json=body, headers=self.headers)

    async def sees(self) -> dict[str, Any]:
        seen: dict[str, Any] = (await self.http.get(self.url, headers=self.headers)).json()
        return seen


@pytest.fixture
async def desk(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, ticket_id: UUID
) -> Desk:
    add_staff(databases, "helpdesk")
    return Desk(sysops, await sign_in("helpdesk@squad.example"), ticket_id)


def window(days: int) -> dict[str, str]:
    start = datetime.now(UTC) + timedelta(days=days)
    return {"start": start.isoformat(), "end": (start + 3 * HOUR).isoformat()}


async def accepted(
    databases: Databases, http: httpx.AsyncClient, sign_in: SignIn, ticket: UUID, expert: UUID
) -> str:
    visit = await proposed(databases, ticket, expert)
    await http.post(f"/sysops/visits/{visit}/accept", headers=await sign_in("eve@squad.example"))
    return visit


@pytest.mark.parametrize(
    ("act", "more", "status"),
    [("cancel", {}, "cancelled"), ("reschedule", {"preferred_windows": [window(3)]}, "open")],
)
async def test_what_the_customer_asks_for_on_the_phone_is_done_at_once_and_the_expert_hears_it(
    desk: Desk,
    databases: Databases,
    sign_in: SignIn,
    ticket_id: UUID,
    expert: UUID,
    act: str,
    more: dict[str, Any],
    status: str,
) -> None:
    await accepted(databases, desk.http, sign_in, ticket_id, expert)
    answer = await desk.does(act, reason="She is away that day.", **more)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert events(databases)[-1] == (act, "helpdesk", status)
    assert (await desk.sees())["events"][-1]["reason"] == "She is away that day."
    assert told_staff(databases) == ["visit_proposed", "visit_off"]
    told = progress(databases)[-1]
    assert (told.action, told.request_id, told.version) == (act, None, 4)
    outcomes = {"cancel": "cancelled", "reschedule": "rescheduled"}
    assert databases.rows("sysops", "SELECT outcome FROM assignment") == [(outcomes[act],)]
    if act == "reschedule":
        assert told.details is not None
        assert len(told.details.preferred_windows) == len(answer.json()["preferred_windows"]) == 1


async def test_windows_that_no_visit_fits_in_are_all_named_and_the_visit_stands(
    desk: Desk, databases: Databases, sign_in: SignIn, ticket_id: UUID, expert: UUID
) -> None:
    await accepted(databases, desk.http, sign_in, ticket_id, expert)
    answer = await desk.does(
        "reschedule", reason="Please.", preferred_windows=[window(-1), window(2), window(99)]
    )
    assert (answer.status_code, pointers(answer)) == (
        422,
        {"/preferred_windows/0", "/preferred_windows/2"},
    )
    assert status_of(databases, ticket_id) == ("accepted", 3)


async def test_a_refusal_says_what_is_allowed_and_changes_nothing(
    desk: Desk, databases: Databases, ticket_id: UUID
) -> None:
    refused = await desk.does("reopen", reason="It is broken again.")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "A ticket that is open cannot be reopened.",
    )
    assert {"cancel", "reschedule", "amend"} <= set(refused.json()["allowed"])
    await desk.does("cancel", reason="It works again.")
    for act, more in (
        ("reschedule", {"preferred_windows": [window(3)]}),
        ("priority", {"priority": "urgent"}),
    ):
        assert (await desk.does(act, reason="Please.", **more)).json()["allowed"] == []
    assert (await desk.corrects(description="Something else.")).status_code == 409
    assert status_of(databases, ticket_id) == ("cancelled", 2)
    windows = databases.rows("sysops", "SELECT preferred_windows, priority FROM ticket")
    assert windows == [([], "normal")]


@pytest.mark.parametrize("role", ["helpdesk", "manager"])
async def test_a_resolved_ticket_is_reopened_by_who_may(
    desk: Desk, databases: Databases, sign_in: SignIn, ticket_id: UUID, role: str
) -> None:
    databases.execute("sysops", "UPDATE ticket SET status = 'closed', resolved_at = now()")
    add_staff(databases, "manager")
    desk.headers = await sign_in(f"{role}@squad.example")
    answer = await desk.does("reopen", reason="It is broken again.")
    assert (answer.json()["status"], answer.json()["resolved_at"]) == ("open", None)
    assert events(databases)[-1] == ("reopen", role, "open")


async def test_contact_and_description_are_corrected_and_the_customer_sees_it(
    desk: Desk, databases: Databases, ticket_id: UUID
) -> None:
    answer = await desk.corrects(contact_phone="212 555 0199", description="Stays black.")
    detail = answer.json()
    assert detail["ticket"]["contact_phone"] == "+12125550199"
    assert detail == await desk.sees()
    assert detail["events"][-1]["action"] == "amend"
    assert detail["events"][-1]["reason"] == "Changed: contact phone, description."
    told = progress(databases)[-1]
    assert told.details is not None
    assert (told.status, told.version, told.details.description) == ("open", 2, "Stays black.")
    await desk.corrects(description="Stays black.")
    assert status_of(databases, ticket_id) == ("open", 2)
    assert (await desk.corrects()).status_code == 422
    wrong = await desk.corrects(contact_phone="12", contact_name="", priority="low")
    assert pointers(wrong) == {"/contact_phone", "/contact_name", "/priority"}


async def test_a_priority_is_raised_with_a_reason_and_never_lowered(
    desk: Desk, databases: Databases
) -> None:
    answer = await desk.does("priority", priority="urgent", reason="She works from home.")
    assert answer.json()["priority"] == "urgent"
    told = progress(databases)[-1]
    assert told.details is not None
    assert (told.action, told.details.priority) == ("raise_priority", "urgent")
    lower = await desk.does("priority", priority="low", reason="After all not.")
    assert (lower.status_code, pointers(lower)) == (422, {"/priority"})
    assert pointers(await desk.does("priority", priority="top")) == {"/priority", "/reason"}


async def test_notes_are_for_staff_and_never_leave_sysops(
    desk: Desk, databases: Databases, sign_in: SignIn, ticket_id: UUID, expert: UUID
) -> None:
    before = len(progress(databases))
    answer = await desk.does("notes", text="Ring at the back door.")
    assert answer.status_code == 201
    (note,) = answer.json()["notes"]
    assert (note["author_name"], note["text"]) == ("Some Helpdesk", "Ring at the back door.")
    assert (len(progress(databases)), status_of(databases, ticket_id)) == (before, ("open", 1))
    visit = await proposed(databases, ticket_id, expert)
    eve = await sign_in("eve@squad.example")
    seen = (await desk.http.get(f"/sysops/visits/{visit}", headers=eve)).json()
    assert [one["text"] for one in seen["notes"]] == ["Ring at the back door."]
    with databases.connect("sysops", "replicator") as connection:
        allowed = connection.execute("SELECT has_table_privilege('ticket_note', 'SELECT')")
        assert allowed.fetchone() == (False,)


async def test_a_ticket_that_does_not_exist_is_not_found(desk: Desk) -> None:
    desk.url = f"/sysops/tickets/{uuid4()}"
    for act, body in (("cancel", {"reason": "Why."}), ("notes", {"text": "Hm."})):
        assert (await desk.does(act, **body)).status_code == 404
