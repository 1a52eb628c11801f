"""What an expert sees and does: proposals, visits, resolution."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line, Prose
from api.messages import Priority, ServiceAddress, TicketStatus, Window
from api.sysops.attachments import service as photos
from api.sysops.tickets import service, visits
from api.sysops.tickets.tables import Assignment, Ticket


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Line


class Completion(msgspec.Struct, forbid_unknown_fields=True):
    """`resolution` is what the customer reads."""

    resolution: Prose
    article_ids: Annotated[list[UUID], Meta(max_length=20)] = []


class VisitView(msgspec.Struct):
    """A visit as its expert sees it; `id` is the assignment's.

    `attachment_count` is how many photos there are at `/visits/{id}/attachments`.
    """

    id: UUID
    ticket_id: UUID
    number: int
    status: str
    ticket_status: TicketStatus
    window: Window
    answer_by: datetime
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    travel_km: float
    attachment_count: int


Own = tuple[Ticket, Assignment]


async def views(session: AsyncSession, own: Sequence[Own]) -> list[VisitView]:
    count = await photos.counts(session, [ticket.id for ticket, _ in own])
    return [_view(*one, count.get(one[0].id, 0)) for one in own]


async def view(session: AsyncSession, own: Own) -> VisitView:
    return (await views(session, [own]))[0]


def _view(ticket: Ticket, assignment: Assignment, attachment_count: int) -> VisitView:
    return VisitView(
        id=assignment.id,
        ticket_id=ticket.id,
        number=ticket.number,
        status=assignment.status,
        ticket_status=ticket.status,
        window=service.window_of(assignment),
        answer_by=assignment.answer_by,
        contact_name=ticket.contact_name,
        contact_phone=ticket.contact_phone,
        address=service.address_of(ticket),
        ticket_type=ticket.ticket_type,
        description=ticket.description,
        priority=ticket.priority,
        travel_km=assignment.travel_km,
        attachment_count=attachment_count,
    )


class VisitController(Controller):
    """Every route works on the signed-in expert's own visits alone."""

    path = "/visits"
    guards = [Requires("expert")]  # noqa: RUF012 - Litestar's way

    @get("/", summary="My visits")
    async def mine(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[VisitView]:
        """Proposals to answer and visits to make, by arrival window."""
        own = await visits.live_visits(session, request.user.id)
        return await views(session, own)

    @post("/{visit_id:uuid}/accept", status_code=200, summary="Accept a proposal")
    async def accept(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Promises the visit; the customer is told who comes and when."""
        own = await visits.answer(session, visit_id, request.user.id, now, accept=True)
        return await view(session, own)

    @post("/{visit_id:uuid}/reject", status_code=200, summary="Reject a proposal")
    async def reject(
        self,
        visit_id: FromPath[UUID],
        data: JSONBody[Reason],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Gives the ticket back; you are not proposed for it again."""
        own = await visits.answer(
            session, visit_id, request.user.id, now, accept=False, reason=data.reason
        )
        return await view(session, own)

    @post("/{visit_id:uuid}/start", status_code=200, summary="Start the work")
    async def start(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """You are with the customer and begin."""
        own = await visits.act(session, visit_id, request.user.id, "start", now)
        return await view(session, own)

    @post("/{visit_id:uuid}/no-show", status_code=200, summary="Nobody is home")
    async def no_show(
        self,
        visit_id: FromPath[UUID],
        data: JSONBody[Reason],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Ends the visit; the ticket is open again for another one."""
        own = await visits.act(
            session, visit_id, request.user.id, "no_show", now, reason=data.reason
        )
        return await view(session, own)

    @post("/{visit_id:uuid}/follow-up", status_code=200, summary="Another visit is needed")
    async def follow_up(
        self,
        visit_id: FromPath[UUID],
        data: JSONBody[Reason],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Ends the visit; the ticket is open again for a follow-up."""
        own = await visits.act(
            session, visit_id, request.user.id, "follow_up", now, reason=data.reason
        )
        return await view(session, own)

    @post("/{visit_id:uuid}/complete", status_code=200, summary="Resolve the ticket")
    async def complete(
        self,
        visit_id: FromPath[UUID],
        data: JSONBody[Completion],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Ends the visit with a resolution; the customer is asked how it was."""
        own = await visits.complete(
            session,
            visit_id,
            request.user.id,
            now,
            resolution=data.resolution,
            article_ids=data.article_ids,
        )
        return await view(session, own)
