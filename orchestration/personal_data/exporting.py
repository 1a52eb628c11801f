"""A copy of all that is kept of a customer, as files that the customer alone can fetch."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.attachments.rules import ENDINGS
from api.customer.contracts.rules import contract_day
from api.customer.data_requests.rules import EXPORT_KEPT
from api.customer.data_requests.tables import DataRequest, ExportPart
from api.customer.notifications.service import notify
from api.kernel import personal
from orchestration.personal_data.rows import Person, find, read
from orchestration.personal_data.settings import Sessions

# A file is read into memory when it is served.
PART_BYTES: Final = 16_000_000
PICTURES: Final = "attachment_content"
README: Final = """What Penultimate Electronics keeps about you

data.json has a section for each of our databases, and in it one for each kind of record. `says`
is what it is, `after_erasure` what becomes of it when your account is erased, and `rows` is all
of it that there is. Amounts are in cents, times in UTC.

photos/ has the pictures that you added to your tickets, by their ids in data.json. When there are
many, they are in more than one file.

Not in here: your password and other secrets, of which hashes alone are kept, and the numbers of
your cards, which are under lock and read by nobody but the program that charges them.
"""
_PHOTO = text("SELECT content FROM attachment_content WHERE attachment_id = :id")

log = structlog.get_logger()


@dataclass
class Files:
    """Zip files of about `PART_BYTES` each, filled one after the other."""

    done: list[bytes] = field(default_factory=list)
    _buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def add(self, name: str, content: bytes, *, packed: bool = False) -> None:
        """Append a file; one that is `packed` already, as pictures are, is stored as it is."""
        if self._buffer.tell() + len(content) > PART_BYTES and self._buffer.tell():
            self.finish()
        method = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(self._buffer, "a", method) as archive:
            archive.writestr(name, content)
        self._buffer.seek(0, io.SEEK_END)

    def finish(self) -> list[bytes]:
        if self._buffer.tell():
            self.done.append(self._buffer.getvalue())
            self._buffer = io.BytesIO()
        return self.done


async def export_all(sessions: Sessions, now: datetime) -> int:
    """Make every export that was asked for; returns how many. Each is all there or not at all."""
    wanted = select(DataRequest.id).where(
        DataRequest.kind == "export", DataRequest.status == "requested"
    )
    async with sessions["customer"]() as session:
        ids = (await session.scalars(wanted.order_by(DataRequest.due_at))).all()
    for request_id in ids:
        await export(sessions, request_id, now)
    return len(ids)


async def export(sessions: Sessions, request_id: UUID, now: datetime) -> None:
    """Gather one customer's data, keep it for `EXPORT_KEPT`, and tell the customer.

    An export that is still kept makes room for it: there is one a customer.
    """
    async with sessions["customer"].begin() as session:
        request = await session.get(DataRequest, request_id, with_for_update={"skip_locked": True})
        if request is None or request.status != "requested":
            return
        person = await find(sessions, request.account_id)
        document, receipt = await _document(sessions, person, now)
        files = Files()
        files.add("README.txt", README.encode())
        files.add("data.json", msgspec.json.format(msgspec.json.encode(document), indent=1))
        async for name, content in _photos(sessions, document):
            files.add(name, content, packed=True)
        await _keep(session, request, files.finish(), receipt, now)
    log.info("export_made", request_id=str(request_id))


async def _document(
    sessions: Sessions, person: Person, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything by database and table, with what it is; and how many rows of each there are."""
    document: dict[str, Any] = {"customer_id": person.id, "made_at": now, "databases": {}}
    receipt: dict[str, Any] = {}
    for database, makers in sessions.items():
        map_ = personal.load(database)
        sections: dict[str, Any] = {}
        async with makers() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            for name, table in map_.tables.items():
                if table.export and name != PICTURES:
                    sections[name] = {
                        "says": table.says,
                        "after_erasure": _afterwards(table),
                        "rows": await read(session, person, map_, name),
                    }
        document["databases"][database] = sections
        receipt[database] = {name: len(it["rows"]) for name, it in sections.items() if it["rows"]}
    return document, receipt


def _afterwards(table: personal.Table) -> str:
    if table.erase == "delete":
        return "is removed"
    if table.erase == "keep":
        return "stays, as bookkeeping or reports need it, without your name"
    return f"stays without {', '.join(sorted(table.blank))}"


async def _photos(sessions: Sessions, document: dict[str, Any]) -> AsyncIterator[tuple[str, bytes]]:
    """The pictures one by one: there may be hundreds."""
    async with sessions["customer"]() as session:
        for row in document["databases"]["customer"]["attachment"]["rows"]:
            content = await session.scalar(_PHOTO, {"id": row["id"]})
            if content is not None:
                yield f"photos/{row['id']}.{ENDINGS[row['media_type']]}", content


async def _keep(
    session: AsyncSession,
    request: DataRequest,
    parts: list[bytes],
    receipt: dict[str, Any],
    now: datetime,
) -> None:
    former = select(DataRequest.id).where(
        DataRequest.account_id == request.account_id, DataRequest.parts > 0
    )
    for earlier in await session.scalars(former):
        await session.execute(delete(ExportPart).where(ExportPart.request_id == earlier))
        old = await session.get_one(DataRequest, earlier)
        old.parts, old.status = 0, "expired"
    for number, content in enumerate(parts, start=1):
        made = {"request_id": request.id, "number": number, "content": content}
        await session.execute(insert(ExportPart).values(**made))
    request.status, request.done_at, request.parts = "done", now, len(parts)
    request.expires_at = now + EXPORT_KEPT
    request.receipt = {"databases": receipt}
    await session.flush()
    await notify(
        session,
        request.account_id,
        "export_ready",
        cause=str(request.id),
        channel="email",
        context={
            "parts": len(parts),
            "until": f"{contract_day(request.expires_at):%B %-d, %Y}",
        },
        now=now,
    )
