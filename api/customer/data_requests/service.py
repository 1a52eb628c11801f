"""Asking for a copy of one's data or for its end, and taking that back. Services never commit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account
from api.customer.contracts.rules import contract_day
from api.customer.data_requests import rules
from api.customer.data_requests.rules import Kind, Status
from api.customer.data_requests.standing import standing
from api.customer.data_requests.tables import DataRequest, ExportPart
from api.customer.notifications.service import notify
from api.kernel import outbox
from api.kernel.errors import Conflict, NotFound, TooMany
from api.kernel.paging import Position
from api.messages import DataRequestByStaff


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who acts in a customer's name, and how the customer asked for it."""

    id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is None does not matter."""

    account_id: UUID | None = None
    kind: Kind | None = None
    status: Status | None = None


async def file(
    session: AsyncSession,
    account_id: UUID,
    kind: Kind,
    now: datetime,
    *,
    give_up_credit: bool = False,
    staff: Staff | None = None,
) -> DataRequest:
    """File a request; the customer is told of an erasure, and when it begins.

    Raises:
        NotFound: no such account, or a closed one.
        Conflict: one of this kind is open, or something has to be done before an erasure.
        TooMany: an export was asked for within a day.
    """
    account = await session.get(Account, account_id, with_for_update={"key_share": True})
    if account is None or account.closed_at is not None:
        raise NotFound("There is no such account, or it is closed.")
    await _refuse_a_second(session, account_id, kind, now)
    if kind == "erasure":
        bound = await standing(session, account_id)
        if found := rules.obstacles(bound, give_up_credit=give_up_credit):
            raise Conflict(" ".join(found))
    request = DataRequest(
        account_id=account_id,
        kind=kind,
        status="requested",
        asked_at=now,
        asked_by=staff.id if staff else None,
        reason=staff.reason if staff else None,
        give_up_credit=give_up_credit,
        due_at=rules.due_at(kind, now),
    )
    session.add(request)
    await session.flush()
    await session.refresh(request)
    if kind == "erasure":
        await _tell_the_customer(session, request, now)
    if staff is not None:
        await _tell_the_audit_log(session, request, staff.id, "filed", now)
    return request


async def withdraw(
    session: AsyncSession, request: DataRequest, now: datetime, *, staff_id: UUID | None = None
) -> None:
    """Take an erasure back that has not begun; raises Conflict for anything else."""
    await session.refresh(request, with_for_update=True)
    if not rules.may_withdraw(request.kind, request.status):
        raise Conflict(f"An {request.kind} that is {request.status} cannot be withdrawn.")
    request.status = "withdrawn"
    request.done_at = now
    request.waits_for = []
    await session.flush()
    if staff_id is not None:
        await _tell_the_audit_log(session, request, staff_id, "withdrawn", now)


async def find(
    session: AsyncSession, request_id: UUID, account_id: UUID | None = None
) -> DataRequest:
    """A request, of this customer when one is named; raises NotFound."""
    request = await session.get(DataRequest, request_id)
    if request is None or account_id not in {None, request.account_id}:
        raise NotFound("There is no such data request.")
    return request


async def page(
    session: AsyncSession, search: Search, after: Position | None, size: int
) -> Sequence[DataRequest]:
    """Requests that match, after a position, the newest first."""
    query = select(DataRequest)
    for name in ("account_id", "kind", "status"):
        if (value := getattr(search, name)) is not None:
            query = query.where(getattr(DataRequest, name) == value)
    if after is not None:
        place = tuple_(DataRequest.asked_at, DataRequest.id)
        query = query.where(place < (after.moment, after.id))
    query = query.order_by(DataRequest.asked_at.desc(), DataRequest.id.desc()).limit(size)
    return (await session.scalars(query)).all()


async def part(session: AsyncSession, request: DataRequest, number: int, now: datetime) -> bytes:
    """One file of an export; raises NotFound when it is not there yet, or not any more."""
    query = select(ExportPart.content).where(
        ExportPart.request_id == request.id, ExportPart.number == number
    )
    content = await session.scalar(query)
    if content is None or request.expires_at is None or request.expires_at <= now:
        raise NotFound("This export is not ready yet, or was removed. Look at its status.")
    return content


async def _refuse_a_second(
    session: AsyncSession, account_id: UUID, kind: Kind, now: datetime
) -> None:
    mine = DataRequest.account_id == account_id, DataRequest.kind == kind
    open_ = select(DataRequest.id).where(*mine, DataRequest.status.in_(("requested", "under_way")))
    if await session.scalar(open_) is not None:
        raise Conflict(f"You have asked for an {kind} already, and it is on its way.")
    if kind == "export":
        recent = select(DataRequest.asked_at).where(
            *mine, DataRequest.asked_at > now - rules.BETWEEN_EXPORTS
        )
        wait = rules.next_export((await session.scalars(recent)).all(), now)
        if wait > timedelta(0):
            raise TooMany("One export a day is enough.", math.ceil(wait.total_seconds()))


async def _tell_the_customer(session: AsyncSession, request: DataRequest, now: datetime) -> None:
    """Whoever asked: it may have been a thief."""
    day = f"{contract_day(request.due_at):%B %-d, %Y}"
    await notify(
        session,
        request.account_id,
        "erasure_requested",
        cause=str(request.id),
        channel="email",
        context={"day": day, "by_staff": request.asked_by is not None},
        now=now,
    )


async def _tell_the_audit_log(
    session: AsyncSession,
    request: DataRequest,
    staff_id: UUID,
    act: Literal["filed", "withdrawn"],
    now: datetime,
) -> None:
    """The audit log of administrative acts is kept by sysops."""
    await outbox.send(
        session,
        DataRequestByStaff(
            customer_id=request.account_id,
            request_id=request.id,
            kind=request.kind,
            act=act,
            actor_id=staff_id,
            at=now,
        ),
    )
