"""A ticket's life at random, over HTTP: only the table of transitions moves it, whoever asks."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.kernel.auth import STAFF_ISSUER
from api.sysops.tickets.rules import ACTIONS, Action
from tests.api.served import served, sysops_quantum, token
from tests.api.support import bearer
from tests.api.sysops.conftest import add_staff
from tests.api.sysops.lives import HOUR, proposed, status_of, time_passes
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import add_expert, furnish, household

# A route, what it does to a ticket, and its body.
AT_THE_DESK: dict[str, tuple[Action, Any]] = {
    "cancel": ("cancel", {"reason": "Repaired by itself."}),
    "reopen": ("reopen", {"reason": "Dark again."}),
    "reschedule": ("reschedule", {"reason": "The customer is away."}),
    "priority": ("raise_priority", {"priority": "urgent", "reason": "It is a hospital."}),
}
AT_THE_VISIT: dict[str, tuple[Action, Any]] = {
    "accept": ("accept", None),
    "reject": ("reject", {"reason": "Too far away."}),
    "on-the-way": ("set_out", None),
    "start": ("start", {"agreed_with_customer": True}),
    "no-show": ("no_show", {"reason": "Nobody opened."}),
    "follow-up": ("follow_up", {"reason": "A part is missing."}),
    "complete": ("complete", {"resolution": "A new panel."}),
}
# What rules beside the table can stand against: the time, and a priority that is as high already.
AND_MORE = {"accept", "priority", "on-the-way", "no-show", "start"}
ONWARD = {
    "assigned": ("accept", "accept"),
    "accepted": ("start", "start"),
    "in_progress": ("follow-up", "complete"),
}
LONG = 8


class Life(RuleBasedStateMachine):
    """One ticket, whoever has to do with it, and somebody who has not."""

    databases: Databases
    http: httpx.Client
    desk: dict[str, str]
    lives = 0

    def __init__(self) -> None:
        super().__init__()
        self.visit = ""
        self.expert: dict[str, str] = {}
        self.done: list[str] = []

    @initialize()
    def a_ticket_arrives(self) -> None:
        home = household()
        ticket = home.ticket()
        type(self).lives += 1
        asyncio.run(send(self.databases, home.directory(), home.entitlement(), ticket))
        asyncio.run(deliver(self.databases, "customer", "sysops"))
        self.ticket_id: UUID = ticket.ticket_id
        assert self.state() == ("open", 1, 1)

    @precondition(lambda self: self.state()[0] in ACTIONS["assign"].sources)
    @rule()
    def an_expert_is_proposed(self) -> None:
        """Somebody new: whoever rejected, or was away, is out for this ticket."""
        name = f"expert-{self.lives}-{len(self.done)}"
        expert = add_expert(self.databases, name)
        self.visit = asyncio.run(proposed(self.databases, self.ticket_id, expert))
        self.expert = bearer(token(STAFF_ISSUER, expert, "expert"))
        self.done.append("assign")
        assert self.state()[0] == "assigned"

    @precondition(lambda self: self.visit)
    @rule(step=st.sampled_from(sorted(AT_THE_VISIT)))
    def the_expert_does(self, step: str) -> None:
        action, body = AT_THE_VISIT[step]
        self._try(step, action, f"/sysops/visits/{self.visit}/{step}", body, self.expert)

    @precondition(lambda self: self.visit and self.state()[0] in ONWARD)
    @rule(choice=st.integers(0, 1))
    def the_expert_goes_on(self, choice: int) -> None:
        """Left to chance alone, few lives would come to their end."""
        self.the_expert_does(ONWARD[self.state()[0]][choice])

    @rule(step=st.sampled_from(sorted(AT_THE_DESK)))
    def the_helpdesk_does(self, step: str) -> None:
        if step == "cancel" and len(self.done) < LONG:
            return  # or most lives would be over before anybody came
        action, body = AT_THE_DESK[step]
        self._try(step, action, f"/sysops/tickets/{self.ticket_id}/{step}", body, self.desk)

    @precondition(lambda self: self.visit)
    @rule()
    def time_goes_by(self) -> None:
        time_passes(self.databases, self.visit, HOUR / 2)

    @precondition(lambda self: self.visit)
    @rule(step=st.sampled_from(sorted(AT_THE_VISIT)))
    def another_expert_tries(self, step: str) -> None:
        before = self.state()
        other = add_expert(self.databases, f"stranger-{self.lives}-{len(self.done)}")
        headers = bearer(token(STAFF_ISSUER, other, "expert"))
        body = AT_THE_VISIT[step][1]
        answer = self.http.post(f"/sysops/visits/{self.visit}/{step}", json=body, headers=headers)
        self.done.append(f"stranger {step}")
        assert answer.status_code == 404, (self.done, answer.text)
        assert self.state() == before

    def state(self) -> tuple[str, int, int]:
        """Status, version, and how many events there are."""
        query = "SELECT count(*) FROM ticket_event WHERE ticket_id = %s"
        ((events,),) = self.databases.rows("sysops", query, self.ticket_id)
        return *status_of(self.databases, self.ticket_id), events

    def _try(self, step: str, action: Action, path: str, body: Any, who: dict[str, str]) -> None:
        status, version, events = self.state()
        answer = self.http.post(path, json=body, headers=who)
        self.done.append(f"{step}: {answer.status_code}")
        told = (status, self.done, answer.text)
        after = self.state()
        if answer.is_success:
            assert status in ACTIONS[action].sources, told
            # After the second time that nobody was at home, people look after it.
            twice = {"escalated"} if action == "no_show" else set()
            assert after[0] in {ACTIONS[action].target or status, *twice}, told
            grown = after[1] - version
            assert grown == after[2] - events, told
            assert grown in ({1, 2} if after[0] == "escalated" else {1}), told
        else:
            assert answer.status_code in {404, 409, 422}, told
            assert after == (status, version, events), told
            # A visit that is over is not found any more; the table stands for all that is left.
            if step not in AND_MORE and answer.status_code == 409:
                assert status not in ACTIONS[action].sources, told


@pytest.mark.timeout(300)
def test_only_what_the_table_allows_moves_a_ticket_and_all_else_leaves_it_as_it_was(
    databases: Databases,
) -> None:
    furnish(databases)
    Life.databases = databases
    Life.desk = bearer(token(STAFF_ISSUER, add_staff(databases, "helpdesk"), "helpdesk"))
    with (
        served(sysops_quantum(databases)) as url,
        httpx.Client(base_url=url, trust_env=False) as Life.http,
    ):
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=20,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    done = {row[0] for row in databases.rows("sysops", "SELECT DISTINCT action FROM ticket_event")}
    # The lives were not all alike, and some came far.
    assert done >= {"assign", "accept", "start", "cancel", "reschedule"}
    assert done & {"complete", "follow_up"}
    assert len(done) >= 9
