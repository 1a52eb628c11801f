"""What the routes of photos take and answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response

from api.customer.attachments.rules import MOST_PER_TICKET
from api.customer.attachments.tables import Attachment

ChosenUploads = Annotated[list[UUID], msgspec.Meta(max_length=MOST_PER_TICKET)]

_HEADERS = {
    # Whatever a browser takes it for, it runs nothing.
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "X-Robots-Tag": "noindex",
}
OWN = {"Cache-Control": "private, max-age=3600"}
BY_PASS = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""What staff work in may have another address, and shows the picture there."""


class AttachmentView(msgspec.Struct):
    """`media_type` is what the file is, whatever it was called; `width` and `height` in pixels."""

    id: UUID
    ticket_id: UUID | None
    file_name: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    uploaded_at: datetime

    @classmethod
    def of(cls, attachment: Attachment) -> Self:
        return cls(**{name: getattr(attachment, name) for name in cls.__struct_fields__})


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """Uploads by their ids."""

    attachment_ids: ChosenUploads


def download(attachment: Attachment, content: bytes, more: Mapping[str, str]) -> Response[Any]:
    """The file, to be saved or shown as a picture, and never opened as a page."""
    # RFC 6266: the name in UTF-8, every sign quoted that could end it.
    name = quote(attachment.file_name or "", safe="")
    return Response(
        content,
        media_type=attachment.media_type,
        headers={
            **_HEADERS,
            **more,
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        },
    )
