"""Where the payment provider calls: what became of a charge that a customer disputes.

Nobody signs in here; the provider's signature over moment and body stands for it. What is lost on
the way is in the provider's list, which is compared every day.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.views import Amount
from api.billing.chargebacks import service
from api.kernel.limits import UNLIMITED
from api.kernel.outside.payment_wire import WireDispute
from api.kernel.outside.signatures import PROVIDER_SIGNATURE, NotSigned, is_genuine_now

logger = structlog.get_logger()

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
At = Annotated[datetime, msgspec.Meta(tz=True)]


class DisputeReport(WireDispute, kw_only=True):
    """A dispute as it is now, in the provider's own words: `charge_id` and `idempotency_key` name
    the charge, `amount` (cents) is what was taken back, until it is `won`.
    """

    id: Name
    charge_id: Name
    idempotency_key: Name
    amount: Amount
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    reason: Name
    answer_by: At
    created_at: At


@dataclass(frozen=True)
class ProviderReports:
    """`secret` is what the provider signs its reports with."""

    secret: str = field(repr=False)

    async def check(self, request: Request[Any, Any, Any], now: datetime) -> None:
        """Raises NotSigned for what the provider did not send, or sent long ago."""
        given = request.headers.get(PROVIDER_SIGNATURE, "")
        if not is_genuine_now(given, self.secret, await request.body(), now):
            logger.warning("provider_signature_refused", path=request.scope["path"])
            raise NotSigned(f"The {PROVIDER_SIGNATURE} does not fit this request and this moment.")


class DisputeReportController(Controller):
    path = "/chargebacks/reports"
    opt = {UNLIMITED: True}  # noqa: RUF012 - Litestar's own way

    @post(status_code=204, summary="What became of a disputed charge")
    async def report(
        self,
        data: JSONBody[DisputeReport],
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        provider_reports: NamedDependency[ProviderReports],
        now: NamedDependency[datetime],
    ) -> None:
        """For the payment provider alone, which signs each request: `Squad-Provider-Signature:
        t=SECONDS,v1=HEX`, an HMAC-SHA256 over `SECONDS.BODY`, good for five minutes.

        Reports may come in any order and more than once. One about a charge that is not ours is
        alerted and answered like the others; 409 when the charge is not booked yet: report again.
        """
        await provider_reports.check(request, now)
        await service.report(session, data.listed(), now)
