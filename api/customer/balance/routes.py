"""Customers see what they owe and what they will be charged."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.balance import service
from api.customer.balance.service import Balance
from api.customer.balance.views import ContractCharge, NextCharge
from api.customer.cards.views import CardView
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest


class OwedView(msgspec.Struct, kw_only=True):
    """A statement that is still to pay; `next_try_at` is when the card is tried again."""

    statement_id: UUID
    number: str
    status: str
    due_cents: int
    reason: str | None
    next_try_at: datetime | None


class ExpectedCharge(msgspec.Struct, kw_only=True):
    """The next day on which the card is charged for new bills.

    An estimate: `amount_cents` is what `contracts` add up to, less `credit_used_cents`.
    """

    on: date
    amount_cents: int
    credit_used_cents: int
    contracts: list[ContractCharge]


class BalanceView(msgspec.Struct, kw_only=True):
    """Amounts are cents. `owed_cents` is still to pay; `credit_cents` lowers the next bills;
    `balance_cents` is the one less the other. `next_charge` is null when no bill is to come,
    `card` when there is none to charge.
    """

    owed_cents: int
    credit_cents: int
    balance_cents: int
    currency: str
    owed: list[OwedView]
    next_charge: ExpectedCharge | None
    card: CardView | None


class BalanceController(Controller):
    path = "/balance"
    guards = CUSTOMERS

    @get(summary="What I owe")
    async def balance(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> BalanceView:
        """What is still to pay, the credit there is, and the next charge: when, about how much,
        and on which card.
        """
        found = await service.balance(session, request.user.id, now)
        owed_cents = sum(one.due_cents for one in found.owed)
        return BalanceView(
            owed_cents=owed_cents,
            credit_cents=found.credit_cents,
            balance_cents=owed_cents - found.credit_cents,
            currency=found.currency,
            owed=[
                OwedView(
                    statement_id=one.id,
                    number=one.number,
                    status=one.status,
                    due_cents=one.due_cents,
                    reason=one.reason,
                    next_try_at=one.next_try_at,
                )
                for one in found.owed
            ],
            next_charge=_expected(found),
            card=CardView.of(found.card, charged=True) if found.card else None,
        )


def _expected(found: Balance) -> ExpectedCharge | None:
    """What falls on the first day on which something is charged."""
    if not found.charges:
        return None
    first = min(charge.on for _, charge in found.charges)
    due = [(contract, charge) for contract, charge in found.charges if charge.on == first]
    # A credit is a bill of its own: it is not taken off another one.
    total = sum(max(charge.cost.total, 0) for _, charge in due)
    used = min(total, found.credit_cents)
    return ExpectedCharge(
        on=first,
        amount_cents=total - used,
        credit_used_cents=used,
        contracts=[
            ContractCharge(
                contract.id,
                contract.plan_code,
                NextCharge.of(charge, taxed=contract.tax_rate_millionths is not None),
            )
            for contract, charge in due
        ],
    )
