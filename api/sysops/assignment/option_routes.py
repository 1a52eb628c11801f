"""Who could come to a ticket, for those who look after it."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires
from api.messages import Window
from api.sysops.assignment import looking
from api.sysops.assignment.options import Change, Fitting
from api.sysops.experts.rules import Rule
from api.sysops.tickets.routes import OVERSEERS


class FittingView(msgspec.Struct):
    """An expert who breaks no rule; `windows` are the next ones, `travel_km` is by road."""

    expert_id: UUID
    expert_name: str
    travel_km: float
    windows: list[Window]

    @classmethod
    def of(cls, fitting: Fitting) -> Self:
        person = fitting.person
        return cls(person.id, person.name, round(fitting.road_km, 1), list(fitting.windows))


class ChangeView(msgspec.Struct):
    """One thing that, changed, lets an expert come; `rule` is what is in the way now.

    With an `expert_id` and a `window` it can be assigned by hand: `rule` is the code to override.
    """

    rule: Rule
    words: str
    expert_id: UUID | None
    expert_name: str | None
    window: Window | None

    @classmethod
    def of(cls, change: Change) -> Self:
        person = change.person
        return cls(
            change.rule,
            change.words,
            person.id if person else None,
            person.name if person else None,
            change.window,
        )


class RemovedView(msgspec.Struct):
    """How many experts a rule takes out, of those whom no earlier one does."""

    rule: Rule
    experts: int


class OptionsView(msgspec.Struct):
    """`before` is what has to happen first, whoever comes; `fitting` can come as things are, the
    nearest first; `changes` begin with what asks the least of people.

    Of `active_experts` those in `removed` are out; `not_considered` live still farther away.
    """

    ticket_id: UUID
    before: list[str]
    fitting: list[FittingView]
    changes: list[ChangeView]
    active_experts: int
    removed: list[RemovedView]
    not_considered: int


class OptionController(Controller):
    path = "/tickets/{ticket_id:uuid}/options"
    guards = [Requires(*OVERSEERS)]  # noqa: RUF012 - Litestar's way

    @get(summary="Who could come to a ticket")
    async def options(
        self,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> OptionsView:
        """Every active expert, checked against every rule in every arrival window of the coming
        days: who fits, the smallest changes by which somebody would, and what is in the way.

        The ticket's own visit, if one is planned, does not count as taken. 409 when nobody is
        looked for any more.
        """
        found = await looking.find(session, ticket_id, now)
        return OptionsView(
            ticket_id=ticket_id,
            before=found.before,
            fitting=[FittingView.of(it) for it in found.fitting],
            changes=[ChangeView.of(it) for it in found.changes],
            active_experts=found.experts,
            removed=[RemovedView(rule, count) for rule, count in found.removed.items()],
            not_considered=found.not_considered,
        )
