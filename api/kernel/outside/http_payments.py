"""The payment provider over HTTP with JSON; the sandbox speaks the other side of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec
from pydantic import Field, HttpUrl, SecretStr

from api.kernel.outside.payment_wire import (
    ChargePage,
    DisputePage,
    Page,
    Problem,
    RefundPage,
    WireCharge,
    WireRefund,
)
from api.kernel.outside.payments import (
    ChargeOutcome,
    ChargeRequest,
    IdempotencyConflict,
    ListedCharge,
    ListedDispute,
    ListedRefund,
    ProviderError,
    ProviderUnavailable,
    Refunded,
    RefundOutcome,
    RefundRefused,
    RefundRequest,
    Unknown,
)
from api.kernel.outside.pooling import SpreadTransport
from api.kernel.settings import Settings

Wire = TypeVar("Wire")
WirePage = TypeVar("WirePage", bound=Page)

# Refused before anything was done, but worth asking again: the outcome is open, not final.
ASK_AGAIN = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)

NOT_REFUNDABLE = "not_refundable"
"""The provider's code for a refund that it will never make: declined, or less is left."""


class PaymentSettings(Settings):
    """Environment: `SQUAD_PAYMENTS_URL`, `SQUAD_PAYMENTS_KEY`, and the limits below likewise."""

    payments_url: HttpUrl
    """Up to and without `/charges`."""
    payments_key: SecretStr = Field(min_length=1)
    payments_connect_timeout_seconds: float = Field(default=3.0, gt=0)
    payments_timeout_seconds: float = Field(default=20.0, gt=0)
    """Limit of each wait for the provider; an answer after it counts as unknown."""
    payments_connections: int = Field(default=64, gt=0)
    payments_page_size: int = Field(default=200, gt=0, le=500)


LONGEST_WAIT_SECONDS = 60.0
"""A charge that the provider puts off for longer is left to the next follow-up."""


class HttpPayments:
    """A pool of connections to the provider; use it as an async context manager.

    `client` is for a caller who brings its own transport; it is closed with the provider.
    """

    def __init__(self, settings: PaymentSettings, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(
            transport=SpreadTransport(settings.payments_connections)
        )
        self._url = str(settings.payments_url).rstrip("/")
        self._key = f"Bearer {settings.payments_key.get_secret_value()}"
        self._page_size = settings.payments_page_size
        self._timeout = httpx.Timeout(
            settings.payments_timeout_seconds,
            connect=settings.payments_connect_timeout_seconds,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        card = request.card
        body = {
            "amount": request.amount_cents,
            "currency": request.currency,
            "reference": request.reference,
            "card": {
                "number": card.number.reveal(),
                "exp_month": card.expiry_month,
                "exp_year": card.expiry_year,
            },
        }
        try:
            answer = await self._post("/charges", request.idempotency_key, body)
            # 402 is an answer: the card said no.
            if answer.status_code != HTTPStatus.PAYMENT_REQUIRED:
                _raise_unless_success(answer)
            charge = _decoded(answer, WireCharge)
        except ProviderUnavailable as error:
            return Unknown(str(error), retry_after=error.retry_after)
        return charge.outcome(request.idempotency_key, request.amount_cents, request.currency)

    async def find(
        self, idempotency_key: str, amount_cents: int, currency: str
    ) -> ChargeOutcome | None:
        try:
            page = await self._get("/charges", ChargePage, idempotency_key=idempotency_key)
        except ProviderUnavailable as error:
            return Unknown(str(error))
        if not page.charges:
            return None
        if len(page.charges) > 1:
            return Unknown("several charges under one key", contradicts=True)
        return page.charges[0].outcome(idempotency_key, amount_cents, currency)

    async def list_charges(self, since: datetime, until: datetime) -> AsyncIterator[ListedCharge]:
        async for page in self._pages("/charges", ChargePage, since, until):
            for charge in page.charges:
                yield charge.listed()

    async def list_refunds(self, since: datetime, until: datetime) -> AsyncIterator[ListedRefund]:
        async for page in self._pages("/refunds", RefundPage, since, until):
            for refund in page.refunds:
                yield refund.listed()

    async def list_disputes(self, since: datetime, until: datetime) -> AsyncIterator[ListedDispute]:
        async for page in self._pages("/disputes", DisputePage, since, until, "changed"):
            for dispute in page.disputes:
                yield dispute.listed()

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        path = f"/charges/{request.provider_ref}/refunds"
        try:
            answer = await self._post(
                path, request.idempotency_key, {"amount": request.amount_cents}
            )
            if answer.status_code == HTTPStatus.CONFLICT:
                return _refusal(_problem(answer))
            _raise_unless_success(answer)
            refund = _decoded(answer, WireRefund)
        except ProviderUnavailable as error:
            return Unknown(str(error))
        return refund.outcome(request)

    async def find_refund(self, request: RefundRequest) -> Refunded | Unknown | None:
        key = request.idempotency_key
        try:
            page = await self._get("/refunds", RefundPage, idempotency_key=key)
        except ProviderUnavailable as error:
            return Unknown(str(error))
        if not page.refunds:
            return None
        if len(page.refunds) > 1:
            return Unknown("several refunds under one key", contradicts=True)
        return page.refunds[0].outcome(request)

    async def _pages(
        self,
        path: str,
        expected: type[WirePage],
        since: datetime,
        until: datetime,
        by: str = "created",
    ) -> AsyncIterator[WirePage]:
        query = {
            f"{by}_from": since.astimezone(UTC).isoformat(),
            f"{by}_to": until.astimezone(UTC).isoformat(),
            "limit": str(self._page_size),
        }
        while True:
            page = await self._get(path, expected, **query)
            yield page
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        content = msgspec.json.encode(body)
        return await self._ask("POST", path, headers=headers, content=content)

    async def _get(self, path: str, expected: type[Wire], **query: str) -> Wire:
        answer = await self._ask("GET", path, params=query)
        _raise_unless_success(answer)
        return _decoded(answer, expected)

    async def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        try:
            return await self._client.request(
                method,
                self._url + path,
                headers={"Authorization": self._key, **(headers or {})},
                timeout=self._timeout,
                **rest,
            )
        except httpx.RequestError as error:
            # Not `from error`: it holds the request, and with it the card number.
            raise ProviderUnavailable(type(error).__name__) from None


def _raise_unless_success(answer: httpx.Response) -> None:
    """Raise ProviderUnavailable where the outcome is open, ProviderError where it is settled."""
    if answer.is_success:
        return
    status = answer.status_code
    if not answer.is_client_error or status in ASK_AGAIN:
        raise ProviderUnavailable(f"HTTP {status}", _retry_after(answer))
    code = _problem(answer).code
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise IdempotencyConflict(status, code)
    raise ProviderError(status, code)


def _refusal(problem: Problem) -> RefundRefused | Unknown:
    """A conflict is the end of a refund only where the provider says so: it may as well be about
    an earlier request under the key that is still under way, or come from what stands between.
    """
    if problem.code == NOT_REFUNDABLE:
        return RefundRefused(problem.code, problem.detail)
    return Unknown(f"HTTP {HTTPStatus.CONFLICT.value}: {problem.code}")


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds until a limit allows the next request (RFC 9110, 10.2.3), if the answer says so."""
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        seconds = float(said)
    else:
        try:
            at = parsedate_to_datetime(said)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if seconds <= LONGEST_WAIT_SECONDS else None


def _decoded(answer: httpx.Response, expected: type[Wire]) -> Wire:
    try:
        return msgspec.json.decode(answer.content, type=expected)
    except msgspec.MsgspecError:
        raise ProviderUnavailable(f"HTTP {answer.status_code} with an unreadable body") from None


def _problem(answer: httpx.Response) -> Problem:
    try:
        return msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        return Problem()
