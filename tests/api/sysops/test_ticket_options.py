"""Who could come to a ticket, what would have to change, and which rule takes how many out."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import proposed
from tests.databases import Databases
from tests.world import add_expert


class Board:
    """A manager who looks at the options of one ticket."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str], ticket_id: UUID) -> None:
        self.http, self.headers, self.ticket_id = http, headers, ticket_id

    async def options(self) -> dict[str, Any]:
        url = f"/sysops/tickets/{self.ticket_id}/options"
        answer = await self.http.get(url, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def words(self) -> list[str]:
        return [change["words"] for change in (await self.options())["changes"]]


@pytest.fixture
async def board(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, ticket_id: UUID
) -> Board:
    add_staff(databases, "manager")
    return Board(sysops, await sign_in("manager@squad.example"), ticket_id)


async def test_experts_who_fit_come_first_with_their_next_windows_and_the_way(
    board: Board, databases: Databases
) -> None:
    far = add_expert(databases, "far", latitude=30.5)
    near = add_expert(databases, "near")
    found = await board.options()
    assert [it["expert_id"] for it in found["fitting"]] == [str(near), str(far)]
    assert [len(it["windows"]) for it in found["fitting"]] == [3, 3]
    assert found["fitting"][0]["travel_km"] == pytest.approx(4.2, abs=0.3)
    assert (found["changes"], found["removed"], found["before"]) == ([], [], [])
    assert (found["active_experts"], found["not_considered"]) == (2, 0)


async def test_each_expert_is_taken_out_by_one_rule_and_the_smallest_change_comes_first(
    board: Board, databases: Databases
) -> None:
    add_expert(databases, "tim", skill="tv")
    add_expert(databases, "low", level=1)
    add_expert(databases, "beyond", latitude=30.9)
    free = add_expert(databases, "free")
    sick = add_expert(databases, "sick")
    gone = add_expert(databases, "gone")
    no = add_expert(databases, "no")
    databases.execute("sysops", "DELETE FROM shift WHERE expert_id = %s", free)
    databases.execute(
        "sysops", "INSERT INTO time_off (expert_id, during, reason) VALUES (%s, '[,]', 'ill')", sick
    )
    databases.execute("sysops", "UPDATE staff SET active = false WHERE id = %s", gone)
    databases.execute(
        "sysops",
        "INSERT INTO exclusion VALUES (%s, %s, 'reject', now())",
        board.ticket_id,
        no,
    )
    found = await board.options()
    assert found["fitting"] == []
    assert {it["rule"]: it["experts"] for it in found["removed"]} == {
        "skill": 2,
        "radius": 1,
        "shift": 1,
        "time_off": 1,
        "excluded": 1,
    }
    assert [it["rule"] for it in found["changes"]] == ["excluded", "radius", "shift"]
    lifted, wider, overtime = (it["words"] for it in found["changes"])
    assert lifted.startswith("No rejected this ticket, and could come ")
    assert wider == (
        "Beyond lives 70 km away, 10 km outside of the radius of 60 km: widen it to 70 km."
    )
    assert overtime.startswith("Free does not work on ")
    assert found["changes"][0]["expert_id"] == str(no)
    assert found["changes"][0]["window"] is not None


async def test_when_nobody_has_the_skill_the_nearest_to_it_are_named(
    board: Board, databases: Databases
) -> None:
    databases.execute("sysops", "UPDATE required_skill SET level = 5")
    add_expert(databases, "amy", level=4)
    add_expert(databases, "tim", skill="tv")
    (words,) = await board.words()
    assert words == (
        "Nobody holds 'laptop' at level 5: the nearest to it are"
        " Amy ('laptop' at level 4), Tim (no 'laptop')."
    )
    assert (await board.options())["removed"] == [{"rule": "skill", "experts": 2}]


async def test_without_any_expert_there_is_nothing_but_the_missing_skill(board: Board) -> None:
    found = await board.options()
    assert (found["active_experts"], found["fitting"]) == (0, [])
    assert [it["words"] for it in found["changes"]] == ["Nobody holds 'laptop' at level 2."]


async def test_the_customers_windows_and_what_was_agreed_are_asked_about(
    board: Board, databases: Databases
) -> None:
    add_expert(databases, "ann")
    databases.execute(
        "sysops",
        "UPDATE ticket SET preferred_windows = "
        '\'[{"start": "2020-01-01T00:00:00Z", "end": "2020-01-01T02:00:00Z"}]\'',
    )
    (words,) = await board.words()
    assert words.startswith("Ann could come ")
    assert words.endswith(", outside of the customer's windows: ask the customer.")
    databases.execute(
        "sysops",
        "UPDATE ticket SET preferred_windows = '[]', earliest_visit_at = now() + '30 days'",
    )
    assert (await board.words())[0].endswith(", before the time agreed on: ask the customer.")
    found = await board.options()
    assert found["removed"] == [{"rule": "too_soon", "experts": 1}]


async def test_full_days_ended_certificates_and_short_shifts_have_their_own_words(
    board: Board, databases: Databases
) -> None:
    busy, old, short = (add_expert(databases, name) for name in ("busy", "old", "short"))
    databases.execute("sysops", "UPDATE expert SET most_visits_a_day = 1 WHERE id = %s", busy)
    databases.execute(
        "sysops",
        "UPDATE expert_skill SET certified_until = '2020-01-31' WHERE expert_id = %s",
        old,
    )
    databases.execute(
        "sysops",
        "UPDATE shift SET starts_at = '09:00', ends_at = '11:00' WHERE expert_id = %s",
        short,
    )
    # A visit on every day of the horizon, in the evening, where no arrival window is.
    databases.execute(
        "sysops",
        "WITH made AS (INSERT INTO assignment (ticket_id, expert_id, during, status, travel_km,"
        " cost, proposed_at, answer_by) SELECT t.id, %s, tstzrange(d, d + interval '2 hours'),"
        " 'withdrawn', 1, 1, now(), now() FROM ticket t, generate_series(date_trunc('day', now())"
        " + '2 hours', now() + '12 days', '1 day') d RETURNING id, expert_id, during)"
        " INSERT INTO booking (expert_id, during, assignment_id)"
        " SELECT expert_id, during, id FROM made",
        busy,
    )
    shift, full, renew = await board.words()
    assert "works from 9:00 AM to 11:00 AM on " in shift
    assert ": 1 hour(s) of overtime, " in shift
    assert full.startswith("Busy takes 1 visit(s) a day: one more, ")
    assert renew.endswith("it ends before, 'laptop' on January 31, 2020.")


async def test_a_contract_out_of_force_and_a_call_to_make_are_said_once(
    board: Board, databases: Databases
) -> None:
    add_expert(databases)
    databases.execute("sysops", "UPDATE entitlement SET standing = 'suspended'")
    databases.execute("sysops", "UPDATE ticket SET customer_absences = 2, status = 'escalated'")
    found = await board.options()
    assert len(found["fitting"]) == 1
    assert [it.split(":")[0] for it in found["before"]] == [
        "The contract is not in force",
        "Nobody was at home at 2 visits",
    ]


async def test_a_visit_that_is_planned_for_the_ticket_does_not_stand_in_its_own_way(
    board: Board, databases: Databases
) -> None:
    eve = add_expert(databases)
    databases.execute("sysops", "UPDATE expert SET most_visits_a_day = 1")
    await proposed(databases, board.ticket_id, eve, timedelta(days=1))
    before = await board.options()
    assert [it["expert_id"] for it in before["fitting"]] == [str(eve)]
    databases.execute("sysops", "UPDATE ticket SET status = 'in_progress'")
    url = f"/sysops/tickets/{board.ticket_id}/options"
    answer = await board.http.get(url, headers=board.headers)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "Nobody is looked for: the ticket is in progress.",
    )
    unknown = f"/sysops/tickets/{uuid4()}/options"
    assert (await board.http.get(unknown, headers=board.headers)).status_code == 404


async def test_an_expert_behind_two_hundred_nearer_ones_is_counted_as_not_looked_at(
    board: Board, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sysops.assignment.candidates.MOST_EXPERTS", 1)
    near = add_expert(databases, "near")
    add_expert(databases, "other", latitude=30.5)
    found = await board.options()
    assert [it["expert_id"] for it in found["fitting"]] == [str(near)]
    assert (found["active_experts"], found["not_considered"]) == (2, 1)
