"""What an expert does: proposals, visits, resolution."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.sysops.tickets import visit_lists, visits
from api.sysops.tickets.visit_views import Completion, FollowUp, Reason, Start, VisitView, views
from api.sysops.tickets.visits import Own, Work


async def view(session: AsyncSession, own: Own) -> VisitView:
    """A visit as it is after what its expert did."""
    _, assignment = own
    return (await views(session, [await visit_lists.one(session, assignment.id)]))[0]


class VisitController(Controller):
    """Every route works on the signed-in expert's own visits alone."""

    path = "/visits"
    guards = [Requires("expert")]  # noqa: RUF012 - Litestar's way

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

    @post("/{visit_id:uuid}/on-the-way", status_code=200, summary="I am on the way")
    async def on_the_way(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """The customer is told at once. Once a visit, and not before its `set_out_from`."""
        return await view(session, await visits.set_out(session, visit_id, request.user.id, now))

    @post("/{visit_id:uuid}/start", status_code=200, summary="Start the work")
    async def start(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        data: JSONBody[Start | None] = None,
    ) -> VisitView:
        """You are with the customer and begin; not before the visit's `start_from`.

        Earlier only when the customer has agreed to it: say so, and it stands in the history that
        the customer reads.
        """
        agreed = data is not None and data.agreed_with_customer
        own = await visits.start(
            session, visit_id, request.user.id, now, agreed_with_customer=agreed
        )
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
        """Ends a visit whose window has begun; the customer is told, and reads the reason.

        Another visit is planned from the next day on. After the second time a coordinator calls
        the customer first.
        """
        own = await visits.no_show(session, visit_id, request.user.id, now, reason=data.reason)
        return await view(session, own)

    @post("/{visit_id:uuid}/follow-up", status_code=200, summary="Another visit is needed")
    async def follow_up(
        self,
        visit_id: FromPath[UUID],
        data: JSONBody[FollowUp],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> VisitView:
        """Ends the visit; the ticket is open again, and the next visit knows what to bring."""
        own = await visits.follow_up(
            session,
            visit_id,
            request.user.id,
            now,
            reason=data.reason,
            work=Work([part.part() for part in data.parts], data.article_ids),
            bring=[part.part() for part in data.bring],
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
            work=Work([part.part() for part in data.parts], data.article_ids),
        )
        return await view(session, own)
