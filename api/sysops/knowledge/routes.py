"""Articles over HTTP: written by those who solve tickets, read by all staff."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.kernel.fields import Line, Prose
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of
from api.sysops.audit.routes import act_of
from api.sysops.catalogue.rules import CODE
from api.sysops.knowledge import service
from api.sysops.knowledge.rules import (
    PUBLISHERS,
    WRITERS,
    Action,
    Audience,
    Status,
    allowed_actions,
)
from api.sysops.knowledge.tables import Article, ArticleVersion


class Keyword(Line):
    """A word that people say for the thing; kept in small letters."""

    __slots__ = ()
    example = "power brick"
    longest = 40

    @classmethod
    def parse(cls, raw: str) -> Self:
        word = super().parse(" ".join(raw.split())).casefold()
        if len(word) > cls.longest:
            raise ValueError(f"Use at most {cls.longest} characters.")
        return cls(word)


class Tag(Keyword):
    """A keyword to filter by, without spaces."""

    __slots__ = ()
    example = "quick-fix"

    @classmethod
    def parse(cls, raw: str) -> Self:
        return cls(super().parse(raw).replace(" ", "-"))


CodeFilter = Annotated[str | None, QueryParameter(pattern=CODE, max_length=40)]
AudienceFilter = Annotated[Audience | None, QueryParameter(description="Whom it is for.")]
TagFilter = Annotated[str | None, QueryParameter(pattern=r"^[^\x00\s]+$", max_length=40)]


class ArticleBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without a device type it is for all devices. `body` is Markdown.

    `keywords` are other words under which it should be found, `tags` are for filters.
    """

    title: Line
    body: Prose
    device_type: Line | None = None
    ticket_types: Annotated[list[Line], Meta(max_length=20)] = []
    tags: Annotated[list[Tag], Meta(max_length=20)] = []
    keywords: Annotated[list[Keyword], Meta(max_length=40)] = []

    def values(self) -> dict[str, Any]:
        """As the table keeps it; a tag that is there twice is there once."""
        return {
            "title": str(self.title),
            "body": str(self.body),
            "device_type": self.device_type and str(self.device_type),
            "ticket_types": [str(it) for it in self.ticket_types],
            "tags": list(dict.fromkeys(str(it) for it in self.tags)),
            "keywords": list(dict.fromkeys(str(it) for it in self.keywords)),
        }


class ArticleView(msgspec.Struct):
    """`version` is 0 until it is published; `allowed_actions` is what you may do with it now.

    `audience` is `internal` (staff alone) or `customers` (staff and customers).
    """

    id: UUID
    version: int
    title: str
    body: str
    device_type: str | None
    ticket_types: list[str]
    tags: list[str]
    keywords: list[str]
    status: Status
    audience: Audience
    author_id: UUID
    updated_at: datetime
    allowed_actions: list[Action]

    @classmethod
    def of(cls, article: Article, reader: service.Reader) -> Self:
        own = {
            name: getattr(article, name)
            for name in cls.__struct_fields__
            if name != "allowed_actions"
        }
        allowed = allowed_actions(
            own["status"],
            publishes=reader.publishes,
            wrote_it=article.author_id == reader.id,
        )
        return cls(**own, allowed_actions=allowed)


class ArticlePage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[ArticleView]
    next_cursor: str | None


class VersionView(msgspec.Struct):
    """An article as it was published once."""

    version: int
    title: str
    body: str
    device_type: str | None
    ticket_types: list[str]
    tags: list[str]
    keywords: list[str]
    audience: Audience
    published_by: UUID
    published_at: datetime

    @classmethod
    def of(cls, kept: ArticleVersion) -> Self:
        return cls(**{name: getattr(kept, name) for name in cls.__struct_fields__})


def reader_of(request: SignedInRequest) -> service.Reader:
    return service.Reader(request.user.id, request.user.roles)


class ArticleController(Controller):
    path = "/articles"

    @get("/", guards=[Requires(*STAFF_ROLES)], summary="Articles")
    async def articles(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        *,
        status: Annotated[Status, QueryParameter()] = "published",
        device_type: CodeFilter = None,
        ticket_type: CodeFilter = None,
        tag: TagFilter = None,
        audience: AudienceFilter = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> ArticlePage:
        """The published ones, or those of another status, the newest change first, page by page.

        A device or ticket type finds articles of it and those for any. What is not published
        is shown to its author, the helpdesk and administrators.
        """
        reader = reader_of(request)
        listing = service.Listing(status, device_type, ticket_type, tag, audience)
        after = position_of(cursor) if cursor else None
        found = await service.page(session, reader, listing, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.updated_at, it.id))
        return ArticlePage([ArticleView.of(it, reader) for it in shown], more)

    @get("/{article_id:uuid}", guards=[Requires(*STAFF_ROLES)], summary="One article")
    async def article(
        self,
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
    ) -> ArticleView:
        """As it is now; a draft only for its author, the helpdesk and administrators."""
        reader = reader_of(request)
        return ArticleView.of(await service.find(session, reader, article_id), reader)

    @get("/{article_id:uuid}/versions", guards=[Requires(*STAFF_ROLES)], summary="Its history")
    async def versions(
        self,
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
    ) -> list[VersionView]:
        """Everything that was published of it, word for word, the newest first."""
        kept = await service.versions(session, reader_of(request), article_id)
        return [VersionView.of(it) for it in kept]

    @post("/", guards=[Requires(*WRITERS)], summary="Write an article")
    async def write(
        self,
        data: JSONBody[ArticleBody],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ArticleView:
        """A draft of what you found out, in your name; submit it to have it published."""
        article = await service.write(session, act_of(request, now), data.values())
        return ArticleView.of(article, reader_of(request))

    @put("/{article_id:uuid}", guards=[Requires(*WRITERS)], summary="Save an article")
    async def save(
        self,
        article_id: FromPath[UUID],
        data: JSONBody[ArticleBody],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ArticleView:
        """Authors save their drafts, the helpdesk and administrators all but what is archived.

        A published article gets a new version, and the old one stays readable.
        """
        article = await service.save(session, act_of(request, now), article_id, data.values())
        return ArticleView.of(article, reader_of(request))


def _step(action: Action, roles: tuple[str, ...], summary: str, words: str) -> Callable[..., Any]:
    """One route for one action of the table of transitions."""

    async def act(
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ArticleView:
        article = await service.move(session, act_of(request, now), article_id, action)
        return ArticleView.of(article, reader_of(request))

    act.__name__ = f"{action}_article"
    path = f"{ArticleController.path}/{{article_id:uuid}}/{action.replace('_', '-')}"
    handler: Callable[..., Any] = post(
        path, guards=[Requires(*roles)], summary=summary, description=words, status_code=200
    )(act)
    return handler


STEPS = [
    _step("submit", WRITERS, "Submit for review", "Your draft goes to those who publish."),
    _step("send_back", WRITERS, "Send back", "From review to draft again, to be worked on."),
    _step("archive", PUBLISHERS, "Archive", "Nobody finds it any more; its history stays."),
    _step("restore", PUBLISHERS, "Restore", "From the archive to draft, to be reviewed again."),
]
