"""The life of one ticket, drawn through the statuses of DESIGN section 3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.range import TimestamptzRange

if TYPE_CHECKING:
    from tests.warehouse.world import World

Row = dict[str, Any]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Life:
    """The rows of one ticket as they grow; `at` is its latest moment."""

    world: World
    contract: Row
    at: datetime
    id: UUID
    submitted_at: datetime
    status: str = "submitted"
    version: int = 0
    resolved_at: datetime | None = None
    events: list[Row] = field(default_factory=list)
    assignments: list[Row] = field(default_factory=list)
    surveys: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)

    def after(self, minutes: float) -> bool:
        """Let time pass; False when that would be in the future."""
        later = self.at + minutes * MINUTE
        if later > self.world.now:
            return False
        self.at = later
        return True

    def move(
        self, action: str, to: str, actor: str = "system", assignment: Row | None = None
    ) -> None:
        self.version += 1
        self.events.append(
            {
                "id": self.world.uuid(), "ticket_id": self.id, "version": self.version,
                "at": self.at, "actor": actor, "from_status": self.status, "to_status": to,
                "action": action, "assignment_id": assignment["id"] if assignment else None,
            }
        )  # fmt: skip
        self.status = to
        if to == "resolved":
            self.resolved_at = self.at

    def propose(self, expert: UUID, run: UUID) -> Row:
        start = self.at.replace(minute=0, second=0) + 4 * HOUR
        by_hand = bool(self.assignments)
        assignment = {
            "id": self.world.uuid(), "ticket_id": self.id, "expert_id": expert,
            "run_id": None if by_hand else run, "source": "manual" if by_hand else "run",
            "pinned": by_hand and self.version % 2 == 0,
            "during": TimestamptzRange(start, start + 2 * HOUR), "status": "proposed",
            "travel_km": 7.5, "cost": 120, "proposed_at": self.at, "answer_by": self.at + HOUR,
            "decided_at": None, "started_at": None, "completed_at": None, "outcome": None,
        }  # fmt: skip
        self.assignments.append(assignment)
        self.move("assign", "assigned", assignment=assignment)
        return assignment

    def survey(self) -> None:
        random = self.world.random
        answered = self.at + 3 * HOUR if random.random() < 0.6 else None
        if answered and answered > self.world.now:
            answered = None
        self.surveys.append(
            {
                "id": self.world.uuid(), "ticket_id": self.id, "ticket_version": self.version,
                "account_id": self.contract["account_id"], "sent_at": self.at,
                "expires_at": self.at + timedelta(days=14), "answered_at": answered,
                "score": random.randint(1, 5) if answered else None,
                "would_recommend": random.randint(0, 10) if answered else None,
            }
        )  # fmt: skip
        # The word of some answers is on its way still.
        if answered and random.random() < 0.8:
            self._told(self.surveys[-1])

    def _told(self, survey: Row) -> None:
        random = self.world.random
        names = ("ticket_id", "score", "would_recommend", "answered_at")
        self.responses.append(
            {
                "survey_id": survey["id"], **{name: survey[name] for name in names},
                "has_comment": random.random() < 0.2, "received_at": survey["answered_at"],
                "template": "repairs", "template_version": 2,
            }
        )  # fmt: skip
        self.choices.extend(
            {"survey_id": survey["id"], "question": question, "choice": choice}
            for question, choice in (("liked", "quick"), ("liked", "clear"), ("punctual", "4"))
            if random.random() < 0.5
        )

    def rows(self) -> Iterator[tuple[str, str, list[Row]]]:
        state, code, zone = self.contract["place"]
        shared = {
            "id": self.id, "contract_id": self.contract["id"], "ticket_type": "laptop-repair",
            "description": "does not start", "priority": "normal", "channel": "web",
            "status": self.status, "version": self.version, "preferred_windows": "[]",
            "submitted_at": self.submitted_at, "resolved_at": self.resolved_at,
            "updated_at": self.at,
        }  # fmt: skip
        if self.version:
            sysops = {
                **shared, "customer_id": self.contract["account_id"], "contact_name": "A",
                "contact_phone": "+12125550123", "line1": "1 Main St", "city": "X",
                "state": state, "zip": code, "latitude": 40.0, "longitude": -80.0,
                "time_zone": zone,
                "sla_due_at": self.submitted_at + self.contract["hours"] * HOUR,
            }  # fmt: skip
            yield "sysops", "ticket", [sysops]
            yield "sysops", "assignment", self.assignments
            yield "sysops", "ticket_event", self.events
        customer = {
            **shared, "account_id": self.contract["account_id"],
            "address_id": self.contract["address_id"],
        }  # fmt: skip
        yield "customer", "ticket", [customer]
        yield "customer", "survey", self.surveys
        yield "analytics", "survey_response", self.responses
        yield "analytics", "survey_choice", self.choices


def live(world: World, contract: Row, experts: list[UUID], run: UUID) -> Life:
    """Walk one ticket from its submission to wherever the draw, or the present, stops it."""
    random = world.random
    first, last = contract["created_at"], world.now
    submitted = first + random.random() * (last - first)
    submitted = submitted.replace(microsecond=0)
    life = Life(world, contract, submitted, world.uuid(), submitted)
    if life.after(random.random()):
        life.move("open", "open")
        while life.status == "open" and life.after(random.uniform(1, 60)):
            if random.random() < 0.05:
                life.move("cancel", "cancelled", "customer")
            else:
                _visit(life, random.choice(experts), run)
    return life


def _visit(life: Life, expert: UUID, run: UUID) -> None:
    random = life.world.random
    assignment = life.propose(expert, run)
    if not life.after(random.uniform(2, 50)):
        return
    answer = random.random()
    assignment["decided_at"] = life.at
    if answer < 0.2:
        said, done = ("rejected", "reject") if answer < 0.15 else ("expired", "expire")
        assignment["status"] = assignment["outcome"] = said
        life.move(done, "open", "expert", assignment)
        return
    assignment["status"] = "accepted"
    life.move("accept", "accepted", "expert", assignment)
    if random.random() < 0.5:
        life.move("set_out", "accepted", "expert", assignment)
    if not life.after(random.uniform(200, 420)):
        return
    assignment["started_at"] = life.at
    life.move("start", "in_progress", "expert", assignment)
    if not life.after(random.uniform(20, 110)):
        return
    assignment["completed_at"], assignment["status"] = life.at, "completed"
    if random.random() < 0.1:
        said, done = random.choice((("follow_up", "follow_up"), ("customer_absent", "no_show")))
        assignment["outcome"] = said
        life.move(done, "open", "expert", assignment)
        return
    assignment["outcome"] = "resolved"
    life.move("complete", "resolved", "expert", assignment)
    life.survey()
    if life.after(24 * 60):
        if random.random() < 0.05:
            life.resolved_at = None
            life.move("reopen", "open", "customer")
        else:
            life.move("close", "closed")
