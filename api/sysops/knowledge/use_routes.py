"""Using articles: suggestions while a ticket is typed, "it did", and votes."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.kernel.fields import Line, Prose
from api.sysops.knowledge import search, usefulness
from api.sysops.knowledge.routes import ArticleController
from api.sysops.knowledge.search_routes import FoundArticles
from api.sysops.knowledge.service import Listing

MOST_SUGGESTIONS = 3


class TypedSoFar(msgspec.Struct, forbid_unknown_fields=True):
    """What is typed of a ticket; nothing of it is kept."""

    text: Prose
    device_type: Line | None = None
    ticket_type: Line | None = None


class Vote(msgspec.Struct, forbid_unknown_fields=True):
    helpful: bool


class UsefulnessView(msgspec.Struct):
    """`solved` counts the tickets that were not needed, in calls and online together, and
    `solved_online` those online; `tickets` are those resolved with it. Votes are of staff and,
    by themselves, of customers.
    """

    solved: int
    solved_online: int
    tickets: int
    helpful: int
    not_helpful: int
    helpful_to_customers: int
    not_helpful_to_customers: int

    @classmethod
    def of(cls, counted: usefulness.Usefulness) -> Self:
        return cls(**{name: getattr(counted, name) for name in cls.__struct_fields__})


class ArticleUseController(Controller):
    path = ArticleController.path

    @post(
        "/suggestions",
        guards=[Requires("helpdesk")],
        status_code=200,
        summary="This may solve it",
    )
    async def suggest(
        self, data: JSONBody[TypedSoFar], session: NamedDependency[AsyncSession]
    ) -> FoundArticles:
        """The few best articles for what the caller tells; not counted as a search."""
        device = data.device_type and str(data.device_type)
        kind = data.ticket_type and str(data.ticket_type)
        listing = Listing("published", device, kind)
        found = await search.find(session, str(data.text), listing, MOST_SUGGESTIONS)
        return FoundArticles.of(found)

    @post("/{article_id:uuid}/solved", guards=[Requires("helpdesk")], summary="It did")
    async def solved(
        self,
        article_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> UsefulnessView:
        """The article solved it, and the call ends without a ticket."""
        return UsefulnessView.of(await usefulness.solved(session, article_id, now))

    @put("/{article_id:uuid}/vote", guards=[Requires(*STAFF_ROLES)], summary="Helpful or not")
    async def vote(
        self,
        article_id: FromPath[UUID],
        data: JSONBody[Vote],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> UsefulnessView:
        """One vote a person; voting again changes it."""
        counted = await usefulness.vote(
            session, article_id, request.user.id, now, helpful=data.helpful
        )
        return UsefulnessView.of(counted)

    @get(
        "/{article_id:uuid}/usefulness",
        guards=[Requires(*STAFF_ROLES)],
        summary="What it was good for",
    )
    async def usefulness(
        self, article_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> UsefulnessView:
        """How often a published article helped, and how."""
        return UsefulnessView.of(await usefulness.usefulness(session, article_id))
