"""How plans and contracts are shown. Amounts are cents."""

from datetime import date
from typing import Self
from uuid import UUID

import msgspec

from api.customer.balance.rules import Cost
from api.customer.balance.service import Outlook
from api.customer.balance.views import NextCharge
from api.customer.contracts.changing import Planned, gained_and_lost, month_of
from api.customer.contracts.tables import Contract, SupportPlan, TicketType


class PlanView(msgspec.Struct):
    """`price_cents` is per `interval`; `sla_hours` is from submission to resolution."""

    code: str
    name: str
    price_cents: int
    currency: str
    interval: str
    sla_hours: int
    device_types: list[str]

    @classmethod
    def of(cls, plan: SupportPlan) -> Self:
        return cls(**{name: getattr(plan, name) for name in cls.__struct_fields__})


class TicketTypeView(msgspec.Struct):
    """A plan covers it when `device_type` is among the plan's `device_types`."""

    code: str
    name: str
    device_type: str
    device_name: str

    @classmethod
    def of(cls, kind: TicketType) -> Self:
        return cls(kind.code, kind.name, kind.device_type, kind.device_name)


class ContractView(msgspec.Struct, kw_only=True):
    """`standing` is `suspended` while an invoice is overdue; then no ticket can be opened.

    `covers` is what the plan gives, for any number of tickets, until the end of `ends_on`; null
    while the contract runs on. `paid_until` is the last day that is billed and settled.
    `next_charge` is null when nothing more will be billed, or while the contract is suspended or
    its billing is held (`billing_held`). `replaces_id` is the contract that a change of plan ended.
    """

    id: UUID
    plan_code: str
    covers: PlanView
    address_id: UUID
    status: str
    standing: str
    starts_on: date
    ends_on: date | None
    replaces_id: UUID | None
    billing_held: bool
    paid_until: date | None
    next_charge: NextCharge | None

    @classmethod
    def of(cls, contract: Contract, plan: SupportPlan, outlook: Outlook) -> Self:
        taxed = contract.tax_rate_millionths is not None
        return cls(
            id=contract.id,
            plan_code=contract.plan_code,
            covers=PlanView.of(plan),
            address_id=contract.address_id,
            status=contract.status,
            standing=contract.standing,
            starts_on=contract.starts_on,
            ends_on=contract.ends_on,
            replaces_id=contract.replaces_id,
            billing_held=contract.billing_held,
            paid_until=outlook.paid_until,
            next_charge=NextCharge.in_outlook(outlook, taxed=taxed),
        )


class CostView(msgspec.Struct):
    """A bill in cents; negative is a credit."""

    subtotal_cents: int
    tax_cents: int
    total_cents: int

    @classmethod
    def of(cls, cost: Cost) -> Self:
        return cls(cost.subtotal, cost.tax, cost.total)


class PlanChangeView(msgspec.Struct, kw_only=True):
    """What a change of plan would do if it were made now.

    The old plan ends with `last_day`, the new one begins on `effective_on`. Both are billed by
    day: `old` and `new` are their bills for `month`, charged on `charged_on`, null where there is
    none; a negative one is the credit for the unused days of a year. `then` is what every whole
    `interval` of the new plan costs. By the arithmetic of billing, with prices and tax as they
    are now; tax is in it once billing has told the rate (`tax_included`).
    """

    plan: PlanView
    last_day: date
    effective_on: date
    month: str
    charged_on: date
    old: CostView | None
    new: CostView | None
    total_cents: int
    then: CostView
    interval: str
    currency: str
    tax_included: bool
    newly_covered: list[str]
    no_longer_covered: list[str]

    @classmethod
    def of(cls, planned: Planned) -> Self:
        change = planned.change
        gained, lost = gained_and_lost(planned.old, planned.new)
        costs = [cost for cost in (change.old, change.new) if cost is not None]
        return cls(
            plan=PlanView.of(planned.new),
            last_day=change.last_day,
            effective_on=change.effective_on,
            month=f"{month_of(change):%Y-%m}",
            charged_on=change.charged_on,
            old=CostView.of(change.old) if change.old else None,
            new=CostView.of(change.new) if change.new else None,
            total_cents=sum(cost.total for cost in costs),
            then=CostView.of(planned.then),
            interval=planned.new.interval,
            currency=planned.new.currency,
            tax_included=planned.contract.tax_rate_millionths is not None,
            newly_covered=gained,
            no_longer_covered=lost,
        )
