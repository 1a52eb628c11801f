"""Whether a contract entitles to a visit, and since when it does not. Services never commit."""

from collections.abc import Collection
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.catalogue import service as catalogue
from api.sysops.tickets.tables import Entitlement

IN_FORCE: Final[ColumnElement[bool]] = and_(
    or_(Entitlement.status == "active", Entitlement.replaced_by.is_not(None)),
    Entitlement.standing == "good",
)


async def in_force(session: AsyncSession, contracts: Collection[UUID]) -> set[UUID]:
    """Those of the contracts under which a visit may be planned now.

    After `catalogue.stand_still` they stay so until the transaction ends.
    """
    query = select(Entitlement.contract_id).where(
        equals_any(Entitlement.contract_id, contracts), IN_FORCE
    )
    return set(await session.scalars(query))


async def keep(
    session: AsyncSession,
    contract_id: UUID,
    values: dict[str, Any],
    numbered_by: Literal["version", "standing_version"],
) -> None:
    """Take over what the customer or the billing quantum says of a contract.

    What is older than what is known, by the column that numbers it, changes nothing.
    """
    newer = getattr(Entitlement, numbered_by) < values[numbered_by]
    await session.execute(
        insert(Entitlement)
        .values(contract_id=contract_id, **values)
        .on_conflict_do_update(index_elements=[Entitlement.contract_id], set_=values, where=newer)
    )
    await _keep_since(session, contract_id)


async def _keep_since(session: AsyncSession, contract_id: UUID) -> None:
    """Remember when the contract went out of force, or that it is in force again.

    Whoever proposes a visit meanwhile ends first. So what is proposed later, by the database's
    clock, is proposed by somebody who could see it.
    """
    own = Entitlement.contract_id == contract_id
    query = select(IN_FORCE.label("holds"), Entitlement.out_of_force_since.label("since"))
    now = (await session.execute(query.where(own))).one()
    if now.holds and now.since is not None:
        await session.execute(update(Entitlement).where(own).values(out_of_force_since=None))
    elif not now.holds and now.since is None:
        await catalogue.one_at_a_time(session)
        since = func.clock_timestamp()
        await session.execute(update(Entitlement).where(own).values(out_of_force_since=since))
