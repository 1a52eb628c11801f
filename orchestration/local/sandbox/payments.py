"""The payment provider's HTTP interface.

    POST /payments/charges                      Idempotency-Key; 201 approved, 402 declined
    GET  /payments/charges?idempotency_key=     the charge under a key, or none
    GET  /payments/charges?created_from=&created_to=&limit=&cursor=     oldest first
    POST /payments/charges/{id}/refunds         Idempotency-Key; 201, or 409 when not refundable
    GET  /payments/refunds?idempotency_key=     the refund under a key, or none
    GET  /payments/disputes?changed_from=&changed_to=&limit=&cursor=    by their last change
    GET  /payments/refunds?created_from=&created_to=&limit=&cursor=     oldest first

Every request carries `Authorization: Bearer KEY`; any key but `revoked` is accepted. The same
idempotency key with the same body has one effect and one answer; with another body it is 422.
Outcomes follow the card number (`cards`). The number is neither kept nor logged nor answered.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from orchestration.local.sandbox import charges, disputes
from orchestration.local.sandbox.cards import Conduct, brand_of, conduct_of, judge
from orchestration.local.sandbox.charges import Charge, NewCharge, Place, Refund
from orchestration.local.sandbox.clock import to_us
from orchestration.local.sandbox.disputes import Dispute, NewDispute
from orchestration.local.sandbox.problems import Problem
from orchestration.local.sandbox.world import AnyRequest, World, cut

Cents = Annotated[int, msgspec.Meta(gt=0, le=99_999_999_999)]
Key = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=255)]
REVOKED_KEY = "revoked"
BEGINNING = Place(-1, "")
FAR_FUTURE_US = 2**62


class CardIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card as the holder typed it, digits only."""

    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12,19}$")]
    exp_month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    exp_year: Annotated[int, msgspec.Meta(ge=2000, le=2100)]


class ChargeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Charge `amount` cents on `card`; `reference` is the merchant's own."""

    amount: Cents
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    reference: Annotated[str, msgspec.Meta(max_length=255)]
    card: CardIn


class RefundIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give back `amount` cents."""

    amount: Cents


class ChargePage(msgspec.Struct, frozen=True):
    """Charges, and where the next page begins; null after the last one."""

    charges: list[Charge]
    next_cursor: str | None = None


class RefundPage(msgspec.Struct, frozen=True):
    """As `ChargePage`."""

    refunds: list[Refund]
    next_cursor: str | None = None


class DisputePage(msgspec.Struct, frozen=True):
    """As `ChargePage`."""

    disputes: list[Dispute]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of a list by time is asked for."""

    since_us: int
    until_us: int
    after: Place
    limit: int


def asked_range(
    created_from: FromQuery[datetime | None] = None,
    created_to: FromQuery[datetime | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
    cursor: FromQuery[str | None] = None,
) -> Range:
    return Range(
        since_us=to_us(created_from) if created_from else 0,
        until_us=to_us(created_to) if created_to else FAR_FUTURE_US,
        after=_place(cursor) if cursor else BEGINNING,
        limit=limit,
    )


def require_key(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key in {"", REVOKED_KEY}:
        raise Problem(401, "Send your key as `Authorization: Bearer KEY`.", "unauthorized")


class Payments(Controller):
    """What a merchant may ask of the provider."""

    path = "/payments"
    guards = (require_key,)
    dependencies = {"asked": Provide(asked_range, sync_to_thread=False)}  # noqa: RUF012

    @post("/charges", status_code=201)
    async def charge(
        self, world: NamedDependency[World], request: AnyRequest, data: JSONBody[ChargeIn], key: Key
    ) -> Response[Charge]:
        fault = world.faults.payments
        await world.delay(fault)
        if fault.refuses():
            raise Problem(503, "Switched on in /api/faults.", "unavailable")
        try:
            charge = await _attempt(world, request, key, data)
        except charges.KeyReused as error:
            raise _key_reused() from error
        if fault.drops():
            cut(request)
        return Response(charge, status_code=201 if charge.status == "approved" else 402)

    @get("/charges")
    async def list_charges(
        self,
        world: NamedDependency[World],
        asked: NamedDependency[Range],
        idempotency_key: FromQuery[str | None] = None,
    ) -> ChargePage:
        await world.delay(world.faults.payments)
        if idempotency_key is not None:
            found = await world.storage.run(lambda db: charges.find_by_key(db, idempotency_key))
            return ChargePage([found] if found else [])
        page = await world.storage.run(
            lambda db: charges.between(
                db, asked.since_us, asked.until_us, asked.after, asked.limit + 1
            )
        )
        return ChargePage(page[: asked.limit], _next(page, asked.limit))

    @post("/charges/{charge_id:str}/refunds", status_code=201)
    async def refund(
        self,
        world: NamedDependency[World],
        request: AnyRequest,
        charge_id: FromPath[str],
        data: JSONBody[RefundIn],
        key: Key,
    ) -> Refund:
        fault = world.faults.payments
        await world.delay(fault)
        if fault.refuses():
            raise Problem(503, "Switched on in /api/faults.", "unavailable")
        try:
            made = await world.storage.run(
                lambda db: charges.refund(db, charge_id, key, data.amount)
            )
        except charges.KeyReused as error:
            raise _key_reused() from error
        except charges.NoSuchCharge as error:
            raise Problem(404, "There is no charge with this id.", "no_such_charge") from error
        except charges.NotRefundable as error:
            detail = "The charge was declined, or less than this is left of it."
            raise Problem(409, detail, "not_refundable") from error
        if fault.drops():
            cut(request)
        return made

    @get("/refunds")
    async def list_refunds(
        self,
        world: NamedDependency[World],
        asked: NamedDependency[Range],
        idempotency_key: FromQuery[str | None] = None,
    ) -> RefundPage:
        await world.delay(world.faults.payments)
        if idempotency_key is not None:
            found = await world.storage.run(lambda db: charges.find_refund(db, idempotency_key))
            return RefundPage([found] if found else [])
        page = await world.storage.run(
            lambda db: charges.refunds_between(
                db, asked.since_us, asked.until_us, asked.after, asked.limit + 1
            )
        )
        return RefundPage(page[: asked.limit], _next(page, asked.limit))

    @get("/disputes")
    async def list_disputes(
        self,
        world: NamedDependency[World],
        changed_from: FromQuery[datetime],
        changed_to: FromQuery[datetime],
        limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
        cursor: FromQuery[str | None] = None,
    ) -> DisputePage:
        # By their last change, so that a later decision is listed again.
        asked = asked_range(changed_from, changed_to, limit, cursor)
        page = await world.storage.run(
            lambda db: disputes.changed_between(
                db, asked.since_us, asked.until_us, asked.after, limit + 1
            )
        )
        last = page[limit - 1] if len(page) > limit else None
        return DisputePage(page[:limit], f"{to_us(last.changed_at)}.{last.id}" if last else None)


async def _attempt(world: World, request: AnyRequest, key: str, data: ChargeIn) -> Charge:
    """One attempt, behaving as the card's number says; a known key is answered from the record."""
    number = data.card.number
    body = msgspec.json.encode(data)
    conduct = conduct_of(number)
    if conduct is not Conduct.PROMPT:
        known = await world.storage.run(lambda db: charges.recorded(db, key, body))
        if known:
            return known
    if conduct is Conduct.CUT_BEFORE:
        cut(request)
    if conduct in {Conduct.CUT_BEFORE, Conduct.FAIL_BEFORE}:
        raise Problem(500, "This test card fails before it is charged.", "internal_error")
    if conduct is Conduct.SLOW:
        await world.pause(world.settings.sandbox_slow_seconds)
    expiry = (data.card.exp_year, data.card.exp_month)
    new = NewCharge(
        idempotency_key=key,
        body=body,
        amount=data.amount,
        currency=data.currency,
        reference=data.reference,
        brand=brand_of(number),
        last4=number[-4:],
        decline=judge(number, expiry, datetime.now(UTC).date()),
    )
    charge, dispute = await world.storage.run(lambda db: _record(db, new, conduct))
    if dispute is not None:
        disputes.tell(world, dispute)
    if conduct is Conduct.SILENT:
        await world.pause(world.settings.sandbox_hang_seconds)
    if conduct is Conduct.CUT_AFTER:
        cut(request)
    return charge


def _record(
    connection: sqlite3.Connection, new: NewCharge, conduct: Conduct
) -> tuple[Charge, Dispute | None]:
    """The charge, and with the card for it its dispute: both are on disk before any answer."""
    charge = charges.record(connection, new)
    if conduct is not Conduct.DISPUTED or charge.status == "declined":
        return charge, None
    return charge, disputes.begin(connection, NewDispute(charge.id, "fraudulent"))


def _key_reused() -> Problem:
    detail = "This idempotency key was used with another request body."
    return Problem(422, detail, "idempotency_key_reused")


def _next(page: Sequence[Charge | Refund], limit: int) -> str | None:
    """The cursor after a page that was read with one more than its limit."""
    if len(page) <= limit:
        return None
    last = page[limit - 1]
    return f"{to_us(last.created_at)}.{last.id}"


def _place(cursor: str) -> Place:
    created_us, _, charge_id = cursor.partition(".")
    if not created_us.isdecimal():
        raise Problem(400, "Send the cursor as it was given.", "invalid_cursor")
    return Place(int(created_us), charge_id)
