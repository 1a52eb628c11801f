"""What the routes of data requests take and answer."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec

from api.customer.data_requests.rules import Kind, Status
from api.customer.data_requests.tables import DataRequest
from api.kernel.fields import Prose


class NewDataRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`password` is needed for an erasure alone. `give_up_credit` leaves a credit that could be
    paid out.
    """

    kind: Kind
    password: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    give_up_credit: bool = False


class DataRequestInTheNameOf(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` says how the customer asked, and how you know that it was the customer."""

    customer_id: UUID
    kind: Kind
    reason: Prose
    give_up_credit: bool = False


class DataRequestView(msgspec.Struct):
    """`due_at` is when it is begun. `waits_for` is what stands in its way then, in words.

    An export that is `done` has `parts` files until `expires_at`. The receipt says what was done,
    by database and table, and holds nothing personal.
    """

    id: UUID
    kind: Kind
    status: Status
    asked_at: datetime
    due_at: datetime
    waits_for: list[str]
    done_at: datetime | None
    expires_at: datetime | None
    parts: int
    receipt: dict[str, Any] | None

    @classmethod
    def of(cls, request: DataRequest) -> Self:
        return cls(**{name: getattr(request, name) for name in cls.__struct_fields__})


class StaffDataRequestView(DataRequestView):
    """The same for administrators: whose it is, and who filed it if it was not the customer."""

    customer_id: UUID
    asked_by: UUID | None
    reason: str | None

    @classmethod
    def of(cls, request: DataRequest) -> Self:
        own = {name: getattr(request, name) for name in DataRequestView.__struct_fields__}
        return cls(
            **own,
            customer_id=request.account_id,
            asked_by=request.asked_by,
            reason=request.reason,
        )


class DataRequestPage(msgspec.Struct):
    data_requests: list[DataRequestView]
    next_cursor: str | None


class StaffDataRequestPage(msgspec.Struct):
    data_requests: list[StaffDataRequestView]
    next_cursor: str | None
