"""What still binds a customer and us: read when an erasure is asked for, and when it begins.

Columns are named one by one: the eraser's role reads no others.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.service import OVER
from api.customer.balance.service import OWED
from api.customer.contracts.tables import Contract
from api.customer.data_requests.rules import Standing
from api.customer.data_requests.tables import DataRequest
from api.customer.statements.tables import Credit, Statement
from api.customer.tickets.tables import Ticket
from api.kernel.outside.delivery import money


async def standing(session: AsyncSession, account_id: UUID) -> Standing:
    """The customer database's view; sysops and billing are asked by who erases."""
    running = select(Contract.plan_code).where(
        Contract.account_id == account_id, Contract.status == "active"
    )
    tickets = select(Ticket.number).where(
        Ticket.account_id == account_id, Ticket.status.not_in(OVER)
    )
    owed = select(Statement.number).where(
        Statement.account_id == account_id, Statement.status.in_(OWED)
    )
    under_way = select(Statement.number).where(
        Statement.account_id == account_id,
        Statement.settlements.contains([{"status": "under_way"}]),
    )
    credit = select(Credit.cents, Credit.currency).where(
        Credit.account_id == account_id, Credit.cents > 0
    )
    export = select(DataRequest.id).where(
        DataRequest.account_id == account_id,
        DataRequest.kind == "export",
        DataRequest.status == "requested",
    )
    left = (await session.execute(credit)).one_or_none()
    return Standing(
        running=(await session.scalars(running.order_by(Contract.plan_code))).all(),
        open_tickets=(await session.scalars(tickets.order_by(Ticket.id))).all(),
        owed=(await session.scalars(owed.order_by(Statement.number))).all(),
        under_way=(await session.scalars(under_way.order_by(Statement.number))).all(),
        credit=money(left.cents, left.currency) if left else "",
        export_pending=await session.scalar(export) is not None,
    )
