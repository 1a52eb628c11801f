"""What a customer owes and will be charged, from what billing has told. Reads alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.balance import rules
from api.customer.balance.rules import Billed, CardOnFile, Charge, Terms
from api.customer.cards.tables import Card, CardChoice
from api.customer.contracts.rules import contract_day
from api.customer.contracts.tables import Contract, SupportPlan
from api.customer.statements.tables import Credit, Statement
from api.kernel.sets import equals_any

OWED: Final = ("issued", "declined")
SETTLED: Final = ("paid", "credited")
DOLLARS: Final = "USD"


@dataclass(frozen=True)
class Outlook:
    """Until when a contract is paid, and what it is charged next; None when nothing."""

    paid_until: date | None
    next_charge: Charge | None


@dataclass(frozen=True)
class Balance:
    """`owed` are the statements still to pay, oldest first; `card` is what is charged next."""

    owed: Sequence[Statement]
    credit_cents: int
    currency: str
    charges: Sequence[tuple[Contract, Charge]]
    card: Card | None


def terms_of(contract: Contract, plan: SupportPlan) -> Terms:
    """What is agreed, as the plan costs now."""
    return Terms(
        price_cents=plan.price_cents,
        interval="year" if plan.interval == "year" else "month",
        tax_rate_millionths=contract.tax_rate_millionths,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
    )


async def outlooks(
    session: AsyncSession, found: Sequence[tuple[Contract, SupportPlan]], now: datetime
) -> dict[UUID, Outlook]:
    """The outlook of each contract.

    While a contract is suspended or held it is not billed: nothing is charged next.
    """
    query = select(
        Statement.contract_id, Statement.period_start, Statement.period_end, Statement.status
    ).where(
        equals_any(Statement.contract_id, [contract.id for contract, _ in found]),
        Statement.status.in_((*OWED, *SETTLED)),
    )
    billed: dict[UUID, list[Billed]] = defaultdict(list)
    for row in await session.execute(query):
        billed[row.contract_id].append(Billed(row.period_start, row.period_end, row.status in OWED))
    made = {}
    for contract, plan in found:
        terms = terms_of(contract, plan)
        charged = contract.standing == "good" and not contract.billing_held
        made[contract.id] = Outlook(
            rules.paid_until(terms, billed[contract.id]),
            rules.next_charge(terms, now) if charged else None,
        )
    return made


async def balance(session: AsyncSession, account_id: UUID, now: datetime) -> Balance:
    """All of a customer, with the credit taken off the next charge first come first served."""
    owed = await owed_statements(session, account_id)
    credit = await session.get(Credit, account_id)
    contracts = (
        await session.execute(
            select(Contract, SupportPlan)
            .join(SupportPlan, SupportPlan.code == Contract.plan_code)
            .where(Contract.account_id == account_id)
            .order_by(Contract.id)
        )
    ).all()
    found = [(contract, plan) for contract, plan in contracts]
    expected = await outlooks(session, found, now)
    charges = [
        (contract, charge)
        for contract, _ in found
        if (charge := expected[contract.id].next_charge) is not None
    ]
    return Balance(
        owed,
        credit.cents if credit else 0,
        credit.currency if credit else owed[0].currency if owed else DOLLARS,
        charges,
        await charged_card(session, account_id, now),
    )


async def owed_statements(session: AsyncSession, account_id: UUID) -> list[Statement]:
    """What the customer has still to pay, the oldest first."""
    query = select(Statement).where(Statement.account_id == account_id, Statement.status.in_(OWED))
    return list(await session.scalars(query.order_by(Statement.period_start, Statement.id)))


async def charged_card(session: AsyncSession, account_id: UUID, now: datetime) -> Card | None:
    """The card that billing charges next, by the same rule."""
    query = select(Card).where(Card.account_id == account_id, Card.status == "stored")
    cards = {card.id: card for card in await session.scalars(query)}
    choice = await session.get(CardChoice, account_id)
    found = rules.charged_card(
        [CardOnFile(it.id, it.exp_year, it.exp_month, it.created_at) for it in cards.values()],
        choice.card_id if choice else None,
        contract_day(now),
    )
    return cards[found.id] if found else None
