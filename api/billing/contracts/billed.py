"""How a contract is billed, as the customer quantum is told it: held or not, and the tax."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period, billing_day
from api.billing.contracts.tables import SUPPORT_PLAN, Contract
from api.kernel.outbox import send
from api.messages import ContractBilling

_RATE = text("""
SELECT rate_millionths FROM tax_rate
WHERE state = :state AND product_class = :product_class AND valid_from <= :first
ORDER BY valid_from DESC LIMIT 1
""")


async def tell(session: AsyncSession, contract: Contract, now: datetime) -> None:
    """Send the present state, with the tax rate of the present month; the caller counted
    `billing_version`.
    """
    asked = {
        "state": contract.state,
        "product_class": SUPPORT_PLAN,
        "first": Period.containing(billing_day(now)).first,
    }
    await send(
        session,
        ContractBilling(
            contract_id=contract.id,
            version=contract.billing_version,
            held=contract.held_since is not None,
            tax_rate_millionths=await session.scalar(_RATE, asked),
            at=now,
        ),
    )
