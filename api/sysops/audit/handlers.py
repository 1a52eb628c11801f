"""Administrative acts in other quanta, written into the one audit log."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import DataRequestByStaff
from api.sysops.audit.service import Act, record


async def data_request_by_staff(
    session: AsyncSession, message: DataRequestByStaff, _: datetime
) -> None:
    """Who asked for an export or an erasure in a customer's name, or took it back."""
    await record(
        session,
        Act(message.actor_id, ["administrator"], message.at),
        f"data_request.{message.act}",
        ("customer", message.customer_id),
        after={"request_id": message.request_id, "kind": message.kind},
    )
