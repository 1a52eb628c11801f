"""How charges to come are shown. Amounts are cents."""

from datetime import date
from typing import Self
from uuid import UUID

import msgspec

from api.customer.balance.rules import Charge
from api.customer.balance.service import Outlook


class NextCharge(msgspec.Struct):
    """An estimate of the next bill, by the arithmetic of billing and as plan, tax and contract are
    now: on which day, for which month (`2026-11`), how much. Negative is a credit. Tax is in it
    once billing has told the rate (`tax_included`).
    """

    on: date
    month: str
    amount_cents: int
    tax_included: bool

    @classmethod
    def of(cls, charge: Charge, *, taxed: bool) -> Self:
        return cls(charge.on, f"{charge.month:%Y-%m}", charge.cost.total, taxed)

    @classmethod
    def in_outlook(cls, outlook: Outlook, *, taxed: bool) -> Self | None:
        charge = outlook.next_charge
        return cls.of(charge, taxed=taxed) if charge else None


class ContractCharge(msgspec.Struct):
    """What one contract adds to the next charge."""

    contract_id: UUID
    plan_code: str
    next_charge: NextCharge
