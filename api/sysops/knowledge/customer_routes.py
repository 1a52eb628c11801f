"""Articles for customers: found while a ticket is typed, read, and counted when they helped.

These routes alone accept customers' tokens here (docs/decisions/0016).
"""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.paging import PageSize
from api.sysops.knowledge import audience, search, usefulness
from api.sysops.knowledge.markdown import html_of
from api.sysops.knowledge.routes import CodeFilter
from api.sysops.knowledge.search_routes import Snippet, Words
from api.sysops.knowledge.service import Listing
from api.sysops.knowledge.tables import Article
from api.sysops.knowledge.use_routes import MOST_SUGGESTIONS, TypedSoFar, Vote


class HelpItem(msgspec.Struct):
    """An article that may help."""

    id: UUID
    title: str
    snippet: Snippet
    device_type: str | None
    ticket_types: list[str]

    @classmethod
    def of(cls, found: search.Found) -> Self:
        return cls(snippet=Snippet.of(found.snippet), **_facts(found.article, cls))


class HelpFound(msgspec.Struct):
    """The best first. `search_id` names this search when an article of it helps; what is
    suggested for a ticket is not kept, and has none.
    """

    items: list[HelpItem]
    search_id: UUID | None


class HelpArticle(msgspec.Struct):
    """`html` has headings, lists, emphasis, code and links, and nothing that runs or loads."""

    id: UUID
    title: str
    html: str
    device_type: str | None
    ticket_types: list[str]
    updated_at: datetime

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(html=html_of(article.body), **_facts(article, cls))


class Helped(msgspec.Struct, forbid_unknown_fields=True):
    """`search_id` is that of the search which found the article, if one did."""

    search_id: UUID | None = None


class OwnVote(msgspec.Struct):
    """What you said of an article; null when you have not."""

    helpful: bool | None


class HelpController(Controller):
    path = "/help-articles"
    guards = [Requires("customer")]  # noqa: RUF012 - Litestar's way

    @get("/search", summary="Search for help")
    async def search(
        self,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        *,
        q: Words,
        device_type: CodeFilter = None,
        ticket_type: CodeFilter = None,
        limit: PageSize = 10,
    ) -> HelpFound:
        """Articles for customers, the best first; typos, accents and endings do not matter.

        A device or ticket type finds articles of it and those for any. The words are kept for
        90 days without saying whose they were, so that what is missing gets written; what looks
        like an address or a serial number is left out.
        """
        listing = _listing(device_type, ticket_type)
        found = (await search.find(session, q, listing, limit)).found
        search_id = await search.count(session, q, len(found), now, "customers")
        return HelpFound([HelpItem.of(it) for it in found], search_id)

    @post("/suggestions", status_code=200, summary="This may solve it")
    async def suggest(
        self, data: JSONBody[TypedSoFar], session: NamedDependency[AsyncSession]
    ) -> HelpFound:
        """The few best articles for what is typed of a ticket so far; nothing of it is kept."""
        listing = _listing(data.device_type, data.ticket_type)
        found = (await search.find(session, str(data.text), listing, MOST_SUGGESTIONS)).found
        return HelpFound([HelpItem.of(it) for it in found], None)

    @get("/{article_id:uuid}", summary="One article for customers")
    async def article(
        self, article_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> HelpArticle:
        """As it is published now."""
        return HelpArticle.of(await audience.for_customers(session, article_id))

    @post("/{article_id:uuid}/solved", status_code=204, summary="It did")
    async def solved(
        self,
        article_id: FromPath[UUID],
        data: JSONBody[Helped],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """The article solved it, and no ticket is needed. It is counted, and not whose it was;
        once for a search, however often it is sent.
        """
        await audience.for_customers(session, article_id)
        await usefulness.solved_for_customer(session, article_id, data.search_id, now)

    @get("/{article_id:uuid}/vote", summary="My vote")
    async def vote(
        self,
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
    ) -> OwnVote:
        """What you said of it last."""
        await audience.for_customers(session, article_id)
        return OwnVote(await usefulness.vote_of_customer(session, article_id, request.user.id))

    @put("/{article_id:uuid}/vote", summary="Helpful or not for me")
    async def give_vote(
        self,
        article_id: FromPath[UUID],
        data: JSONBody[Vote],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> OwnVote:
        """One vote a person; voting again changes it."""
        await audience.for_customers(session, article_id)
        await usefulness.customer_votes(
            session, article_id, request.user.id, now, helpful=data.helpful
        )
        return OwnVote(data.helpful)


def _listing(device_type: str | None, ticket_type: str | None) -> Listing:
    device, kind = (it and str(it) for it in (device_type, ticket_type))
    return Listing("published", device, kind, audience="customers")


def _facts(article: Article, view: type[msgspec.Struct]) -> dict[str, Any]:
    """What a view shows of an article as it is."""
    names = (name for name in view.__struct_fields__ if name not in {"html", "snippet"})
    return {name: getattr(article, name) for name in names}
