"""What the Billing API takes and shows of one-off charges and credits. Amounts are cents."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec

from api.billing.adjustments.views import Amount
from api.billing.calendar import Period
from api.billing.fields import MONTH, Reason
from api.billing.one_offs.rules import State
from api.billing.one_offs.service import Placed
from api.billing.one_offs.tables import OneOffKind, ProductClass

LineText = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What stands on the invoice, for example `Visit on October 14`. It reaches the"
        " customer and the reports: name no person.",
    ),
]
Month = Annotated[str, msgspec.Meta(pattern=MONTH, description="Like `2026-10`.")]


class NewOneOff(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`amount_cents` is before tax, and positive also of a credit. `product_class` is what sales
    tax goes by. It is billed with the first month from `from_period` on that is not drafted yet;
    without it, with the present one.
    """

    contract_id: UUID
    kind: OneOffKind
    amount_cents: Amount
    description: LineText
    product_class: ProductClass
    reason: Reason
    from_period: Month | None = None


class OneOffView(msgspec.Struct, kw_only=True):
    """`state` is `open` until a month's draft takes it, then `drafted` (`invoice_id`), `billed`
    when that is issued, or `withdrawn`. The reason is in the history of acts (`subject_id`).
    """

    id: UUID
    contract_id: UUID
    customer_id: UUID
    kind: OneOffKind
    amount_cents: int
    currency: str
    description: str
    product_class: ProductClass
    from_period: str
    state: State
    invoice_id: UUID | None
    created_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, placed: Placed) -> Self:
        it = placed.one_off
        return cls(
            id=it.id,
            contract_id=it.contract_id,
            customer_id=it.customer_id,
            kind=OneOffKind(it.kind),
            amount_cents=it.amount_cents,
            currency=it.currency,
            description=it.description,
            product_class=ProductClass(it.product_class),
            from_period=str(Period(it.from_period)),
            state=placed.state,
            invoice_id=placed.invoice_id,
            created_at=it.created_at,
            withdrawn_at=it.withdrawn_at,
        )


class OneOffPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[OneOffView]
    next_cursor: str | None
