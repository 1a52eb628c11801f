"""What a change may not take back: pinned visits, and visits for which rules were waived."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.sysops.tickets.proposals import expire_silent
from tests.api.sysops.conftest import SignIn
from tests.api.sysops.lives import told_staff
from tests.api.sysops.office import Office, window
from tests.databases import Databases
from tests.world import add_expert


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
