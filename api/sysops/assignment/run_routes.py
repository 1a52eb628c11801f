"""Why a ticket got its expert, and what assignment runs did, for those who answer for it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.paging import PageCursor, PageSize, cut, place_of
from api.sysops.assignment import explaining, runs
from api.sysops.assignment.explanation_views import Explanation, TermCost
from api.sysops.assignment.policy_routes import READERS
from api.sysops.assignment.proof import Certificate, LeftOut, in_words, proof_of
from api.sysops.assignment.tables import AssignmentRun


class RunPlace(msgspec.Struct, frozen=True, array_like=True):
    """A run's place in the list of them: their ids grow."""

    id: UUID


class ServedView(msgspec.Struct):
    """How many tickets of a priority got an expert, of how many."""

    priority: str
    served: int
    tickets: int


class PhaseSeconds(msgspec.Struct):
    """How long a part of a run took."""

    phase: str
    seconds: float


class RunLine(msgspec.Struct):
    """One run. `skipped` were chosen and changed meanwhile; `objective` is the cost of all visits
    together in cost units; `served` is empty, and `proven` null, where no proof was kept."""

    id: UUID
    as_of: datetime
    finished_at: datetime | None
    status: str
    policy: str
    tickets: int
    assigned: int
    skipped: int
    objective: int | None
    proven: bool | None
    served: list[ServedView]

    @classmethod
    def of(cls, run: AssignmentRun) -> Self:
        kept = proof_of(run.evidence)
        served = kept.served if kept else {}
        own = {
            name: getattr(run, name)
            for name in cls.__struct_fields__
            if name in AssignmentRun.__table__.columns
        }
        return cls(**own, served=[ServedView(name, *it) for name, it in served.items()])


class RunPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[RunLine]
    next_cursor: str | None


class RunView(msgspec.Struct):
    """`proof` says in words what is proven and what is not, `certificate` by which numbers.

    `windows` were free, `edges` are pairs of a ticket and a window that no rule forbids; `terms`
    sum what the objective is made of.
    """

    run: RunLine
    proof: list[str]
    certificate: Certificate | None
    left_out: LeftOut | None
    windows: int
    edges: int
    repairs: int | None
    terms: list[TermCost]
    seconds: list[PhaseSeconds]


class RunController(Controller):
    path = "/assignment/runs"
    guards = [READERS]  # noqa: RUF012 - Litestar's way

    @get(summary="All assignment runs")
    async def runs(
        self,
        session: NamedDependency[AsyncSession],
        *,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> RunPage:
        """The newest first, page by page: who was served, under which policy, whether proven."""
        before = place_of(cursor, RunPlace).id if cursor else None
        found = await runs.page(session, before, limit + 1)
        shown, more = cut(found, limit, lambda it: RunPlace(it.id))
        return RunPage([RunLine.of(run) for run in shown], more)

    @get("/{run_id:uuid}", summary="One assignment run")
    async def run(self, run_id: FromPath[UUID], session: NamedDependency[AsyncSession]) -> RunView:
        """What it did, what its total cost is made of, and what exactly is proven of it."""
        run = await runs.find(session, run_id)
        kept = proof_of(run.evidence)
        return RunView(
            run=RunLine.of(run),
            proof=in_words(run.status, kept, proven=run.proven),
            certificate=kept.certificate if kept else None,
            left_out=kept.left_out if kept else None,
            windows=run.windows,
            edges=run.edges,
            repairs=kept.repairs if kept else None,
            terms=[TermCost(*it) for it in kept.terms.items()] if kept else [],
            seconds=[PhaseSeconds(*it) for it in (run.seconds or {}).items()],
        )


class ExplanationController(Controller):
    path = "/tickets/{ticket_id:uuid}/explanation"
    guards = [READERS]  # noqa: RUF012 - Litestar's way

    @get(summary="Why this expert, or nobody")
    async def explanation(
        self,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        *,
        run_id: Annotated[
            UUID | None, QueryParameter(description="A run that decided on it; else the last one.")
        ] = None,
    ) -> Explanation:
        """Who was chosen and why, what every alternative would have cost at least, what became of
        it since, and for a ticket that waits what would let somebody come now.

        It says so when no run has decided yet, or somebody chose the expert by hand. 404 when the
        run named did not decide on the ticket.
        """
        return await explaining.explain(session, ticket_id, now, run_id)
