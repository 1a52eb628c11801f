"""Publishing an article, and whom it is for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Operation, RequestBody
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import STAFF_ROLES, Requires, SignedInRequest
from api.sysops.audit.routes import act_of
from api.sysops.knowledge import audience, service
from api.sysops.knowledge.routes import ArticleController, ArticleView, reader_of
from api.sysops.knowledge.rules import PUBLISHERS, Audience


class Publication(msgspec.Struct, forbid_unknown_fields=True):
    """`customers` means: for staff and for customers."""

    audience: Audience = "internal"


class ArticleAudience(msgspec.Struct, forbid_unknown_fields=True):
    """`internal` is for staff alone, `customers` for staff and for customers."""

    audience: Audience


@dataclass
class OptionalBody(Operation):
    """Says in the OpenAPI document that there may be no body."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


class ArticleAudienceController(Controller):
    path = ArticleController.path

    @post(
        "/{article_id:uuid}/publish",
        guards=[Requires(*PUBLISHERS)],
        status_code=200,
        summary="Publish",
        operation_class=OptionalBody,
    )
    async def publish_article(
        self,
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        data: JSONBody[Publication | None] = None,
    ) -> ArticleView:
        """All staff find it; a new version is kept. Customers find it too if you say so: without
        a body it is for staff alone, also when it was for customers before.
        """
        article = await service.move(
            session,
            act_of(request, now),
            article_id,
            "publish",
            audience=data.audience if data else "internal",
        )
        return ArticleView.of(article, reader_of(request))

    @get(
        "/{article_id:uuid}/audience",
        guards=[Requires(*STAFF_ROLES)],
        summary="Whom it is for",
    )
    async def audience(
        self,
        article_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
    ) -> ArticleAudience:
        """Staff alone, or customers too."""
        found = await service.find(session, reader_of(request), article_id)
        return ArticleAudience(found.audience)

    @put(
        "/{article_id:uuid}/audience",
        guards=[Requires(*PUBLISHERS)],
        summary="Show it to customers, or to staff alone",
    )
    async def change_audience(
        self,
        article_id: FromPath[UUID],
        data: JSONBody[ArticleAudience],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ArticleAudience:
        """Of a published article, at once, and as a new version; 409 for any other."""
        act = act_of(request, now)
        article = await audience.change(session, act, article_id, data.audience)
        return ArticleAudience(article.audience)
