"""Rows of photos: customers who can be signed in as show what is broken, on every web ticket."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Final

import numpy as np

from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import MINUTE
from orchestration.local.demo.columns import blobs, moments, same, table, uuids
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import uuid7
from orchestration.local.demo.logins import CUSTOMERS
from orchestration.local.demo.world import World

SIZE: Final = (320, 240)


def photo_rows(world: World, chunk: Chunk) -> Iterator[Batch]:
    """In the customer database with their bytes, and in sysops as it was told of them."""
    tickets = chunk.tickets
    shown = np.flatnonzero((tickets.customer < len(CUSTOMERS)) & ~tickets.by_phone)
    count = len(shown)
    at = tickets.submitted[shown]
    uploaded = at - MINUTE
    ids = uuids(uuid7(uploaded, world.setting.draws("photos", chunk.number)))
    picture = _picture()
    facts = {
        "ticket_id": uuids(tickets.id[shown]),
        "version": same(1, count),
        "file_name": same("what I see.png", count),
        "media_type": same("image/png", count),
        "size_bytes": same(len(picture), count),
    }
    kept = table(
        id=ids,
        **facts,
        account_id=uuids(world.customers.id[tickets.customer[shown]]),
        width=same(SIZE[0], count),
        height=same(SIZE[1], count),
        uploaded_at=moments(uploaded),
        updated_at=moments(at),
    )
    yield Batch("customer", "attachment", kept)
    contents = table(attachment_id=ids, content=blobs([picture] * count))
    yield Batch("customer", "attachment_content", contents)
    yield Batch("sysops", "ticket_attachment", table(id=ids, **facts, added_at=moments(at)))


@cache
def _picture() -> bytes:
    """A screen that shows nothing but a thin line."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE, "#d8d2c4")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((40, 30, 280, 180), 8, fill="#101014", outline="#5a5a60", width=5)
    draw.line((60, 104, 260, 106), fill="#7fd4ff", width=2)
    draw.rectangle((20, 186, 300, 200), fill="#5a5a60")
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
