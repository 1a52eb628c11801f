"""A past day as it was known then, in columns: read once, replayed under any policy.

Its cost follows the tickets that were alive on the day and the proposals of the months before it.
What of then is not kept is taken as it is now; docs/assignment.md says which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from api.sysops.experts.days import MOST_DAYS_AHEAD
from orchestration.assignment.backtest.answers import LOOKED_BACK_DAYS, Answer, Habits, habits
from orchestration.assignment.backtest.stories import Event, Story, story
from orchestration.assignment.snapshot import (
    MOMENT,
    QUERIES,
    WITH,
    literal,
    one_view,
)

Read = Callable[[str], pl.DataFrame]
STEP = timedelta(hours=1)


@dataclass(frozen=True)
class Day:
    """Everything that a replay starts from.

    `tickets` are those that wait at some moment, from `since` until they are `gone`; `visits`
    stood when the day began, and are over at `released` where they were called off. The other
    frames are those of a snapshot.
    """

    day: date
    begins: datetime
    ends: datetime
    tickets: pl.DataFrame
    visits: pl.DataFrame
    frames: Mapping[str, pl.DataFrame]
    habits: Habits = field(default_factory=Habits)

    @property
    def moments(self) -> list[datetime]:
        """When experts are chosen: as the day begins, and every hour."""
        return [self.begins + STEP * hour for hour in range((self.ends - self.begins) // STEP)]


def span_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From midnight to midnight of a zone, in UTC: 23 to 25 hours."""
    utc = ZoneInfo("UTC")
    begins, ends = (
        datetime.combine(it, time(), zone).astimezone(utc) for it in (day, day + timedelta(days=1))
    )
    return begins, ends


# Alive: submitted before the day was over, and not at its end before the day began.
_ALIVE = """
WITH alive AS (
    SELECT * FROM ticket
    WHERE submitted_at < {ends} AND status NOT IN ('closed', 'cancelled')
      AND (resolved_at IS NULL OR resolved_at >= {begins})
    UNION ALL
    SELECT * FROM ticket
    WHERE submitted_at < {ends} AND status IN ('closed', 'cancelled') AND updated_at >= {begins}
      AND (resolved_at IS NULL OR resolved_at >= {begins})
)
"""
_OF_TICKETS = {
    "tickets": """
        SELECT alive.id::text AS id, 1 AS version, priority, ticket_type, latitude, longitude,
            sla_due_at AS due, duration_minutes AS work_minutes, time_zone
        FROM alive JOIN ticket_type tt ON tt.code = ticket_type""",
    "events": """
        SELECT e.ticket_id::text AS ticket, e.at, e.action, e.from_status, e.to_status,
            e.assignment_id::text AS assignment
        FROM alive JOIN ticket_event e ON e.ticket_id = alive.id
        ORDER BY e.ticket_id, e.version""",
    "preferred": """
        SELECT alive.id::text AS ticket, (w->>'start')::timestamptz AS since,
            (w->>'end')::timestamptz AS until
        FROM alive, jsonb_array_elements(alive.preferred_windows) AS w""",
    "excluded": """
        SELECT x.ticket_id::text AS ticket, x.expert_id::text AS expert, x.created_at
        FROM alive JOIN exclusion x ON x.ticket_id = alive.id""",
    "known": """
        SELECT DISTINCT alive.id::text AS ticket, a.expert_id::text AS expert
        FROM alive
        JOIN ticket earlier ON earlier.customer_id = alive.customer_id AND earlier.id <> alive.id
        JOIN assignment a ON a.ticket_id = earlier.id AND a.outcome = 'resolved'
            AND a.completed_at BETWEEN {begins} - interval '2 years' AND {begins}""",
    "visits": """
        SELECT a.id::text AS assignment, a.expert_id::text AS expert, lower(a.during) AS since,
            upper(a.during) AS until, alive.latitude, alive.longitude,
            tt.duration_minutes AS work_minutes
        FROM alive
        JOIN assignment a ON a.ticket_id = alive.id
        JOIN ticket_type tt ON tt.code = alive.ticket_type
        WHERE a.proposed_at < {begins}""",
}
_OF_EXPERTS = {
    "experts": """
        SELECT e.id::text AS id, latitude, longitude, radius_km, time_zone, most_visits_a_day,
            0 AS silences
        FROM active e JOIN staff s ON s.id = e.id
        WHERE s.created_at < {ends}""",
    "done": """
        SELECT expert_id::text AS expert, lower(during) AS since
        FROM assignment JOIN active ON active.id = expert_id
        WHERE status = 'completed' AND completed_at >= {begins} - interval '1 day'
            AND completed_at < {begins}""",
    # One that was withdrawn before its answer says nothing.
    "answers": """
        SELECT expert_id::text AS expert, decided_at AS at,
            CASE WHEN status IN ('rejected', 'expired') THEN status ELSE 'accepted' END AS kind
        FROM assignment
        WHERE proposed_at >= {begins} - interval '{looked_back} days' AND proposed_at < {begins}
            AND decided_at < {begins}
            AND (status IN ('accepted', 'completed', 'rejected', 'expired')
                 OR outcome = 'expert_absent')""",
}
_AS_NOW = ("required", "skills", "shifts", "absences", "holidays")


def read(url: str, day: date, zone: ZoneInfo) -> Day:
    """A day that is over, from midnight to midnight of `zone`, in one view of the database."""
    begins, ends = span_of(day, zone)
    words = {
        "begins": literal(begins),
        "ends": literal(ends),
        "looked_back": LOOKED_BACK_DAYS,
        # What the snapshot's own queries ask for.
        "as_of": literal(begins),
        "until": literal(ends + timedelta(days=MOST_DAYS_AHEAD + 1)),
    }
    with one_view(url) as table:
        found = {name: table((_ALIVE + it).format(**words)) for name, it in _OF_TICKETS.items()}
        found |= {name: table((WITH + it).format(**words)) for name, it in _OF_EXPERTS.items()}
        found |= {name: table((WITH + QUERIES[name]).format(**words)) for name in _AS_NOW}
    stories = _stories(found, begins, ends)
    told = _told(stories)
    tickets = found["tickets"].join(told.drop_nulls("since"), on="id")
    preferred = found["preferred"].join(
        told.filter(~pl.col("rescheduled")), left_on="ticket", right_on="id", how="semi"
    )
    excluded = found["excluded"].join(tickets, left_on="ticket", right_on="id")
    standing = told.drop_nulls("standing").select("standing", "released")
    answers = [Answer(*row) for row in found["answers"].select("expert", "at", "kind").iter_rows()]
    kept = {name: found[name] for name in (*_AS_NOW, "known", "experts", "done")}
    return Day(
        day,
        begins,
        ends,
        tickets,
        found["visits"].join(standing, left_on="assignment", right_on="standing"),
        kept
        | {
            "preferred": preferred,
            "excluded": excluded.filter(pl.col("created_at") <= pl.col("since")),
        },
        habits(answers),
    )


def _stories(
    found: Mapping[str, pl.DataFrame], begins: datetime, ends: datetime
) -> dict[str, Story]:
    zones = dict(found["tickets"].select("id", "time_zone").iter_rows())
    events: dict[str, list[Event]] = {ticket: [] for ticket in zones}
    columns = ("at", "action", "from_status", "to_status", "assignment")
    for ticket, *row in found["events"].select("ticket", *columns).iter_rows():
        events[ticket].append(Event(*row))
    return {
        ticket: story(own, begins, ends, zones[ticket]) for ticket, own in sorted(events.items())
    }


def _told(stories: Mapping[str, Story]) -> pl.DataFrame:
    schema: dict[str, Any] = {
        "id": pl.String, "since": MOMENT, "gone": MOMENT, "earliest": MOMENT,
        "standing": pl.String, "released": MOMENT, "rescheduled": pl.Boolean,
    }  # fmt: skip
    rows = [
        (id_, it.since, it.gone, it.earliest, it.standing, it.released, it.rescheduled)
        for id_, it in stories.items()
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")
