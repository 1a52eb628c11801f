"""Reads what one run decides on; its cost follows open tickets and live bookings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import Window
from api.sysops.experts.days import Visit
from api.sysops.tickets.visit_rules import ABSENCES_TO_CALL
from orchestration.assignment.problem import Expert, Snapshot, Ticket

TICKETS = text("""
SELECT t.id, t.version, t.priority, t.ticket_type, t.latitude, t.longitude, t.sla_due_at,
       t.preferred_windows, t.earliest_visit_at, tt.duration_minutes,
       COALESCE((SELECT array_agg(expert_id) FROM exclusion x WHERE x.ticket_id = t.id), '{}')
           AS excluded
FROM ticket t
JOIN ticket_type tt ON tt.code = t.ticket_type
JOIN entitlement e ON e.contract_id = t.contract_id
WHERE t.status IN ('open', 'escalated') AND (e.status = 'active' OR e.replaced_by IS NOT NULL)
  AND e.standing = 'good'
  -- Nobody is sent for nothing again: these wait until somebody has called the customer.
  AND NOT (t.status = 'escalated' AND t.customer_absences >= :absences)
ORDER BY t.submitted_at, t.id
""")
NOT_ENTITLED = text("""
SELECT t.id
FROM ticket t
LEFT JOIN entitlement e ON e.contract_id = t.contract_id
WHERE t.status IN ('open', 'escalated')
  AND (
    e.contract_id IS NULL OR e.standing <> 'good'
    OR (e.status <> 'active' AND e.replaced_by IS NULL)
  )
ORDER BY t.id
""")
REQUIRED = text("SELECT ticket_type, skill, level FROM required_skill ORDER BY ticket_type, skill")
EXPERTS = text("""
SELECT e.id, e.latitude, e.longitude, e.radius_km, e.time_zone, e.silences, e.most_visits_a_day
FROM expert e JOIN staff s ON s.id = e.id
WHERE e.active AND s.active
ORDER BY e.id
""")
SKILLS = text("SELECT expert_id, skill, level, certified_until FROM expert_skill")
SHIFTS = text("SELECT expert_id, weekday, starts_at, ends_at FROM shift ORDER BY starts_at")
# An absence may have no end yet; what counts of it is what lies in the horizon.
ABSENCES = text("""
SELECT expert_id, GREATEST(lower(during), :as_of), LEAST(upper(during), :until)
FROM time_off
WHERE during && tstzrange(:as_of, :until)
""")
HOLIDAYS = text("SELECT day FROM holiday")
# Visits of the last day count too: one that still runs keeps its expert where it is.
VISITS = text("""
SELECT b.expert_id, lower(b.during), upper(b.during), t.latitude, t.longitude,
       tt.duration_minutes
FROM booking b
JOIN assignment a ON a.id = b.assignment_id
JOIN ticket t ON t.id = a.ticket_id
JOIN ticket_type tt ON tt.code = t.ticket_type
WHERE upper(b.during) > :since AND lower(b.during) < :until
""")

# A visit that is over has no booking any more, and was one of its day's all the same.
DONE = text("""
SELECT expert_id, lower(during) FROM assignment
WHERE status = 'completed' AND completed_at > :since
""")


async def read(session: AsyncSession, as_of: datetime, horizon_days: int) -> Snapshot:
    """The open, entitled tickets and the active experts as of now, by stable id."""
    until = as_of + timedelta(days=horizon_days + 2)
    required = _grouped(await session.execute(REQUIRED))
    waits = {"absences": ABSENCES_TO_CALL}
    tickets = [_ticket(row, required) for row in await session.execute(TICKETS, waits)]
    skills = _grouped(await session.execute(SKILLS))
    shifts = _grouped(await session.execute(SHIFTS))
    absences = _grouped(await session.execute(ABSENCES, {"as_of": as_of, "until": until}))
    visits = _grouped(
        await session.execute(VISITS, {"since": as_of - timedelta(days=1), "until": until})
    )
    done = _grouped(await session.execute(DONE, {"since": as_of - timedelta(days=1)}))
    experts = [
        Expert(
            id=row.id,
            latitude=row.latitude,
            longitude=row.longitude,
            radius_km=float(row.radius_km),
            time_zone=row.time_zone,
            silences=row.silences,
            skills=_skills(skills[row.id]),
            shifts=_shifts(shifts[row.id]),
            absent=tuple(sorted((since, end) for since, end in absences[row.id])),
            visits=tuple(
                Visit(start, end, latitude, longitude, timedelta(minutes=minutes))
                for start, end, latitude, longitude, minutes in sorted(visits[row.id])
            ),
            done=tuple(sorted(start for (start,) in done[row.id])),
            most_visits_a_day=row.most_visits_a_day,
        )
        for row in await session.execute(EXPERTS)
    ]
    holidays = frozenset(await session.scalars(HOLIDAYS))
    return Snapshot(as_of, tuple(tickets), tuple(experts), holidays)


async def not_entitled(session: AsyncSession) -> list[UUID]:
    """Open tickets that no visit may be planned for now."""
    return list(await session.scalars(NOT_ENTITLED))


def _grouped(rows: Iterable[Row[Any]]) -> Mapping[Any, list[tuple[Any, ...]]]:
    """Rows by their first column, without it."""
    grouped: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(tuple(row[1:]))
    return grouped


def _ticket(row: Row[Any], required: Mapping[Any, list[tuple[Any, ...]]]) -> Ticket:
    return Ticket(
        id=row.id,
        version=row.version,
        priority=row.priority,
        ticket_type=row.ticket_type,
        latitude=row.latitude,
        longitude=row.longitude,
        work=timedelta(minutes=row.duration_minutes),
        due=row.sla_due_at,
        preferred=tuple(msgspec.convert(row.preferred_windows, list[Window])),
        skills=tuple((skill, level) for skill, level in required[row.ticket_type]),
        excluded=frozenset(row.excluded),
        earliest=row.earliest_visit_at,
    )


def _skills(rows: Iterable[tuple[Any, ...]]) -> dict[str, tuple[int, date]]:
    return {skill: (level, until) for skill, level, until in rows}


def _shifts(rows: Iterable[tuple[Any, ...]]) -> dict[int, tuple[tuple[time, time], ...]]:
    shifts: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for weekday, start, end in rows:
        shifts[weekday].append((start, end))
    return {weekday: tuple(spans) for weekday, spans in shifts.items()}
