"""What one run decides on, in columns. Its cost follows open tickets and live bookings."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from api.sysops.assignment.policy import MOST_SILENCES, Policy
from api.sysops.experts.days import MOST_DAYS_AHEAD
from orchestration.assignment.waiting import WAITS

ID, MOMENT = pl.String, pl.Datetime("us", "UTC")
PLACE = {"latitude": pl.Float64, "longitude": pl.Float64}

SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "tickets": {
        "id": ID, "version": pl.Int32, "priority": pl.String, "ticket_type": pl.String, **PLACE,
        "due": MOMENT, "earliest": MOMENT, "work_minutes": pl.Int32,
    },
    "preferred": {"ticket": ID, "since": MOMENT, "until": MOMENT},
    "excluded": {"ticket": ID, "expert": ID},
    "known": {"ticket": ID, "expert": ID},
    "required": {"ticket_type": pl.String, "skill": pl.String, "level": pl.Int32},
    "experts": {
        "id": ID, **PLACE, "radius_km": pl.Int32, "time_zone": pl.String, "silences": pl.Int32,
        "most_visits_a_day": pl.Int32,
    },
    "skills": {"expert": ID, "skill": pl.String, "level": pl.Int32, "until": pl.Date},
    "shifts": {"expert": ID, "weekday": pl.Int32, "starts": pl.Int32, "ends": pl.Int32},
    "absences": {"expert": ID, "since": MOMENT, "until": MOMENT},
    "visits": {"expert": ID, "since": MOMENT, "until": MOMENT, **PLACE, "work_minutes": pl.Int32},
    "done": {"expert": ID, "since": MOMENT},
    "holidays": {"day": pl.Date},
    "roads": {"ticket": ID, "expert": ID, "km": pl.Float64},
}  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """Everything one run decides on: open tickets, active experts, and what is known of both.

    Columns and their types are in `SCHEMAS`; ids are text, coordinates degrees, shifts minutes
    of the local day (weekday 1 is Monday), spans of time are half-open. `roads` are distances that
    a road-network service told.
    """

    as_of: datetime
    tickets: pl.DataFrame
    preferred: pl.DataFrame
    excluded: pl.DataFrame
    known: pl.DataFrame
    required: pl.DataFrame
    experts: pl.DataFrame
    skills: pl.DataFrame
    shifts: pl.DataFrame
    absences: pl.DataFrame
    visits: pl.DataFrame
    done: pl.DataFrame
    holidays: pl.DataFrame
    roads: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        return {name: getattr(self, name) for name in SCHEMAS}


def snapshot_of(as_of: datetime, frames: Mapping[str, pl.DataFrame]) -> Snapshot:
    """Frames in their one order: equal input is equal, however its rows came."""
    sorted_frames = {
        name: frame.select(list(SCHEMAS[name])).cast(pl.Schema(SCHEMAS[name])).sort(pl.all())
        for name, frame in frames.items()
    }
    empty = {name: pl.DataFrame(schema=dict(schema)) for name, schema in SCHEMAS.items()}
    return Snapshot(as_of, **(empty | sorted_frames))


WITH = f"""
WITH open AS (
    SELECT t.*, tt.duration_minutes
    FROM ticket t
    JOIN ticket_type tt ON tt.code = t.ticket_type
    JOIN entitlement e ON e.contract_id = t.contract_id
    WHERE {WAITS}
), active AS (
    SELECT e.* FROM expert e JOIN staff s ON s.id = e.id AND s.active WHERE e.active
)
"""  # noqa: S608 - a constant of ours
QUERIES = {
    "tickets": """
        SELECT id::text AS id, version, priority, ticket_type, latitude, longitude,
            sla_due_at AS due, earliest_visit_at AS earliest, duration_minutes AS work_minutes
        FROM open""",
    "preferred": """
        SELECT open.id::text AS ticket, (w->>'start')::timestamptz AS since,
            (w->>'end')::timestamptz AS until
        FROM open, jsonb_array_elements(open.preferred_windows) AS w""",
    "excluded": """
        SELECT ticket_id::text AS ticket, expert_id::text AS expert
        FROM open JOIN exclusion x ON x.ticket_id = open.id""",
    # Whoever worked for this customer within two years, on this ticket too.
    "known": """
        SELECT DISTINCT open.id::text AS ticket, a.expert_id::text AS expert
        FROM open
        JOIN ticket earlier ON earlier.customer_id = open.customer_id
        JOIN assignment a ON a.ticket_id = earlier.id AND a.outcome IN ('resolved', 'follow_up')
            AND a.completed_at > {as_of} - interval '2 years'""",
    "required": "SELECT ticket_type, skill, level FROM required_skill",
    "experts": """
        SELECT id::text AS id, latitude, longitude, radius_km, time_zone, most_visits_a_day,
            CASE WHEN last_silent_at > {as_of} - interval '{silence_days} days'
                THEN LEAST(silences, {most_silences}) ELSE 0 END AS silences
        FROM active""",
    "skills": """
        SELECT expert_id::text AS expert, skill, level, certified_until AS until
        FROM expert_skill JOIN active ON active.id = expert_id""",
    "shifts": """
        SELECT expert_id::text AS expert, weekday,
            extract(epoch FROM starts_at)::int / 60 AS starts,
            extract(epoch FROM ends_at)::int / 60 AS ends
        FROM shift JOIN active ON active.id = expert_id""",
    # An absence may have no end yet; what counts of it is what lies in the horizon.
    "absences": """
        SELECT expert_id::text AS expert, GREATEST(lower(during), {as_of}) AS since,
            LEAST(upper(during), {until}) AS until
        FROM time_off JOIN active ON active.id = expert_id
        WHERE during && tstzrange({as_of}, {until})""",
    # Visits of the last day count too: one that still runs keeps its expert where it is.
    "visits": """
        SELECT b.expert_id::text AS expert, lower(b.during) AS since, upper(b.during) AS until,
            t.latitude, t.longitude, tt.duration_minutes AS work_minutes
        FROM booking b
        JOIN active ON active.id = b.expert_id
        JOIN assignment a ON a.id = b.assignment_id
        JOIN ticket t ON t.id = a.ticket_id
        JOIN ticket_type tt ON tt.code = t.ticket_type
        WHERE upper(b.during) > {as_of} - interval '1 day' AND lower(b.during) < {until}""",
    # A visit that is over has no booking any more, and was one of its day's all the same.
    "done": """
        SELECT expert_id::text AS expert, lower(during) AS since
        FROM assignment JOIN active ON active.id = expert_id
        WHERE status = 'completed' AND completed_at > {as_of} - interval '1 day'""",
    "holidays": "SELECT day FROM holiday",
}
_NOT_ENTITLED = """
SELECT t.id::text AS id
FROM ticket t
LEFT JOIN entitlement e ON e.contract_id = t.contract_id
WHERE t.status IN ('open', 'escalated') AND (
    e.contract_id IS NULL OR e.standing <> 'good'
    OR (e.status <> 'active' AND e.replaced_by IS NULL))
"""


def read(url: str, as_of: datetime, policy: Policy) -> tuple[Snapshot, list[UUID]]:
    """The input as of now, in one view of the database, and the open tickets that no visit may
    be planned for."""
    until = as_of + timedelta(days=MOST_DAYS_AHEAD + 1)
    words = {
        "as_of": literal(as_of),
        "until": literal(until),
        "silence_days": policy.silence_days,
        "most_silences": MOST_SILENCES,
    }
    with one_view(url) as table:
        frames = {name: table((WITH + it).format(**words)) for name, it in QUERIES.items()}
        barred = [UUID(it) for it in table(_NOT_ENTITLED)["id"].sort()]
    return snapshot_of(as_of, frames), barred


def literal(moment: datetime) -> str:
    """A moment as SQL writes it."""
    return f"'{moment.isoformat()}'::timestamptz"


@contextmanager
def one_view(url: str) -> Iterator[Callable[[str], pl.DataFrame]]:
    """What queries find, in columns; all of them see the database as of one moment."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

        def table(query: str) -> pl.DataFrame:
            cursor.execute(query)
            found = pl.from_arrow(cursor.fetch_arrow_table())
            assert isinstance(found, pl.DataFrame)  # noqa: S101 - a table is no series
            return found

        yield table
