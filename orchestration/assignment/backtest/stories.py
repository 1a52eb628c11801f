"""What of a ticket's day no policy decides: when it begins to wait, and what stands. Pure.

A ticket is a policy's to serve from the moment on at which it waits; whatever was really done
with it from then on is left aside, but for the customer who cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api.sysops.tickets.rules import ENDS_ASSIGNMENT, Action
from api.sysops.tickets.visit_rules import next_visit_from, someone_must_call

PLANNED = {"assigned", "accepted", "in_progress"}


@dataclass(frozen=True)
class Event:
    """One action on a ticket; `action` is None where it was not kept."""

    at: datetime
    action: Action | None
    before: str | None
    after: str
    assignment: str | None


@dataclass(frozen=True)
class Story:
    """A ticket on one day.

    It waits from `since` on (None: it never does), for no visit before `earliest`, until it is
    `gone`: cancelled. The assignment `standing` when the day began is over at `released`, unless
    its visit came. `rescheduled` says that the wishes of then are not kept.
    """

    since: datetime | None = None
    gone: datetime | None = None
    standing: str | None = None
    released: datetime | None = None
    earliest: datetime | None = None
    rescheduled: bool = False


@dataclass(frozen=True)
class _State:
    status: str = "submitted"
    absences: int = 0
    assignment: str | None = None
    earliest: datetime | None = None

    @property
    def waits(self) -> bool:
        called = self.status == "escalated" and someone_must_call(self.absences)
        return self.status in {"open", "escalated"} and not called


def story(events: Sequence[Event], begins: datetime, ends: datetime, time_zone: str) -> Story:
    """A ticket's story on the day from `begins` to before `ends`, from its events in order."""
    past = [it for it in events if it.at < begins]
    state = _State()
    for event in past:
        state = _after(state, event, time_zone)
    told = Story(standing=state.assignment)
    if state.waits:
        told = replace(told, since=begins, earliest=state.earliest)
    for event in events[len(past) :]:
        if told.since is not None:
            told = _left_aside(told, event, ends)
        elif event.at < ends:
            if state.assignment is not None and _calls_off(event):
                told = replace(told, released=event.at)
            state = _after(state, event, time_zone)
            if state.waits:
                told = replace(told, since=event.at, earliest=state.earliest)
    return told


def _left_aside(told: Story, event: Event, ends: datetime) -> Story:
    """What is still taken from an event of a ticket that waits already."""
    if event.action == "reschedule":
        told = replace(told, rescheduled=True)
    if event.after == "cancelled" and event.at < ends:
        told = replace(told, gone=event.at)
    return told


def _after(state: _State, event: Event, time_zone: str) -> _State:
    assignment = state.assignment
    if event.after not in PLANNED:
        assignment = None
    elif event.after == "assigned":
        assignment = event.assignment or assignment
    earliest, absences = state.earliest, state.absences
    if event.action == "no_show":
        earliest, absences = next_visit_from(event.at, time_zone), absences + 1
    elif event.action in {"reopen", "reschedule"}:
        earliest = None
    return _State(event.after, absences, assignment, earliest)


def _calls_off(event: Event) -> bool:
    """Whether an event ends a visit that did not come, so that its time is free."""
    if event.action is not None:
        end = ENDS_ASSIGNMENT.get(event.action)
        return end is not None and end.status != "completed"
    return event.before in {"assigned", "accepted"} and event.after in {"open", "cancelled"}
