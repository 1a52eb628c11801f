"""Small countries for tests: a Monday in Texas, with tickets and experts at chosen places."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from api.messages import Priority, Window
from api.sysops.experts.days import Visit
from orchestration.assignment.policy import Policy
from orchestration.assignment.problem import Expert, Problem, Snapshot, Ticket, build

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # Monday, 06:00 in Chicago
Shifts = dict[int, tuple[tuple[time, time], ...]]
EVERY_DAY: Shifts = {day: ((time(8), time(17)),) for day in range(1, 8)}


def ticket(
    number: int,
    *,
    priority: Priority = "normal",
    latitude: float = 30.0,
    longitude: float = -97.0,
    skill: str = "laptop",
    preferred: tuple[Window, ...] = (),
    work: int = 60,
) -> Ticket:
    return Ticket(
        id=UUID(int=number),
        version=1,
        priority=priority,
        ticket_type="t",
        latitude=latitude,
        longitude=longitude,
        work=timedelta(minutes=work),
        due=NOW + timedelta(days=2),
        preferred=preferred,
        skills=((skill, 2),),
        excluded=frozenset(),
    )


def expert(
    number: int,
    *,
    latitude: float = 30.0,
    longitude: float = -97.0,
    radius_km: float = 50,
    shifts: Shifts | None = None,
    level: int = 3,
    visits: tuple[Visit, ...] = (),
    done: tuple[datetime, ...] = (),
    most: int = 4,
) -> Expert:
    return Expert(
        id=UUID(int=1000 + number),
        latitude=latitude,
        longitude=longitude,
        radius_km=radius_km,
        time_zone="America/Chicago",
        silences=0,
        skills={"laptop": (level, date(2030, 1, 1))},
        shifts=EVERY_DAY if shifts is None else shifts,
        absent=(),
        visits=visits,
        done=done,
        most_visits_a_day=most,
    )


ONE_WINDOW: Shifts = {1: ((time(8), time(10)),)}
MORNING: Shifts = {1: ((time(8), time(12)),)}


def problem(tickets: list[Ticket], experts: list[Expert], days: int = 0) -> Problem:
    return build(Snapshot(NOW, tuple(tickets), tuple(experts)), Policy(horizon_days=days))


def at(hour: int) -> datetime:
    """An hour of that Monday in Chicago."""
    return datetime(2026, 3, 2, hour + 6, tzinfo=UTC)
