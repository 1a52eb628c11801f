"""Articles that help to resolve tickets."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.kernel.fields import Line, Prose
from api.sysops.catalogue.rules import CODE
from api.sysops.knowledge import service
from api.sysops.knowledge.tables import Article


class NewArticle(msgspec.Struct, forbid_unknown_fields=True):
    """Without a device type it is for all devices. `body` is Markdown."""

    title: Line
    body: Prose
    device_type: Line | None = None


class ArticleView(msgspec.Struct):
    id: UUID
    title: str
    body: str
    device_type: str | None
    author_id: UUID
    updated_at: datetime

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(**{name: getattr(article, name) for name in cls.__struct_fields__})


class ArticleController(Controller):
    path = "/articles"

    @get("/", guards=[Requires(*STAFF_ROLES)], summary="Published articles")
    async def published(
        self,
        session: NamedDependency[AsyncSession],
        device_type: Annotated[
            str | None,
            QueryParameter(pattern=CODE, description="Those for this device and for any device."),
        ] = None,
    ) -> list[ArticleView]:
        """The hundred newest; a visit's completion links them by id."""
        return [ArticleView.of(it) for it in await service.published(session, device_type)]

    @post("/", guards=[Requires("expert", "administrator")], summary="Publish an article")
    async def publish(
        self,
        data: JSONBody[NewArticle],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ArticleView:
        """What you found out, for the next one who meets it; published in your name."""
        article = await service.publish(
            session, request.user.id, data.title, data.body, data.device_type, now
        )
        return ArticleView.of(article)
