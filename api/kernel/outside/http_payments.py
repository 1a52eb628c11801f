"""The payment provider over HTTP with JSON; the sandbox speaks the other side of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec
from pydantic import Field, HttpUrl, SecretStr

from api.kernel.outside.payments import (
    Approved,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    IdempotencyConflict,
    ListedCharge,
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

# Refused before anything was done, but worth asking again: the outcome is open, not final.
ASK_AGAIN = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


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


class _WireCharge(msgspec.Struct):
    id: str
    status: Literal["approved", "declined"]
    amount: int
    refunded: int
    currency: str
    reference: str
    idempotency_key: str
    created_at: datetime
    code: str | None = None
    message: str | None = None

    def outcome(self) -> Approved | Declined:
        if self.status == "approved":
            return Approved(self.id)
        return Declined(self.code or "declined", self.message or "", self.id)

    def listed(self) -> ListedCharge:
        return ListedCharge(
            provider_ref=self.id,
            idempotency_key=self.idempotency_key,
            status=self.status,
            code=self.code,
            amount_cents=self.amount,
            refunded_cents=self.refunded,
            currency=self.currency,
            reference=self.reference,
            created_at=self.created_at,
        )


class _ChargePage(msgspec.Struct):
    charges: list[_WireCharge]
    next_cursor: str | None = None


class _WireRefund(msgspec.Struct):
    id: str


class _RefundPage(msgspec.Struct):
    refunds: list[_WireRefund]


class _Problem(msgspec.Struct):
    code: str = "refused"
    detail: str = ""


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
            return _decoded(answer, _WireCharge).outcome()
        except ProviderUnavailable as error:
            return Unknown(str(error))

    async def find(self, idempotency_key: str) -> ChargeOutcome | None:
        try:
            page = await self._get("/charges", _ChargePage, idempotency_key=idempotency_key)
        except ProviderUnavailable as error:
            return Unknown(str(error))
        return page.charges[0].outcome() if page.charges else None

    async def list_charges(self, since: datetime, until: datetime) -> AsyncIterator[ListedCharge]:
        query = {
            "created_from": since.astimezone(UTC).isoformat(),
            "created_to": until.astimezone(UTC).isoformat(),
            "limit": str(self._page_size),
        }
        while True:
            page = await self._get("/charges", _ChargePage, **query)
            for charge in page.charges:
                yield charge.listed()
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        path = f"/charges/{request.provider_ref}/refunds"
        try:
            answer = await self._post(
                path, request.idempotency_key, {"amount": request.amount_cents}
            )
            if answer.status_code == HTTPStatus.CONFLICT:
                problem = _problem(answer)
                return RefundRefused(problem.code, problem.detail)
            _raise_unless_success(answer)
            return Refunded(_decoded(answer, _WireRefund).id)
        except ProviderUnavailable as error:
            return Unknown(str(error))

    async def find_refund(self, idempotency_key: str) -> Refunded | Unknown | None:
        try:
            page = await self._get("/refunds", _RefundPage, idempotency_key=idempotency_key)
        except ProviderUnavailable as error:
            return Unknown(str(error))
        return Refunded(page.refunds[0].id) if page.refunds else None

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
        raise ProviderUnavailable(f"HTTP {status}")
    code = _problem(answer).code
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise IdempotencyConflict(status, code)
    raise ProviderError(status, code)


def _decoded(answer: httpx.Response, expected: type[Wire]) -> Wire:
    try:
        return msgspec.json.decode(answer.content, type=expected)
    except msgspec.MsgspecError:
        raise ProviderUnavailable(f"HTTP {answer.status_code} with an unreadable body") from None


def _problem(answer: httpx.Response) -> _Problem:
    try:
        return msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.MsgspecError:
        return _Problem()
