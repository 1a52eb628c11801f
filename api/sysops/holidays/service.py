"""Keeping holidays: what is planned on one is called off with it. Services never commit."""

from datetime import date

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.sysops.audit.service import Act, record
from api.sysops.catalogue import service as catalogue
from api.sysops.experts import withdrawals
from api.sysops.holidays import rules
from api.sysops.holidays.tables import Holiday
from api.sysops.tickets import service as tickets
from api.sysops.tickets import telling
from api.sysops.tickets.tables import Ticket

NOT_THAT_DAY = "The day that was wished for is a holiday. We look for another time."


async def since(session: AsyncSession, day: date | None) -> list[Holiday]:
    """The holidays from a day on, or all of them, in their order."""
    query = select(Holiday).order_by(Holiday.day)
    return list(await session.scalars(query if day is None else query.where(Holiday.day >= day)))


async def find(session: AsyncSession, day: date) -> Holiday:
    """One holiday; raises NotFound."""
    found = await session.get(Holiday, day)
    if found is None:
        raise NotFound("That day is no holiday.")
    return found


async def add(session: AsyncSession, act: Act, day: date, name: str) -> int:
    """Make a day a holiday; returns how many visits are called off.

    Their customers and experts hear of it, and nobody waits for that day any more. Raises
    Invalid for a day that is over, and Conflict for a holiday.
    """
    # An assignment run that is writing ends first, and the next one sees the holiday.
    await catalogue.one_at_a_time(session)
    if rules.is_over(day, act.now):
        raise Invalid([FieldError("/day", "This day is over: give one that lies ahead.")])
    there = await session.get(Holiday, day)
    if there is not None:
        raise Conflict(f"That day is a holiday already: {there.name}.")
    session.add(Holiday(day=day, name=name, created_at=act.now))
    await session.flush()
    await record(session, act, "holiday.added", ("holiday", str(day)), after={"name": name})
    called_off = await withdrawals.of_day(session, act, day)
    await _wait_for_other_days(session, act, day)
    return called_off


async def remove(session: AsyncSession, act: Act, day: date) -> None:
    """Visits can be planned on the day again; raises NotFound."""
    await catalogue.one_at_a_time(session)
    there = await find(session, day)
    await session.delete(there)
    await session.flush()
    await record(
        session, act, "holiday.removed", ("holiday", str(day)), before={"name": there.name}
    )


async def _wait_for_other_days(session: AsyncSession, act: Act, day: date) -> None:
    """No ticket waits for a day on which nobody comes: such wishes are dropped, and it is told."""
    waiting = (
        select(Ticket)
        .where(
            Ticket.status.in_(("open", "escalated")),
            func.jsonb_array_length(Ticket.preferred_windows) > 0,
        )
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    actor = tickets.Actor("administrator", act.actor_id)
    for ticket in (await session.scalars(waiting)).all():
        wishes = telling.preferred_of(ticket)
        left = rules.windows_besides(wishes, day, ticket.time_zone)
        if len(left) < len(wishes):
            ticket.preferred_windows = msgspec.to_builtins(left)
            await tickets.transition(session, ticket, "amend", actor, act.now, reason=NOT_THAT_DAY)
