"""A ticket and its experts, read in the form that the hard rules take.

The cost follows the experts that hold the skills near a ticket, never history.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.assignment.hard_rules import Person, Wanted
from api.sysops.catalogue.tables import TicketType
from api.sysops.experts.days import Booked
from api.sysops.experts.profiles import needed_skills, profiles_of
from api.sysops.experts.rules import EARTH_RADIUS_KM
from api.sysops.experts.workload import workload_of
from api.sysops.staff.tables import Staff
from api.sysops.tickets import telling
from api.sysops.tickets.entitlements import in_force
from api.sysops.tickets.tables import Exclusion, Ticket

MOST_EXPERTS = 200
"""So many experts are looked at window by window: those in whose area the ticket is, then those
whose area ends nearest to it."""
MOST_UNSKILLED = 3

# How far each active expert is from a ticket, and how many levels they lack for it.
_ACTIVE = f"""
WITH active AS (
    SELECT e.id, s.full_name, e.radius_km,
           {EARTH_RADIUS_KM} * acos(LEAST(1, GREATEST(-1,
               sind(:latitude) * sind(e.latitude)
               + cosd(:latitude) * cosd(e.latitude) * cosd(:longitude - e.longitude)))) AS km,
           (SELECT coalesce(sum(greatest(r.level - coalesce(h.level, 0), 0)), 0)
            FROM required_skill r
            LEFT JOIN expert_skill h ON h.expert_id = e.id AND h.skill = r.skill
            WHERE r.ticket_type = :ticket_type) AS lacks
    FROM expert e JOIN staff s ON s.id = e.id
    WHERE e.active AND s.active
)
"""  # noqa: S608 - a constant of ours
_COUNTS = text(
    _ACTIVE
    + """
SELECT count(*) AS active, count(*) FILTER (WHERE lacks > 0) AS unskilled,
       count(*) FILTER (WHERE lacks = 0 AND km <= radius_km) AS within,
       count(*) FILTER (WHERE lacks = 0 AND km > radius_km) AS beyond
FROM active
"""
)
_NEAREST = text(
    _ACTIVE
    + """
SELECT id FROM active WHERE lacks = 0
ORDER BY greatest(km - radius_km, 0), km, id LIMIT :most
"""
)
_UNSKILLED = text(
    _ACTIVE
    + """
SELECT id, full_name FROM active WHERE lacks > 0
ORDER BY lacks, greatest(km - radius_km, 0), km, id LIMIT :most
"""
)


@dataclass(frozen=True)
class Counts:
    """Active experts: all, those who lack a skill or level, and of the skilled those in whose
    area the ticket is and those in whose it is not.
    """

    active: int
    unskilled: int
    within: int
    beyond: int


async def wanted_of(session: AsyncSession, ticket: Ticket) -> Wanted:
    """What a ticket asks of a visit."""
    needed = await needed_skills(session, {ticket.ticket_type})
    duration = select(TicketType.duration_minutes).where(TicketType.code == ticket.ticket_type)
    minutes = (await session.execute(duration)).scalar_one()
    return Wanted(
        latitude=ticket.latitude,
        longitude=ticket.longitude,
        time_zone=ticket.time_zone,
        needed=needed[ticket.ticket_type],
        work=timedelta(minutes=minutes),
        preferred=telling.preferred_of(ticket),
        earliest=ticket.earliest_visit_at,
        entitled=bool(await in_force(session, {ticket.contract_id})),
    )


async def counts(session: AsyncSession, ticket: Ticket) -> Counts:
    row = (await session.execute(_COUNTS, _place(ticket))).one()
    return Counts(row.active, row.unskilled, row.within, row.beyond)


async def nearest(session: AsyncSession, ticket: Ticket) -> list[UUID]:
    """The skilled experts to look at: in whose area the ticket is first, at most MOST_EXPERTS."""
    most = {"most": MOST_EXPERTS}
    return list(await session.scalars(_NEAREST, _place(ticket) | most))


async def nearest_unskilled(session: AsyncSession, ticket: Ticket) -> list[tuple[UUID, str]]:
    """Id and name of those who lack the least of what the work needs."""
    most = {"most": MOST_UNSKILLED}
    return [
        (row.id, row.full_name) for row in await session.execute(_UNSKILLED, _place(ticket) | most)
    ]


async def people(
    session: AsyncSession,
    ids: Collection[UUID],
    ticket_id: UUID,
    now: datetime,
    *,
    apart_from: UUID | None = None,
) -> list[Person]:
    """Experts with all they have to do, in the order of the ids; those who are none are left out.

    The assignment `apart_from` does not count. Lock them before, or it is old when it is used.
    """
    profiles = await profiles_of(session, ids)
    names = await session.execute(
        select(Staff.id, Staff.full_name).where(equals_any(Staff.id, ids))
    )
    name_of = {row.id: row.full_name for row in names}
    out = select(Exclusion.expert_id, Exclusion.reason).where(Exclusion.ticket_id == ticket_id)
    excluded = {row.expert_id: row.reason for row in await session.execute(out)}
    work = await workload_of(session, ids, now)
    booked: dict[UUID, list[Booked]] = defaultdict(list)
    for (expert_id, _), visits in work.live.items():
        booked[expert_id] += [one for one in visits if one.assignment_id != apart_from]
    done: dict[UUID, dict[date, int]] = defaultdict(dict)
    for (expert_id, day), count in work.done.items():
        done[expert_id][day] = count
    return [
        Person(
            id=expert_id,
            name=name_of[expert_id],
            profile=profiles[expert_id],
            most_visits_a_day=work.most[expert_id],
            booked=booked[expert_id],
            done=done[expert_id],
            exclusion=excluded.get(expert_id),
        )
        for expert_id in ids
        if expert_id in profiles
    ]


def _place(ticket: Ticket) -> dict[str, float | str | int]:
    return {
        "latitude": ticket.latitude,
        "longitude": ticket.longitude,
        "ticket_type": ticket.ticket_type,
    }
