"""Customers upload photos, give them to tickets, and take them away; staff open them by a pass."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import structlog
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.attachments import images, rules, service
from api.customer.attachments.views import (
    BY_PASS,
    OWN,
    AttachmentView,
    Chosen,
    download,
)
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.errors import FieldError, Invalid, NotFound
from api.kernel.passes import PassReader
from api.messages import ATTACHMENT_PASS, ATTACHMENT_PATH

log = structlog.get_logger()

FileName = Annotated[
    str,
    QueryParameter(
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="What the file is called; its ending is set by what it is.",
    ),
]
# A large picture takes 200 MB while it is decoded: two at a time, and the others wait.
_DECODERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures")


@dataclass
class Upload(Operation):
    """Says in the OpenAPI document that the body is the file itself."""

    def __post_init__(self) -> None:
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        content = dict.fromkeys([*rules.ENDINGS, "application/octet-stream"], file)
        self.request_body = RequestBody(
            content=content,
            required=True,
            description=f"The file and nothing around it; at most {rules.MOST_BYTES:,} bytes.",
        )


DOWNLOAD = {200: ResponseSpec(data_container=bytes, media_type="image/*", description="The file.")}


class AttachmentController(Controller):
    path = "/attachments"
    guards = CUSTOMERS

    @post(
        summary="Upload a photo",
        request_max_body_size=rules.MOST_BYTES,
        operation_class=Upload,
    )
    async def upload(
        self,
        request: SignedInRequest,
        body: RawBody,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        name: FileName = "",
    ) -> AttachmentView:
        """Send the file as the body: JPEG, PNG or WebP, at most 5 MB and 50 million pixels.

        One photo a request, so that on a bad line only what failed is sent again; with an
        `Idempotency-Key` it is kept once. Then name the id when you submit a ticket, or give
        it to a ticket that is there. What no ticket has after a day is removed, and at most
        12 wait at a time.

        Only the picture is kept, at most 2,560 pixels long: place, time and device, which
        telephones write into their photos, are left out.
        """
        try:
            picture = await asyncio.get_running_loop().run_in_executor(
                _DECODERS, images.clean, body
            )
        except images.NotTaken as reason:
            raise Invalid([FieldError("", str(reason))]) from reason
        new = service.Upload(
            content=picture.content,
            media_type=picture.media_type,
            file_name=rules.shown_name(name, picture.media_type),
            width=picture.width,
            height=picture.height,
        )
        return AttachmentView.of(await service.keep(session, request.user.id, new, now))

    @get(summary="Uploads without a ticket")
    async def unused(
        self, request: SignedInRequest, session: NamedDependency[AsyncSession]
    ) -> list[AttachmentView]:
        """What you uploaded and gave to no ticket yet, in order."""
        return [AttachmentView.of(it) for it in await service.unused(session, request.user.id)]

    @get("/{attachment_id:uuid}", summary="One photo's facts")
    async def attachment(
        self,
        request: SignedInRequest,
        attachment_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> AttachmentView:
        """What it is called, what it is, and which ticket has it."""
        return AttachmentView.of(await service.find(session, request.user.id, attachment_id))

    @get(
        "/{attachment_id:uuid}/content",
        summary="Download a photo",
        media_type="image/*",
        responses=DOWNLOAD,
    )
    async def content(
        self,
        request: SignedInRequest,
        attachment_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> Response[Any]:
        """The file."""
        found = await service.find(session, request.user.id, attachment_id)
        return download(found, await service.content_of(session, found.id), OWN)

    @delete("/{attachment_id:uuid}", summary="Remove a photo")
    async def remove(
        self,
        request: SignedInRequest,
        attachment_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Gone for good, at once; also from a ticket, whatever its state, and for all staff."""
        await service.remove(session, request.user.id, attachment_id, now)


class TicketAttachmentController(Controller):
    path = "/tickets/{ticket_id:uuid}/attachments"
    guards = CUSTOMERS

    @post(status_code=200, summary="Give photos to a ticket")
    async def give(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        data: JSONBody[Chosen],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> list[AttachmentView]:
        """Your uploads, by their ids, to a ticket that is not closed or cancelled: at most six.

        Answers with all that the ticket has then. What it has already may be named again.
        """
        ids = data.attachment_ids
        has = await service.add_to_ticket(session, request.user.id, ticket_id, ids, now)
        return [AttachmentView.of(it) for it in has]


class AttachmentLinkController(Controller):
    path = ATTACHMENT_PATH.removeprefix("/customer")

    @get("/{token:str}", summary="Open a photo as staff", media_type="image/*", responses=DOWNLOAD)
    async def open(
        self,
        token: FromPath[str],
        session: NamedDependency[AsyncSession],
        passes: NamedDependency[PassReader],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """By a link that the sysops API made for a member of staff; it is good for 15 minutes.

        404 when its time is over, and when the customer has removed the photo.
        """
        opened = passes.read(ATTACHMENT_PASS, token, now)
        if opened is None:
            raise NotFound("This link is over, or not complete. Ask for the photos again.")
        found = await service.shown_to_staff(session, opened.thing)
        content = await service.content_of(session, found.id)
        log.info("attachment_opened", attachment_id=str(found.id), staff_id=str(opened.holder))
        return download(found, content, BY_PASS)
