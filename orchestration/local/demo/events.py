"""From the lives of tickets to their events: numbered, in order, none after `now`."""

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from api.messages import TicketStatus
from api.sysops.tickets.rules import Action
from orchestration.local.demo import outcomes
from orchestration.local.demo.arrivals import Tickets
from orchestration.local.demo.draws import Draws, Flags, Ids, Ints, uuid7
from orchestration.local.demo.life import FAR, Openings, Visits
from orchestration.local.demo.setting import Setting
from orchestration.local.demo.surveys import Surveys

STATUSES: Final[tuple[str, ...]] = get_args(TicketStatus)
ACTIONS: Final[tuple[str, ...]] = get_args(Action)
ACTORS: Final = ("customer", "expert", "helpdesk", "manager", "system")
REASONS: Final = (
    "No eligible expert was free.",
    "It works again.",
    "The fault is back.",
    *(reason for one in outcomes.OUTCOMES for reason in one.reasons if reason),
)
NONE: Final = -1


def status(name: str) -> int:
    return STATUSES.index(name)


SUBMITTED: Final = status("submitted")


@dataclass(frozen=True)
class Events:
    """Parallel arrays, an entry an event, by ticket and version.

    `ticket` and `visit` count in the chunk, `visit` is NONE without one. `before` and `to` count
    in STATUSES, `action` in ACTIONS, `actor` in ACTORS, `reason` in REASONS. `who` counts among
    all experts for an expert, among the office for helpdesk and managers.
    """

    id: Ids
    ticket: Ints
    version: Ints
    at: Ints
    before: Ints
    to: Ints
    action: Ints
    actor: Ints
    who: Ints
    reason: Ints
    visit: Ints
    last: Flags
    """Whether it is the ticket's last until now."""

    def __len__(self) -> int:
        return len(self.ticket)


def chosen_by_hand(events: Events, tickets: Tickets, visits: Visits) -> Flags:
    """The visits for which a manager chose the expert: most of those of escalated tickets."""
    assigned = events.action == ACTIONS.index("assign")
    found = np.zeros(len(visits), dtype=bool)
    found[events.visit[assigned & (events.before == status("escalated"))]] = True
    return np.asarray(found & (tickets.number[visits.ticket] % 4 > 0))


def reasons_of(visits: Visits, random: Draws) -> Ints:
    """Why each visit ended as it did, NONE for a resolution."""
    known = [
        [REASONS.index(reason) for reason in one.reasons if reason] or [NONE]
        for one in outcomes.OUTCOMES
    ]
    most = max(len(one) for one in known)
    table = np.array([(one * most)[:most] for one in known])
    return np.asarray(table[visits.outcome, random.integers(0, most, len(visits))])


@dataclass
class _Collector:
    """Gathers events of one kind after another."""

    rows: list[tuple[Ints, ...]]

    def add(
        self, action: Ints | Action, ticket: Ints, at: Ints, to: Ints | str, actor: Ints | str, *,
        who: Ints | int = NONE, reason: Ints | int = NONE, visit: Ints | int = NONE,
    ) -> None:  # fmt: skip
        done = ACTIONS.index(action) if isinstance(action, str) else action
        reached = status(to) if isinstance(to, str) else to
        by = ACTORS.index(actor) if isinstance(actor, str) else actor
        row = np.broadcast_arrays(ticket, at, reached, by, who, reason, visit, done)
        happened = at < FAR
        self.rows.append(tuple(column[happened] for column in row))


def collect(
    setting: Setting,
    lives: tuple[Tickets, Visits, Openings, Surveys],
    reason: Ints,
    takers: Ints,
    random: Draws,
) -> Events:
    """All events until now; `takers` are the helpdesk's people in the office."""
    tickets, visits, openings, surveys = lives
    gathered = _Collector([])
    _add_openings(gathered, tickets, openings, takers, random)
    _add_visits(gathered, visits, reason)
    _add_ends(gathered, visits, surveys)
    columns = [np.concatenate(column) for column in zip(*gathered.rows, strict=True)]
    columns = [column[columns[1] <= setting.now] for column in columns]
    order = np.lexsort((columns[1], columns[0]))
    ticket, at, to, actor, who, why, visit, action = (column[order] for column in columns)
    begins = np.flatnonzero(np.diff(ticket, prepend=-1))
    version = np.arange(len(ticket)) - np.repeat(begins, np.diff(begins, append=len(ticket))) + 1
    before = np.where(version == 1, SUBMITTED, np.roll(to, 1))
    return Events(
        id=uuid7(at, random),
        ticket=ticket,
        version=version,
        at=at,
        before=before,
        to=to,
        action=action,
        actor=actor,
        who=who,
        reason=why,
        visit=visit,
        last=np.diff(ticket, append=-1) != 0,
    )


def _add_openings(
    gathered: _Collector, tickets: Tickets, openings: Openings, takers: Ints, random: Draws
) -> None:
    first = openings.opened[: len(tickets)]
    ticket = np.arange(len(tickets))
    taker = takers[random.integers(0, len(takers), len(tickets))]
    phone, web = tickets.by_phone, ~tickets.by_phone
    gathered.add("open", ticket[phone], first[phone], "open", "helpdesk", who=taker[phone])
    gathered.add("open", ticket[web], first[web], "open", "customer")
    gathered.add("escalate", openings.ticket, openings.escalated, "escalated", "system", reason=0)
    gathered.add("cancel", openings.ticket, openings.cancelled, "cancelled", "customer", reason=1)


def _add_visits(gathered: _Collector, visits: Visits, reason: Ints) -> None:
    visit = np.arange(len(visits))
    accepted = np.where(outcomes.ACCEPTED[visits.outcome], visits.decided, FAR)
    gathered.add("assign", visits.ticket, visits.proposed, "assigned", "system", visit=visit)
    gathered.add(
        "accept", visits.ticket, accepted, "accepted", "expert", who=visits.expert, visit=visit
    )
    gathered.add(
        "start",
        visits.ticket,
        visits.started,
        "in_progress",
        "expert",
        who=visits.expert,
        visit=visit,
    )
    to = np.array([status(one.to) for one in outcomes.OUTCOMES])
    actor = np.array([ACTORS.index(one.actor) for one in outcomes.OUTCOMES])[visits.outcome]
    who = np.where(actor == ACTORS.index("expert"), visits.expert, NONE)
    action = np.array([ACTIONS.index(one.action) for one in outcomes.OUTCOMES])[visits.outcome]
    gathered.add(
        action, visits.ticket, visits.ended, to[visits.outcome], actor,
        who=who, reason=reason, visit=visit,
    )  # fmt: skip


def _add_ends(gathered: _Collector, visits: Visits, surveys: Surveys) -> None:
    gathered.add("reopen", visits.ticket, visits.reopened, "open", "customer", reason=2)
    gathered.add("close", visits.ticket[surveys.visit], surveys.closed, "closed", "system")
