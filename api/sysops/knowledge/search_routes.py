"""Searching articles over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires
from api.kernel.paging import PageSize
from api.sysops.knowledge import search
from api.sysops.knowledge.routes import ArticleController, AudienceFilter, CodeFilter, TagFilter
from api.sysops.knowledge.service import Listing
from api.sysops.knowledge.tables import Readers
from api.sysops.search.typed import SearchWords

Words = Annotated[
    SearchWords,
    QueryParameter(description="What it is about; typos, accents and endings do not matter."),
]
AskedBy = Annotated[Readers | None, QueryParameter(description="Who looked for it.")]
Days = Annotated[int, QueryParameter(ge=1, le=366, description="How far to look back.")]


class Match(msgspec.Struct):
    """Where a match is in its text: characters (Unicode code points), `end` excluded."""

    start: int
    end: int


class Snippet(msgspec.Struct):
    """Plain text, never markup: mark the matches yourself."""

    text: str
    matches: list[Match]

    @classmethod
    def of(cls, marked: str) -> "Snippet":
        text, matches = "", []
        # Between the markers every second part is a match.
        for place, part in enumerate(marked.replace(search.STOP, search.START).split(search.START)):
            if place % 2:
                matches.append(Match(len(text), len(text) + len(part)))
            text += part
        return cls(text, matches)


class FoundArticle(msgspec.Struct):
    id: UUID
    title: str
    snippet: Snippet
    device_type: str | None
    ticket_types: list[str]
    tags: list[str]
    updated_at: datetime

    @classmethod
    def of(cls, found: search.Found) -> "FoundArticle":
        own = {
            name: getattr(found.article, name)
            for name in cls.__struct_fields__
            if name != "snippet"
        }
        return cls(**own, snippet=Snippet.of(found.snippet))


class FoundArticles(msgspec.Struct):
    """`corrections` says for which other words (their stems) a word was taken as well."""

    items: list[FoundArticle]
    corrections: dict[str, list[str]]

    @classmethod
    def of(cls, result: search.Result) -> "FoundArticles":
        return cls([FoundArticle.of(it) for it in result.found], result.corrections)


class InVain(msgspec.Struct):
    """What somebody looked for, how often nothing was found, and when last."""

    words: str
    times: int
    last_at: datetime


class ArticleSearchController(Controller):
    path = ArticleController.path

    @get("/search", guards=[Requires(*STAFF_ROLES)], summary="Search articles")
    async def search(
        self,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        *,
        q: Words,
        device_type: CodeFilter = None,
        ticket_type: CodeFilter = None,
        tag: TagFilter = None,
        audience: AudienceFilter = None,
        limit: PageSize = 10,
    ) -> FoundArticles:
        """Published articles, the best first: rare words and words of the title count most.

        When the words as typed find too little, words that are spelt nearly so are tried as
        well. A device or ticket type finds articles of it and those for any. The search is
        counted without saying whose it was.
        """
        listing = Listing("published", device_type, ticket_type, tag, audience)
        result = await search.find(session, q, listing, limit)
        await search.count(session, q, len(result.found), now)
        return FoundArticles.of(result)

    @get(
        "/searches-without-results",
        guards=[Requires("administrator", "helpdesk", "manager")],
        summary="What found nothing",
    )
    async def in_vain(
        self,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        *,
        days: Days = 30,
        asked_by: AskedBy = None,
        limit: PageSize = 20,
    ) -> list[InVain]:
        """Searches that found no article, the most frequent first: what to write next.

        Searches are kept for 90 days. Without `asked_by` they are those of staff and customers;
        what customers typed is shown once three searches had the same words, for a name or the
        number of somebody's thing is typed once.
        """
        found = await search.in_vain(session, now, days, limit, asked_by)
        return [InVain(*row) for row in found]
