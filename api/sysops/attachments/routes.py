"""Photos for those who solve a ticket: what there is, and links that open it for minutes."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.sysops.attachments import service
from api.sysops.attachments.tables import TicketAttachment
from api.sysops.tickets.routes import OVERSEERS


class PhotoView(msgspec.Struct):
    """`url` opens the photo for whoever has it, until `url_expires_at`: ask for it when it is
    about to be looked at, and do not pass it on.
    """

    id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    added_at: datetime
    url: str
    url_expires_at: datetime


class TicketPhotoController(Controller):
    path = "/"

    @get(
        "/tickets/{ticket_id:uuid}/attachments",
        guards=[Requires(*OVERSEERS)],
        summary="A ticket's photos",
    )
    async def of_ticket(
        self,
        ticket_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        photo_links: NamedDependency[service.PhotoLinks],
        now: NamedDependency[datetime],
    ) -> list[PhotoView]:
        """What its customer has added, each with a link that is good for 15 minutes."""
        shown = await service.of_ticket(session, ticket_id)
        return [_view(it, photo_links, request.user.id, now) for it in shown]

    @get(
        "/visits/{visit_id:uuid}/attachments",
        guards=[Requires("expert")],
        summary="The photos for a visit",
    )
    async def of_visit(
        self,
        visit_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        photo_links: NamedDependency[service.PhotoLinks],
        now: NamedDependency[datetime],
    ) -> list[PhotoView]:
        """Each with a link that is good for 15 minutes, while the visit is yours."""
        shown = await service.of_visit(session, visit_id, request.user.id)
        return [_view(it, photo_links, request.user.id, now) for it in shown]


def _view(
    photo: TicketAttachment, links: service.PhotoLinks, staff_id: UUID, now: datetime
) -> PhotoView:
    return PhotoView(
        id=photo.id,
        file_name=photo.file_name or "",
        media_type=photo.media_type,
        size_bytes=photo.size_bytes,
        added_at=photo.added_at,
        url=links.url(photo.id, staff_id, now),
        url_expires_at=links.ends(now),
    )
