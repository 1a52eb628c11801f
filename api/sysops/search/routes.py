"""Finding tickets over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires
from api.kernel.clock import with_zone
from api.kernel.paging import PageCursor, PageSize
from api.messages import Priority, TicketStatus, Window
from api.sysops.catalogue.rules import CODE, LONGEST_CODE
from api.sysops.catalogue.tables import TicketType
from api.sysops.knowledge.search_routes import Snippet
from api.sysops.search import shown
from api.sysops.search.filters import OPEN_WORK, Filters
from api.sysops.search.regions import STATES, Region
from api.sysops.search.tickets import Found, Search
from api.sysops.search.typed import SearchWords, take_apart
from api.sysops.tickets import telling
from api.sysops.tickets.routes import OVERSEERS

SearchText = Annotated[
    SearchWords | None,
    QueryParameter(
        description="Numbers, names, telephone numbers or parts of them, e-mail, address, words."
    ),
]
Code = Annotated[str, Meta(pattern=CODE, max_length=LONGEST_CODE)]
State = Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$", description="TX, say.")]
Codes = Annotated[list[Code] | None, QueryParameter(max_items=20, description="Any of these.")]
Moment = Annotated[datetime | None, QueryParameter(description="2026-03-31T17:00:00Z, say.")]
States = Annotated[list[State] | None, QueryParameter(name="state", max_items=60)]


class TicketExpert(msgspec.Struct):
    """Who has the ticket now: `status` is proposed or accepted."""

    expert_id: UUID
    expert_name: str
    window: Window
    status: str


class TicketPlace(msgspec.Struct):
    line1: str
    line2: str | None
    city: str
    state: str
    zip: str


class FoundTicket(msgspec.Struct):
    """A ticket in a list. `snippet` shows where the words are, and is null when none were typed.

    `overdue` is an open ticket after its promised time.
    """

    id: UUID
    number: int
    status: TicketStatus
    priority: Priority
    channel: str
    ticket_type: str
    device_type: str
    customer_id: UUID
    customer_name: str | None
    contact_name: str
    contact_phone: str
    address: TicketPlace
    submitted_at: datetime
    sla_due_at: datetime
    resolved_at: datetime | None
    overdue: bool
    expert: TicketExpert | None
    snippet: Snippet | None

    @classmethod
    def of(cls, row: shown.Row, now: datetime) -> Self:
        ticket = row.ticket
        own: dict[str, Any] = {
            name: getattr(ticket, name) for name in cls.__struct_fields__ if hasattr(ticket, name)
        }
        place = {name: getattr(ticket, name) for name in TicketPlace.__struct_fields__}
        return cls(
            **own,
            device_type=row.device_type,
            customer_name=row.customer_name,
            address=TicketPlace(**place),
            overdue=ticket.status in OPEN_WORK and ticket.sla_due_at <= now,
            expert=_expert(row),
            snippet=None if row.snippet is None else Snippet.of(row.snippet),
        )


class FoundTickets(msgspec.Struct):
    """A page. `next_cursor` is null on the last one; one that has it may be short.

    `corrections` says for which other words (their stems) a word was taken as well, `unknown`
    which words are nowhere, so that nothing was found.
    """

    items: list[FoundTicket]
    next_cursor: str | None
    corrections: dict[str, list[str]]
    unknown: list[str]


async def page_of(session: AsyncSession, found: Found, now: datetime) -> FoundTickets:
    """What was found, as people see it."""
    rows = await shown.rows(session, found.ids, found.meaning.terms)
    return FoundTickets(
        [FoundTicket.of(row, now) for row in rows],
        found.next_cursor,
        found.meaning.corrections,
        found.meaning.unknown,
    )


async def provide_filters(
    session: NamedDependency[AsyncSession],
    *,
    status: FromQuery[list[TicketStatus] | None] = None,
    priority: FromQuery[list[Priority] | None] = None,
    channel: FromQuery[Literal["web", "phone"] | None] = None,
    ticket_type: Codes = None,
    device_type: Codes = None,
    in_states: States = None,
    region: FromQuery[list[Region] | None] = None,
    expert_id: FromQuery[UUID | None] = None,
    customer_id: FromQuery[UUID | None] = None,
    overdue: FromQuery[bool | None] = None,
    submitted_from: Moment = None,
    submitted_to: Moment = None,
) -> Filters:
    """What the query asks for beside its text."""
    return Filters(
        statuses=status or (),
        ticket_types=await _ticket_types(session, ticket_type, device_type),
        states=_states(in_states, region),
        priorities=priority or (),
        channel=channel,
        expert_id=expert_id,
        customer_id=customer_id,
        overdue=overdue,
        since=with_zone(submitted_from),
        until=with_zone(submitted_to),
    )


class TicketSearchController(Controller):
    path = "/"
    dependencies = {"filters": Provide(provide_filters)}  # noqa: RUF012 - Litestar's way

    @get("/tickets", guards=[Requires(*OVERSEERS)], summary="Find tickets")
    async def tickets(
        self,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        filters: NamedDependency[Filters],
        *,
        text: SearchText = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> FoundTickets:
        """Tickets that have all that was typed, the best first; without a text the newest first.

        One field takes everything: the number of a ticket, a name, a telephone number in any
        notation or a part of it, an e-mail address or a part of it, a street, a city, a ZIP code,
        and what was written about the ticket. Accents and endings do not matter; when little is
        found, words that are spelt nearly so or begin so are taken as well. People and numbers
        weigh more than places, and those more than what was written.

        All filters given must match; one that is repeated lets any of its values in. A ticket is
        an expert's while it is proposed to or promised by that expert, and after the visit.
        `submitted_from` is included, `submitted_to` is not; a time without an offset is UTC.
        A ticket is found a moment after it was written.
        """
        search = Search(session, filters, limit, now)
        if text is None:
            return await page_of(session, await search.listed(cursor), now)
        return await page_of(session, await search.found(take_apart(text), cursor), now)


def _expert(row: shown.Row) -> TicketExpert | None:
    held = row.assignment
    if held is None or row.expert_name is None:
        return None
    return TicketExpert(held.expert_id, row.expert_name, telling.window_of(held), held.status)


async def _ticket_types(
    session: AsyncSession, types: Sequence[str] | None, devices: Sequence[str] | None
) -> list[str] | None:
    """The ticket types that a filter lets in: a device type stands for all work on it."""
    if devices is None:
        return list(types) if types is not None else None
    known = select(TicketType.code).where(TicketType.device_type.in_(devices))
    if types is not None:
        known = known.where(TicketType.code.in_(types))
    return list(await session.scalars(known))


def _states(states: Sequence[str] | None, regions: Sequence[Region] | None) -> list[str] | None:
    chosen = None if states is None else {one.upper() for one in states}
    if regions is not None:
        within = {one for region in regions for one in STATES[region]}
        chosen = within if chosen is None else chosen & within
    return None if chosen is None else sorted(chosen)
