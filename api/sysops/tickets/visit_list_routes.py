"""What an expert sees: visits to come, one in full, and those that were made."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cursor_of, position_of
from api.sysops.tickets import visit_lists
from api.sysops.tickets.visit_views import (
    EarlierTicket,
    MadeVisit,
    NoteView,
    PastVisit,
    PastVisits,
    VisitDetail,
    VisitView,
    views,
)


class VisitListController(Controller):
    """Every route shows the signed-in expert's own visits alone."""

    path = "/visits"
    guards = [Requires("expert")]  # noqa: RUF012 - Litestar's way

    @get("/", summary="My visits")
    async def mine(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        first: Annotated[
            date | None, QueryParameter(name="from", description="The first day, 2026-12-01.")
        ] = None,
        last: Annotated[
            date | None, QueryParameter(name="to", description="The last day, included.")
        ] = None,
    ) -> list[VisitView]:
        """Proposals to answer and visits to make, by arrival window.

        Today's, those to come, and what is still open of earlier days. `from` and `to` are days
        in the time zone of the expert's home.
        """
        return await views(session, await visit_lists.live(session, request.user.id, first, last))

    @get("/{visit_id:uuid}", summary="One visit, to come prepared")
    async def one(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
    ) -> VisitDetail:
        """With what was done at this ticket and on this type of device before.

        Only while the visit is yours, from the proposal to its end: what you know of a customer
        afterwards is in the visits that you have made.
        """
        visit = await visit_lists.own(session, visit_id, request.user.id)
        ticket_id = visit.ticket.id
        earlier = await visit_lists.made(session, [ticket_id])
        return VisitDetail(
            visit=(await views(session, [visit]))[0],
            earlier_visits=[MadeVisit.of(made) for made in earlier.get(ticket_id, [])],
            history=[
                EarlierTicket.of(other) for other in await visit_lists.history(session, visit)
            ],
            notes=NoteView.listed(await visit_lists.notes(session, ticket_id)),
        )

    @get("/past", summary="Visits that I have made")
    async def past(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> PastVisits:
        """The newest first, page by page: what was done, with which parts."""
        after = position_of(cursor) if cursor else None
        found = await visit_lists.past(session, request.user.id, after, limit + 1)
        shown = found[:limit]
        parts = await visit_lists.parts_of(session, [visit.assignment.id for visit in shown])
        items = [PastVisit.of(visit, parts.get(visit.assignment.id, [])) for visit in shown]
        more = None
        if len(found) > limit and (ended := shown[-1].assignment.completed_at) is not None:
            more = cursor_of(ended, shown[-1].assignment.id)
        return PastVisits(items, more)
