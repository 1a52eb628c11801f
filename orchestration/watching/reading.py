"""What Dagster's own storage says of its schedules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from croniter import croniter

from orchestration.definitions.common import UNFINISHED
from orchestration.watching.rules import Seen
from orchestration.watching.schedules import SCHEDULES, Schedule

ANSWERED = frozenset({"SUCCESS", "SKIPPED"})
TICKS = 20
"""Looked at to find one that was answered."""


@dataclass(frozen=True)
class Known:
    """A schedule as Dagster knows it; no `cron` until its daemon has met it, at `since`."""

    seen: Seen
    cron: str | None
    since: datetime | None

    def times(self, now: datetime) -> Iterator[datetime]:
        """When it had to run, latest first. Needs a `cron`."""
        zone = ZoneInfo(SCHEDULES[self.seen.name].zone)
        backwards = croniter(self.cron, now.astimezone(zone))
        while True:
            yield backwards.get_prev(datetime)


def schedules(instance: dg.DagsterInstance) -> list[Known]:
    """All of `SCHEDULES`."""
    states = {
        state.name: state
        for state in instance.all_instigator_state()
        if state.instigator_type.value == "SCHEDULE"
    }
    return [_known(instance, name, it, states.get(name)) for name, it in SCHEDULES.items()]


def _known(instance: dg.DagsterInstance, name: str, schedule: Schedule, state: Any) -> Known:
    seen = Seen(
        name,
        schedule.job,
        ticked=_ticked(instance, state) if state else None,
        succeeded=_ended(instance, schedule.job, dg.DagsterRunStatus.SUCCESS),
        failed=_ended(instance, schedule.job, dg.DagsterRunStatus.FAILURE),
        unfinished_since=_unfinished(instance, schedule.job),
        paused=state is not None and not state.is_running,
    )
    if state is None:
        return Known(seen, None, None)
    data = state.instigator_data
    return Known(seen, data.cron_schedule, _moment(data.start_timestamp))


def _ticked(instance: dg.DagsterInstance, state: Any) -> datetime | None:
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=TICKS)
    answered = [tick.timestamp for tick in ticks if tick.status.value in ANSWERED]
    return _moment(max(answered)) if answered else None


def _ended(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus) -> datetime | None:
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[status]), limit=1)
    return _moment(records[0].end_time) if records else None


def _unfinished(instance: dg.DagsterInstance, job: str) -> datetime | None:
    records = instance.get_run_records(
        dg.RunsFilter(job_name=job, statuses=UNFINISHED), limit=1, ascending=True
    )
    return records[0].create_timestamp if records else None


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
