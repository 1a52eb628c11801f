"""Why this expert, over HTTP after real runs: chosen, alternatives, nobody, and what came after."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.integration.assignment.kept import run_and_keep, tickets_of_all_kinds
from tests.world import add_expert


class Office:
    """A manager who asks why."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.http, self.headers = http, headers

    async def get(self, path: str, status: int = 200) -> Any:
        answer = await self.http.get(f"/sysops{path}", headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def why(self, ticket_id: UUID, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/tickets/{ticket_id}/explanation{query}")
        parts = [*found["why"], *(it["words"] for it in found["alternatives"])]
        plain = [it.removeprefix("What would help now: ") for it in found["sentences"]]
        assert plain == [*parts, *found["since"], *found["now"]]
        return found


@pytest.fixture
async def office(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Office:
    add_staff(databases, "manager")
    return Office(sysops, await sign_in("manager@squad.example"))


async def test_a_run_on_tickets_of_all_kinds_is_explained_ticket_by_ticket(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    kinds = await tickets_of_all_kinds(databases)
    outcome = await run_and_keep(databases, tmp_path)
    numbers = dict(databases.rows("sysops", "SELECT id, number FROM ticket"))

    urgent, served = await office.why(kinds.urgent), await office.why(kinds.served)
    assert {urgent["decision"]["expert_name"], served["decision"]["expert_name"]} == {"Near", "Far"}
    for found in (urgent, served):
        decision = found["decision"]
        assert found["run"]["id"] == str(outcome.run_id)
        assert (found["run"]["policy"], found["run"]["proven"]) == ("balanced/1", True)
        assert (found["status"], found["served"]) == ("assigned", True)
        assert decision["outcome"] == "assigned"
        assert sum(it["cost"] for it in decision["terms"]) == decision["cost"]
        chosen, cost = found["why"]
        assert chosen.startswith(f"{decision['expert_name']} was chosen to come ")
        assert "10:00 AM to 12:00 PM C" in chosen
        assert f"It costs {decision['cost']:,} cost units: " in cost
        (other,) = found["alternatives"]
        assert f"went to ticket {other['taken_by_number']} (" in other["words"]
        answer, stands = found["since"]
        assert answer.startswith(f"{decision['expert_name']} has to answer until ")
        assert (stands, found["now"]) == ("The ticket waits for its expert's answer.", [])

    crowded = await office.why(kinds.crowded)
    assert (crowded["decision"]["outcome"], crowded["served"]) == ("unserved", False)
    assert crowded["why"][0].startswith("Nobody could be sent: no window of 2 suitable experts")
    assert {it["taken_by_number"] for it in crowded["alternatives"]} == {
        numbers[kinds.urgent],
        numbers[kinds.served],
    }
    assert all("would stay without a visit" in it["words"] for it in crowded["alternatives"])
    assert crowded["now"]

    unskilled = await office.why(kinds.unskilled)
    assert unskilled["why"] == [
        "Nobody could be sent: of the active experts, 2 lack the skill or its level."
    ]
    assert unskilled["now"] == [
        "Nobody holds 'tv' at level 2: the nearest to it are Near (no 'tv'), Far (no 'tv')."
    ]
    barred = await office.why(kinds.barred)
    assert barred["why"] == ["Nobody was sent. The contract is not in force."]
    assert barred["now"][0].startswith("First of all: The contract is not in force")


async def test_what_came_after_a_decision_is_said_and_an_older_run_can_be_asked_for(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    kinds = await tickets_of_all_kinds(databases)
    now = datetime.now(UTC)
    first = await run_and_keep(databases, tmp_path, now - timedelta(hours=3))
    # Nobody answered: the next run takes it back.
    await run_and_keep(databases, tmp_path, now)
    found = await office.why(kinds.urgent, f"?run_id={first.run_id}")
    assert found["decision"]["outcome"] == "assigned"
    assert found["since"][0].startswith(
        f"{found['decision']['expert_name']} did not answer in time"
    )
    assert (await office.why(kinds.urgent))["run"]["id"] != str(first.run_id)

    add_staff(databases, "helpdesk", "hana@squad.example")
    expert = add_expert(databases, "ann")
    window = (now + timedelta(days=2)).replace(hour=16, minute=0, second=0, microsecond=0)
    answer = await office.http.put(
        f"/sysops/tickets/{kinds.unskilled}/assignment",
        json={
            "expert_id": str(expert),
            "window": {
                "start": window.isoformat(),
                "end": (window + timedelta(hours=2)).isoformat(),
            },
            "override": ["skill", "preference"],
            "reason": "Ann has done it before.",
            "pinned": True,
        },
        headers=office.headers,
    )
    assert answer.status_code == 200, answer.text
    by_hand = await office.why(kinds.unskilled)
    assert by_hand["served"] is True
    assert by_hand["since"][0].startswith("Some Manager chose Ann by hand, to come ")
    assert by_hand["since"][0].endswith("It is pinned: nothing automatic takes it back.")

    gone = f"/tickets/{kinds.urgent}/explanation?run_id={uuid4()}"
    assert (await office.get(gone, 404))["detail"].startswith("There is no such run, or it did not")
    await office.get(f"/tickets/{uuid4()}/explanation", 404)


async def test_what_no_run_has_decided_or_could_propose_is_said_so(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    kinds = await tickets_of_all_kinds(databases)
    before = await office.why(kinds.urgent)
    assert (before["run"], before["decision"], before["served"]) == (None, None, False)
    waits, *now = before["sentences"][1:]
    assert before["why"] == ["No assignment run has decided on this ticket yet."]
    assert "one begins within seconds of a change, else by schedule." in waits
    assert any(it.startswith("As things are now, Near could come ") for it in now)

    outcome = await run_and_keep(databases, tmp_path)
    # As a run leaves them that ends in the middle, that finds a change, and a history without
    # reasons.
    databases.execute("sysops", "DELETE FROM booking")
    databases.execute("sysops", "DELETE FROM assignment WHERE ticket_id = %s", kinds.urgent)
    assert "The run ended before it proposed it." in (await office.why(kinds.urgent))["since"]
    databases.execute(
        "sysops",
        "UPDATE assignment_decision SET outcome = 'skipped', reason = 'The ticket changed.'"
        " WHERE ticket_id = %s",
        kinds.urgent,
    )
    skipped = await office.why(kinds.urgent)
    assert skipped["why"][-1] == (
        "It was not proposed. The ticket changed. The next run looks again."
    )
    databases.execute(
        "sysops",
        "UPDATE assignment_decision SET terms = '{}', alternatives = '[]', during = NULL,"
        " travel_km = NULL WHERE ticket_id = %s",
        kinds.served,
    )
    databases.execute("sysops", "UPDATE assignment_run SET evidence = NULL, proven = NULL")
    old = await office.why(kinds.served)
    assert " by road from home" in old["why"][0]
    assert old["why"][1].endswith("what that is made of was not kept.")
    run = await office.get(f"/assignment/runs/{outcome.run_id}")
    assert (run["proof"], run["run"]["served"]) == (["No proof was kept of this run."], [])
    databases.execute(
        "sysops", "DELETE FROM assignment_decision WHERE ticket_id = %s", kinds.served
    )
    forgotten = (await office.why(kinds.served))["why"]
    assert forgotten == [
        "No decision of a run on this ticket is kept: there was none, or it is too old."
    ]


async def test_runs_are_listed_page_by_page_and_say_what_they_prove(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    await tickets_of_all_kinds(databases)
    ids = [str((await run_and_keep(databases, tmp_path)).run_id) for _ in range(3)]
    page = await office.get("/assignment/runs?limit=2")
    rest = await office.get(f"/assignment/runs?limit=2&cursor={page['next_cursor']}")
    assert [it["id"] for it in (*page["items"], *rest["items"])] == ids[::-1]
    assert rest["next_cursor"] is None
    first = rest["items"][0]
    assert {it["priority"]: (it["served"], it["tickets"]) for it in first["served"]} == {
        "urgent": (1, 1),
        "high": (1, 1),
        "normal": (0, 1),
        "low": (0, 1),
    }
    run = await office.get(f"/assignment/runs/{ids[0]}")
    assert run["run"] == first
    assert run["proof"][0].startswith("Proven: no choice serves more tickets of any priority")
    assert run["proof"][1] == "Every suitable expert was considered for every ticket."
    assert run["certificate"]["primal"] == run["certificate"]["dual"]
    assert sum(it["cost"] for it in run["terms"]) == first["objective"]
    assert {"solve", "write"} <= {it["phase"] for it in run["seconds"]}
    assert (await office.get("/assignment/runs?cursor=x", 400))["errors"]
    await office.get(f"/assignment/runs/{uuid4()}", 404)
