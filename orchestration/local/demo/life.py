"""The lives of tickets: proposals, visits, what came of them, until `now` and beyond.

All tickets of a chunk live in step: their first visits, then the second visits of those that need
one, and so on. What would happen after `now` is drawn too; whoever makes rows leaves it out.
"""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from api.customer.tickets.rules import priority_for
from api.sysops.tickets import visit_rules
from api.sysops.tickets.rules import ANSWER_WITHIN
from orchestration.local.demo import outcomes
from orchestration.local.demo.arrivals import OPENED_WITHIN, Tickets, last_run
from orchestration.local.demo.booking import NOBODY, Diary, first_slot
from orchestration.local.demo.clocks import DAY, HOUR, MINUTE, SECOND, WINDOW_LENGTH, WINDOWS_A_DAY
from orchestration.local.demo.draws import Draws, Flags, Floats, Ints, between
from orchestration.local.demo.experts import Experts
from orchestration.local.demo.places import ROAD_FACTOR, haversine_km
from orchestration.local.demo.setting import Setting

FAR: Final = 1 << 61
"""A moment that never comes."""
STAGES: Final = 4
"""A ticket has at most so many proposals."""
RUN_EVERY: Final = HOUR
RUN_TAKES: Final = 3 * SECOND
"""From the start of an assignment run to its proposals."""
ASKED_FROM, ASKED_UNTIL = 7 * HOUR, 21 * HOUR
"""Experts are asked for an answer between these local times."""
EARLY_CANCEL_SHARE: Final = 0.012
ESCALATED_SHARE: Final = 0.015
REOPENED_SHARE: Final = 0.025
LATE_SHARE: Final = 0.06
MISSED_AFTER: Final = visit_rules.MISSED_AFTER // timedelta(microseconds=1)
IN_PROGRESS: Final = 3
"""Visits that are going on at `now`, at least."""
LEAD_HOURS: Final = {"urgent": 2, "high": 4, "normal": 12, "low": 20}
"""How long after the proposal a visit begins at the earliest, by priority."""


@dataclass(frozen=True)
class _Parallel:
    """Arrays with an entry a thing."""

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        return cls(
            *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls))
        )


@dataclass(frozen=True)
class Visits(_Parallel):
    """Parallel arrays, an entry a proposal; moments in microseconds, FAR for never.

    `ticket` counts in the chunk. `ended` is when the outcome was reached, `reopened` when a
    resolved ticket was opened again.
    """

    ticket: Ints
    stage: Ints
    expert: Ints
    slot: Ints
    window: Ints
    proposed: Ints
    answer_by: Ints
    outcome: Ints
    decided: Ints
    started: Ints
    ended: Ints
    reopened: Ints
    late: Flags
    travel_km: Floats
    candidates: Ints

    def __len__(self) -> int:
        return len(self.ticket)


@dataclass(frozen=True)
class Openings(_Parallel):
    """Parallel arrays, an entry each time a ticket waits for a proposal.

    `escalated` and `cancelled` are FAR where it was not.
    """

    ticket: Ints
    opened: Ints
    escalated: Ints
    cancelled: Ints


@dataclass
class Lives:
    """Draws the lives of the tickets of one chunk."""

    setting: Setting
    experts: Experts
    tickets: Tickets
    diary: Diary
    candidates: NDArray[np.int32]
    random: Draws

    def __post_init__(self) -> None:
        priorities = [priority_for(plan.sla_hours) for plan in self.setting.catalogue.plans]
        lead = np.array([LEAD_HOURS[one] for one in priorities]) * HOUR
        limit = np.array([ANSWER_WITHIN[one].total_seconds() for one in priorities])
        minutes = np.array([kind.minutes for kind in self.setting.catalogue.ticket_types])
        self._lead = lead[self.tickets.plan]
        self._limit = limit.astype(np.int64)[self.tickets.plan] * SECOND
        self._work = minutes[self.tickets.kind] * MINUTE
        options = self.candidates[self.tickets.place, self.tickets.kind]
        self._options = options.copy()

    def live(self) -> tuple[Visits, Openings]:
        ticket = np.arange(len(self.tickets))
        # A call is in sysops at once, a web ticket travels there.
        travels = between(self.random, SECOND // 2, OPENED_WITHIN, len(ticket))
        opened = self.tickets.submitted + np.where(self.tickets.by_phone, 0, travels)
        visits, openings = [], []
        for stage in range(STAGES):
            opening, proposed = self._openings(ticket, opened, stage)
            openings.append(opening)
            asked = (proposed <= last_run(self.setting) + RUN_TAKES) & (
                self.tickets.fresh[ticket] != 1
            )
            some = self._visits(ticket[asked], proposed[asked], stage)
            visits.append(some)
            # Where nobody can come in the next days, the customer gives up.
            left = asked & ~np.isin(ticket, some.ticket) & (self.tickets.fresh[ticket] == 0)
            patience = between(self.random, HOUR, DAY, int(left.sum()))
            opening.cancelled[left] = proposed[left] + patience
            again = outcomes.REOPENS[some.outcome] | (some.reopened < FAR)
            opened = np.where(some.reopened < FAR, some.reopened, some.ended)[again]
            ticket = some.ticket[again]
            ticket, opened = ticket[opened < self.setting.now], opened[opened < self.setting.now]
        return self._with_some_going_on(Visits.joined(visits)), Openings.joined(openings)

    def _with_some_going_on(self, visits: Visits) -> Visits:
        """Also at night there are visits in progress: the last ones are not written up yet."""
        if not self.tickets.fresh.any():
            return visits
        now = self.setting.now
        going_on = int(((visits.started <= now) & (visits.ended > now)).sum())
        done = np.flatnonzero((visits.outcome == outcomes.RESOLVED) & (visits.ended <= now))
        done = done[visits.reopened[done] == FAR]
        latest = done[np.argsort(visits.started[done], kind="stable")[::-1]]
        ended = visits.ended.copy()
        ended[latest[: max(0, IN_PROGRESS - going_on)]] = now + HOUR
        return replace(visits, ended=ended)

    def _openings(self, ticket: Ints, opened: Ints, stage: int) -> tuple[Openings, Ints]:
        """Tickets that wait, and when they are proposed to somebody."""
        count, random, fresh = len(ticket), self.random, self.tickets.fresh[ticket] > 0
        escalates = (random.random(count) < ESCALATED_SHARE) & ~fresh
        gives_up = (random.random(count) < EARLY_CANCEL_SHARE) & ~fresh & (stage == 0)
        escalated = opened + between(random, HOUR, 4 * HOUR, count)
        settled = np.where(escalates, escalated + between(random, HOUR, 16 * HOUR, count), opened)
        proposed = np.where(
            fresh & (stage == 0), run_after(self.setting, opened), self._asked(ticket, settled)
        )
        cancelled = opened + between(random, 2 * MINUTE, proposed - opened, count)
        never = np.full(count, FAR)
        cancels = gives_up & ~escalates & (cancelled < proposed)
        opening = Openings(
            ticket=ticket,
            opened=opened,
            escalated=np.where(escalates, escalated, never),
            cancelled=np.where(cancels, cancelled, never),
        )
        return opening, np.where(cancels, never, proposed)

    def _asked(self, ticket: Ints, since: Ints) -> Ints:
        """The first run after `since` that is by day where the ticket is."""
        clocks, zone = self.setting.clocks, self.tickets.zone[ticket]
        run = run_after(self.setting, since)
        of_day = clocks.local(zone, run) % DAY
        wait = np.where(of_day < ASKED_FROM, ASKED_FROM - of_day, 0)
        wait += np.where(of_day >= ASKED_UNTIL, DAY + ASKED_FROM - of_day, 0)
        return np.where(wait > 0, run_after(self.setting, run + wait), run)

    def _visits(self, ticket: Ints, proposed: Ints, stage: int) -> Visits:
        tickets, random, now = self.tickets, self.random, self.setting.now
        place, zone = tickets.place[ticket], tickets.zone[ticket]
        options = self._options[ticket]
        earliest = first_slot(self.setting, zone, proposed + self._lead[ticket])
        expert, slot = self.diary.book(
            place, options, earliest + random.integers(0, 3, len(ticket))
        )
        booked = expert != NOBODY
        ticket, proposed, place = ticket[booked], proposed[booked], place[booked]
        zone, expert, slot, options = zone[booked], expert[booked], slot[booked], options[booked]
        window = self.setting.clocks.window_start(zone, slot)
        answer_by = np.minimum(proposed + self._limit[ticket], window)
        quality = self.experts.quality[expert]
        outcome = self._outcomes(quality, options, stage)
        held = (proposed > now - HOUR) & (answer_by > now + MINUTE)
        held &= (tickets.fresh[ticket] == 2) | (random.random(len(ticket)) < 0.5)
        decided = self._decisions(proposed, answer_by, outcome, held)
        started, late = self._starts(ticket, expert, slot, window, outcome)
        ended = self._ends(ticket, outcome, decided, started, window)
        self._set_aside(ticket, expert, outcome)
        last = stage == STAGES - 1
        return Visits(
            ticket=ticket,
            stage=np.full(len(ticket), stage),
            expert=expert,
            slot=slot,
            window=window,
            proposed=proposed,
            answer_by=answer_by,
            outcome=outcome,
            decided=decided,
            started=started,
            ended=ended,
            reopened=self._reopenings(outcome, quality, ended, last=last),
            late=late,
            travel_km=self._travel(place, expert),
            candidates=(options >= 0).sum(axis=1),
        )

    def _outcomes(self, quality: Floats, options: NDArray[np.int32], stage: int) -> Ints:
        table = outcomes.chances(quality, last=stage == STAGES - 1)
        # Nobody else could come: then this expert does.
        alone = (options >= 0).sum(axis=1) < 2
        table[np.ix_(alone, outcomes.OTHER_EXPERT)] = 0
        edges = table.cumsum(axis=1)
        drawn = self.random.random(len(quality)) * edges[:, -1]
        return np.asarray((edges <= drawn[:, None]).sum(axis=1))

    def _decisions(self, proposed: Ints, answer_by: Ints, outcome: Ints, held: Flags) -> Ints:
        """When the expert answered, or the proposal ended otherwise; `held` ones are still open."""
        count, random = len(proposed), self.random
        span = answer_by - proposed
        quick = np.minimum(random.lognormal(-1.4, 0.8, count), 0.97) * span
        decided = proposed + np.maximum(quick.astype(np.int64), 20 * SECOND)
        decided = np.where(outcome == outcomes.code("expired"), answer_by, decided)
        return np.where(held, answer_by - SECOND, decided)

    def _starts(
        self, ticket: Ints, expert: Ints, slot: Ints, window: Ints, outcome: Ints
    ) -> tuple[Ints, Flags]:
        """Arrivals: inside the window, or after it where the expert's next slot allows it."""
        count, random = len(ticket), self.random
        came = outcomes.CAME[outcome]
        chance = LATE_SHARE * np.exp(-0.7 * self.experts.quality[expert])
        last_window = slot % WINDOWS_A_DAY == WINDOWS_A_DAY - 1
        late = came & (random.random(count) < chance)
        late &= last_window | self.diary.is_free(expert, slot + 1)
        spills = late & ~last_window
        self.diary.take(expert[spills], slot[spills] + 1, self.tickets.place[ticket[spills]])
        room = np.maximum(WINDOW_LENGTH - 5 * MINUTE - self._work[ticket], 10 * MINUTE)
        inside = window + (random.random(count) * room).astype(np.int64)
        after = window + WINDOW_LENGTH + between(random, 5 * MINUTE, 45 * MINUTE, count)
        return np.where(came, np.where(late, after, inside), FAR), late

    def _ends(
        self, ticket: Ints, outcome: Ints, decided: Ints, started: Ints, window: Ints
    ) -> Ints:
        count, random = len(ticket), self.random
        work = self._work[ticket] * np.clip(random.normal(0.95, 0.12, count), 0.6, 1.3)
        work = np.where(outcome == outcomes.code("no_show"), 15 * MINUTE, work).astype(np.int64)
        notice = between(random, decided + 5 * MINUTE, window - 30 * MINUTE, count)
        given_up = window + WINDOW_LENGTH + MISSED_AFTER
        notice = np.where(outcome == outcomes.code("missed"), given_up, notice)
        accepted, came = outcomes.ACCEPTED[outcome], outcomes.CAME[outcome]
        return np.where(came, started + work, np.where(accepted, notice, decided))

    def _reopenings(self, outcome: Ints, quality: Floats, ended: Ints, *, last: bool) -> Ints:
        count, random = len(outcome), self.random
        again = (outcome == outcomes.RESOLVED) & (not last)
        again &= random.random(count) < REOPENED_SHARE * np.exp(-0.5 * quality)
        return np.where(again, ended + between(random, 4 * HOUR, 12 * DAY, count), FAR)

    def _set_aside(self, ticket: Ints, expert: Ints, outcome: Ints) -> None:
        """Who did not want or could not is not asked again for this ticket."""
        gone = outcomes.OTHER_EXPERT[outcome]
        rows = self._options[ticket[gone]]
        rows[rows == expert[gone, None]] = NOBODY
        self._options[ticket[gone]] = rows

    def _travel(self, place: Ints, expert: Ints) -> Floats:
        """Kilometres by road from the expert's home."""
        lat, lon = self.setting.places.latitude, self.setting.places.longitude
        homes = self.experts.latitude[expert], self.experts.longitude[expert]
        return np.round(haversine_km(lat[place], lon[place], *homes) * ROAD_FACTOR, 2)


def run_after(setting: Setting, at: Ints) -> Ints:
    """When the next hourly run after `at` makes its proposals."""
    phase = last_run(setting) % RUN_EVERY
    return np.asarray((at - phase) // RUN_EVERY * RUN_EVERY + phase + RUN_EVERY + RUN_TAKES)
