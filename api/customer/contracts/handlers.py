"""The catalogue as sysops publishes it, and billing's word on contracts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.contracts.tables import Contract, SupportPlan, TicketType
from api.customer.notifications.service import notify
from api.customer.unknown import NotYetKnown
from api.messages import ContractBilling, ContractStanding, PlanPublished, TicketTypePublished


async def plan_published(session: AsyncSession, message: PlanPublished, _: datetime) -> None:
    """Keep a plan as it can be chosen now. An older version changes nothing."""
    values = {
        "version": message.version,
        "name": message.name,
        "price_cents": message.price_cents,
        "currency": message.currency,
        "interval": message.interval,
        "sla_hours": message.sla_hours,
        "device_types": message.device_types,
        "active": message.active,
    }
    await session.execute(
        insert(SupportPlan)
        .values(code=message.code, **values)
        .on_conflict_do_update(
            index_elements=[SupportPlan.code],
            set_=values,
            where=SupportPlan.version < message.version,
        )
    )


async def ticket_type_published(
    session: AsyncSession, message: TicketTypePublished, _: datetime
) -> None:
    """Keep what a ticket can be about. An older version changes nothing."""
    values = {
        "version": message.version,
        "name": message.name,
        "device_type": message.device_type,
        "device_name": message.device_name,
        "active": message.active,
        "survey_template": message.survey_template,
    }
    await session.execute(
        insert(TicketType)
        .values(code=message.code, **values)
        .on_conflict_do_update(
            index_elements=[TicketType.code],
            set_=values,
            where=TicketType.version < message.version,
        )
    )


async def contract_standing(
    session: AsyncSession, message: ContractStanding, now: datetime
) -> None:
    """Whether tickets can be opened under a contract. An older version changes nothing.

    Raises NotYetKnown for a contract that is not here.
    """
    contract = await session.get(Contract, message.contract_id, with_for_update=True)
    if contract is None:
        raise NotYetKnown(f"Contract {message.contract_id} is not here yet.")
    if message.version > contract.standing_version:
        contract.standing = message.standing
        contract.standing_version = message.version
        contract.updated_at = now


async def contract_billing(session: AsyncSession, message: ContractBilling, now: datetime) -> None:
    """Whether a contract is held, and how it is taxed. An older version changes nothing.

    The customer is told of a hold and of its end. Raises NotYetKnown for a contract that is not
    here.
    """
    contract = await session.get(Contract, message.contract_id, with_for_update=True)
    if contract is None:
        raise NotYetKnown(f"Contract {message.contract_id} is not here yet.")
    if message.version <= contract.billing_version:
        return
    changed = contract.billing_held != message.held
    contract.billing_held = message.held
    contract.tax_rate_millionths = message.tax_rate_millionths
    contract.billing_version = message.version
    contract.updated_at = now
    await session.flush()
    if changed:
        query = select(SupportPlan.name).where(SupportPlan.code == contract.plan_code)
        plan = (await session.scalars(query)).one()
        await notify(
            session,
            contract.account_id,
            "billing_held" if message.held else "billing_resumed",
            cause=f"{contract.id}/{message.version}",
            channel="email",
            context={"plan": plan},
            now=now,
        )
