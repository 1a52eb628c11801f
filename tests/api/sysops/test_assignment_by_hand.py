"""An expert chosen by hand: every rule is checked, managers override, pinned visits stay."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.sysops.tickets.proposals import expire_silent
from orchestration.assignment import referee
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import events, progress, proposed, status_of, told_staff
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import Household, add_expert

CHICAGO = ZoneInfo("America/Chicago")
TWO_HOURS = timedelta(hours=2)


def window(hour: int = 10, days: int = 2) -> dict[str, str]:
    """An arrival window in Austin, some days ahead."""
    day = datetime.now(CHICAGO).date() + timedelta(days=days)
    start = datetime.combine(day, time(hour), CHICAGO)
    return {"start": start.isoformat(), "end": (start + TWO_HOURS).isoformat()}


class Office:
    """A manager, the helpdesk and an administrator, with one ticket before them."""

    def __init__(self, http: httpx.AsyncClient, databases: Databases, ticket_id: UUID) -> None:
        self.http, self.databases = http, databases
        self.path = f"/sysops/tickets/{ticket_id}/assignment"
        self.headers: dict[str, dict[str, str]] = {}

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=self.headers[who])

    async def put(self, expert: UUID, who: str = "helpdesk", **more: Any) -> httpx.Response:
        body = {"expert_id": str(expert), "window": window(), **more}
        return await self.ask(who, "PUT", self.path, body)

    async def wrong(self) -> dict[str, int]:
        """Which hard rules are broken, as the referee sees it."""
        async with self.databases.sessions("sysops", "assigner") as opened, opened() as session:
            return {name: count for name, count in (await referee.verify(session)).items() if count}

    async def absent(self, expert: UUID, start: str, end: str) -> None:
        path = f"/sysops/experts/{expert}/time-off"
        body = {"start": start, "end": end, "reason": "ill"}
        answer = await self.ask("administrator", "POST", path, body)
        assert answer.status_code == 201, answer.text

    def standing(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "sysops",
            "SELECT expert_id, status, pinned FROM assignment"
            " WHERE status IN ('proposed', 'accepted')",
        )

    def audited(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "sysops",
            "SELECT action, after FROM audit_entry WHERE subject_kind = 'ticket' ORDER BY id",
        )


@pytest.fixture
async def office(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, ticket_id: UUID
) -> Office:
    office = Office(sysops, databases, ticket_id)
    for role in ("helpdesk", "manager", "administrator"):
        add_staff(databases, role)
        office.headers[role] = await sign_in(f"{role}@squad.example")
    return office


def broken(answer: httpx.Response) -> dict[str, bool]:
    """The rules of a refusal, and whether they can be overridden."""
    assert answer.status_code == 409, answer.text
    return {it["rule"]: it["overridable"] for it in answer.json()["rules"]}


async def test_an_expert_who_fits_gets_a_proposal_as_from_a_run_and_it_is_on_record(
    office: Office, databases: Databases, ticket_id: UUID
) -> None:
    eve = add_expert(databases)
    answer = await office.put(eve)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["source"], made["status"], made["pinned"], made["override"]) == (
        "manual", "proposed", False, None,
    )  # fmt: skip
    assert made["travel_km"] == pytest.approx(4.2, abs=0.3)
    assert (await office.ask("administrator", "GET", office.path)).json() == made
    assert status_of(databases, ticket_id) == ("assigned", 2)
    assert events(databases)[-1] == ("assign", "helpdesk", "assigned")
    assert told_staff(databases) == ["visit_proposed"]
    ((action, after),) = office.audited()
    assert (action, after["expert_id"], after["override"]) == ("ticket.assigned", str(eve), [])
    again = await office.put(eve)
    assert (again.json(), status_of(databases, ticket_id)) == (made, ("assigned", 2))
    assert len(office.audited()) == 1
    assert await office.wrong() == {}


async def test_who_was_to_come_is_withdrawn_first_and_everybody_hears_of_it(
    office: Office, databases: Databases, ticket_id: UUID
) -> None:
    old, new = add_expert(databases, "old"), add_expert(databases, "new")
    await proposed(databases, ticket_id, old)
    databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    databases.execute("sysops", "UPDATE ticket SET status = 'accepted', version = 2")
    assert (await office.put(new)).status_code == 200
    assert office.standing() == [(new, "proposed", False)]
    assert events(databases)[-2:] == [
        ("withdraw", "helpdesk", "open"),
        ("assign", "helpdesk", "assigned"),
    ]
    assert told_staff(databases) == ["visit_proposed", "visit_off", "visit_proposed"]
    assert progress(databases)[-2].reason == "Another expert is asked to come."
    assert databases.rows("sysops", "SELECT expert_id FROM booking") == [(new,)]
    moved = await office.put(new, window=window(13))
    assert (moved.status_code, progress(databases)[-2].reason) == (
        200,
        "The visit gets another time.",
    )


async def test_every_rule_in_the_way_is_listed_and_nothing_has_changed(
    office: Office, databases: Databases, ticket_id: UUID
) -> None:
    old = add_expert(databases, "old")
    await proposed(databases, ticket_id, old, timedelta(days=1))
    wrong = add_expert(databases, "wrong", skill="tv", latitude=30.9)
    databases.execute("sysops", "DELETE FROM shift WHERE expert_id = %s", wrong)
    databases.execute(
        "sysops", "INSERT INTO time_off (expert_id, during, reason) VALUES (%s, '[,]', 'x')", wrong
    )
    databases.execute("sysops", "INSERT INTO exclusion VALUES (%s, %s, 'miss', now())",
                      ticket_id, wrong)  # fmt: skip
    databases.execute(
        "sysops",
        "UPDATE ticket SET earliest_visit_at = now() + '9 days', preferred_windows ="
        " jsonb_build_array(jsonb_build_object('start', now() + '20 days',"
        " 'end', now() + '21 days'))",
    )
    answer = await office.put(wrong)
    codes = ["skill", "radius", "shift", "time_off", "excluded", "too_soon", "preference"]
    assert broken(answer) == dict.fromkeys(codes, True)
    words = [it["detail"] for it in answer.json()["rules"]]
    assert words[0] == "Wrong lacks 'laptop' at level 2 (has 0)."
    assert words[4] == "Wrong did not come to this ticket's visit."
    assert office.standing() == [(old, "proposed", False)]
    some = {"override": codes[1:], "reason": "She knows how."}
    assert broken(await office.put(wrong, "manager", **some)) == dict.fromkeys(codes, True)
    forbidden = await office.put(wrong, override=codes, reason="She knows how.")
    assert forbidden.status_code == 403
    silent = await office.put(wrong, "manager", override=codes)
    assert (silent.status_code, pointers(silent)) == (422, {"/reason"})
    assert (office.standing(), office.audited()) == ([(old, "proposed", False)], [])


async def test_a_manager_overrides_exactly_the_broken_rules_and_the_referee_knows(
    office: Office, databases: Databases, ticket_id: UUID
) -> None:
    far = add_expert(databases, "far", level=1, latitude=30.9)
    databases.execute("sysops", "INSERT INTO exclusion VALUES (%s, %s, 'reject', now())",
                      ticket_id, far)  # fmt: skip
    override = ["radius", "skill", "excluded"]
    answer = await office.put(far, "manager", override=override, reason="Agreed on the phone.")
    assert answer.status_code == 200, answer.text
    kept = {"codes": sorted(override), "reason": "Agreed on the phone."}
    assert answer.json()["override"] == kept
    assert office.audited()[0][1]["override"] == sorted(override)
    assert await office.wrong() == {}
    # The same rules broken again by a change are no news; another rule is.
    databases.execute("sysops", "UPDATE expert SET radius_km = 5")
    body = {"name": "Laptop repair", "device_type": "laptop", "duration_minutes": 90,
            "required_skills": [{"skill": "laptop", "level": 4}]}  # fmt: skip
    path = "/sysops/catalogue/ticket-types/laptop-repair"
    assert (await office.ask("administrator", "PUT", path, body)).status_code == 200
    assert (office.standing(), await office.wrong()) == ([(far, "proposed", False)], {})
    databases.execute("sysops", "DELETE FROM shift")
    assert await office.wrong() == {"outside_shift": 1}
    await office.ask("administrator", "PUT", path, {**body, "duration_minutes": 60})
    assert (office.standing(), await office.wrong()) == ([], {})


async def test_what_cannot_be_overridden_is_refused_to_managers_too(
    office: Office, databases: Databases, ticket_id: UUID
) -> None:
    eve = add_expert(databases)
    await proposed(databases, ticket_id, eve, timedelta(days=1))
    other = databases.rows(
        "sysops",
        "INSERT INTO ticket (customer_id, contract_id, contact_name, contact_phone, line1, city,"
        " state, zip, latitude, longitude, time_zone, ticket_type, description, priority, channel,"
        " status, version, preferred_windows, submitted_at, sla_due_at, updated_at)"
        " SELECT customer_id, contract_id, '', '', '', '', 'TX', zip, latitude, longitude,"
        " time_zone, ticket_type, '', 'low', 'web', 'open', 1, '[]', now(), now(), now()"
        " FROM ticket RETURNING id",
    )[0][0]
    ((start, end),) = databases.rows("sysops", "SELECT lower(during), upper(during) FROM booking")
    databases.execute("sysops", "UPDATE staff SET active = false WHERE id = %s", eve)
    databases.execute("sysops", "UPDATE entitlement SET standing = 'suspended'")
    office.path = f"/sysops/tickets/{other}/assignment"
    taken = {"start": start.isoformat(), "end": end.isoformat()}
    codes = ["contract", "inactive", "shift", "booked"]
    answer = await office.put(eve, "manager", window=taken, override=codes, reason="Now.")
    stands = broken(answer)
    assert {"contract", "inactive", "booked"} <= stands.keys()
    assert [rule for rule, overridable in stands.items() if not overridable] == [
        "contract",
        "inactive",
        "booked",
    ]
    assert len(databases.rows("sysops", "SELECT 1 FROM assignment")) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"expert_id": str(uuid4())}, "/expert_id"),
        ({"window": {"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T12:00:00Z"}}, "/window"),
        ({"window": window(days=90)}, "/window"),
        ({"window": {**window(10), "end": window(13)["end"]}}, "/window"),
        ({"window": {"start": "2120-01-01T10:00:00", "end": "2120-01-01T12:00:00"}}, "/window"),
    ],
)
async def test_odd_wishes_are_named(
    office: Office, databases: Databases, change: dict[str, Any], pointer: str
) -> None:
    answer = await office.put(add_expert(databases), **change)
    assert (answer.status_code, pointers(answer)) == (422, {pointer})
    assert office.standing() == []


async def test_a_ticket_that_is_under_way_or_over_takes_nobody_and_one_without_a_visit_shows_none(
    office: Office, databases: Databases
) -> None:
    eve = add_expert(databases)
    assert (await office.ask("manager", "GET", office.path)).status_code == 404
    assert (await office.ask("manager", "POST", f"{office.path}/pin")).status_code == 404
    extra = await office.put(eve, "manager", override=["radius"], reason="Just so.")
    assert (broken(extra), extra.json()["detail"]) == (
        {},
        "No rule stands against this visit: leave `override` out.",
    )
    databases.execute("sysops", "UPDATE ticket SET status = 'resolved'")
    refused = await office.put(eve)
    assert refused.json()["detail"] == "A ticket that is resolved cannot be given to an expert."


async def test_two_who_choose_at_once_make_one_visit_and_one_booking(
    office: Office, databases: Databases
) -> None:
    eve, ann = add_expert(databases), add_expert(databases, "ann")
    answers = await asyncio.gather(*(office.put(expert) for expert in (eve, ann, eve, ann)))
    assert {it.status_code for it in answers} == {200}
    assert len(office.standing()) == 1
    booked = databases.rows("sysops", "SELECT expert_id FROM booking")
    assert booked == [(office.standing()[0][0],)]


async def test_one_expert_chosen_for_two_tickets_at_once_comes_to_one(
    office: Office, databases: Databases, home: Household
) -> None:
    second = home.ticket()
    await send(databases, second)
    await deliver(databases, "customer", "sysops")
    eve = add_expert(databases)
    paths = [office.path, f"/sysops/tickets/{second.ticket_id}/assignment"]
    body = {"expert_id": str(eve), "window": window()}
    both = await asyncio.gather(*(office.ask("helpdesk", "PUT", path, body) for path in paths))
    went, refused = sorted(both, key=lambda it: it.status_code)
    assert (went.status_code, broken(refused)) == (200, {"booked": False})
    assert await office.wrong() == {}


async def test_a_pinned_visit_stays_through_changes_and_managers_hear_what_it_breaks(
    office: Office, databases: Databases, sign_in: SignIn
) -> None:
    eve = add_expert(databases)
    await office.put(eve)
    pinned = await office.ask("helpdesk", "POST", f"{office.path}/pin")
    assert (pinned.status_code, pinned.json()["pinned"]) == (200, True)
    profile = {"zip": "78701", "radius_km": 60, "skills": [], "shifts": [], "active": True}
    keep = f"/sysops/experts/{eve}"
    assert (await office.ask("administrator", "PUT", keep, profile)).status_code == 200
    assert (office.standing(), await office.wrong()) == ([(eve, "proposed", True)], {})
    shown = (await office.ask("manager", "GET", office.path)).json()["override"]
    assert shown == {"codes": ["shift", "skill"], "reason": "It was pinned when this changed."}
    assert told_staff(databases) == ["visit_proposed", "pinned_visit"]
    await office.ask("administrator", "PUT", keep, {**profile, "radius_km": 59})
    assert told_staff(databases) == ["visit_proposed", "pinned_visit"]
    assert [action for action, _ in office.audited()] == ["ticket.assigned", "assignment.pinned"]
    # An ill expert does not come, whoever pinned it.
    day = window()
    await office.absent(eve, day["start"], day["end"])
    assert office.standing() == []
    assert told_staff(databases)[2:] == ["visit_off", "pinned_visit"]


async def test_an_unpinned_visit_is_like_any_other(office: Office, databases: Databases) -> None:
    eve = add_expert(databases)
    await office.put(eve, pinned=True)
    await office.ask("manager", "POST", f"{office.path}/unpin")
    assert office.standing() == [(eve, "proposed", False)]
    await office.ask("administrator", "PUT", f"/sysops/experts/{eve}", {
        "zip": "78701", "radius_km": 60, "skills": [], "shifts": []
    })  # fmt: skip
    assert office.standing() == []


async def test_managers_hear_when_a_pinned_visit_is_rejected_or_not_answered(
    office: Office, databases: Databases, sign_in: SignIn, expert: UUID
) -> None:
    visit = (await office.put(expert, pinned=True)).json()["id"]
    eve = await sign_in("eve@squad.example")
    url = f"/sysops/visits/{visit}/reject"
    assert (await office.http.post(url, json={"reason": "Ill."}, headers=eve)).status_code == 200
    assert told_staff(databases)[-1] == "pinned_visit"
    ann = add_expert(databases, "ann")
    await office.put(ann, pinned=True)
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        assert await expire_silent(session, datetime.now(UTC) + timedelta(hours=3)) == 1
    said = databases.rows(
        "sysops", "SELECT context->>'what' FROM notification WHERE kind = 'pinned_visit'"
        " ORDER BY id"
    )  # fmt: skip
    assert said == [("was rejected by its expert",), ("was not answered in time",)]


async def test_time_off_that_was_waived_ends_with_a_new_absence(
    office: Office, databases: Databases
) -> None:
    eve = add_expert(databases)
    day = window()
    await office.absent(eve, window(8)["start"], window(15)["end"])
    agreed = {"override": ["time_off"], "reason": "She comes all the same."}
    assert (await office.put(eve, "manager", **agreed)).status_code == 200
    await office.absent(eve, window(8, days=5)["start"], window(15, days=5)["end"])
    assert (office.standing(), await office.wrong()) == ([(eve, "proposed", False)], {})
    await office.absent(eve, day["start"], day["end"])
    assert office.standing() == []
