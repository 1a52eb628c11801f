"""An expert chosen by hand: every rule is checked, and managers override what they are shown."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.support import pointers
from tests.api.sysops.lives import events, progress, proposed, status_of, told_staff
from tests.api.sysops.office import Office, broken, window
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import Household, add_expert


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
