"""How invoices were paid: tries at the provider, declines, reminders and suspensions."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from api.billing.payments.rules import DUNNING_DAYS
from orchestration.local.demo.clocks import DAY, HOUR, MINUTE
from orchestration.local.demo.draws import Draws, Flags, Ids, Ints, between, uuid7
from orchestration.local.demo.money import MonthOfBills
from orchestration.local.demo.world import World

RECOVERED_SHARE: Final = 0.02
"""Invoices whose first try is declined and a later one approved."""
BEGUN_AFTER: Final = 8 * MINUTE
CHARGING_TAKES: Final = 3 * HOUR
DECIDED_AFTER: Final = 400_000
"""Microseconds from the intent to the provider's answer."""
NEVER_PAID: Final = 99
TRIES: Final = np.array([0, *DUNNING_DAYS])
"""Days after the first decline on which a card is tried."""


@dataclass(frozen=True)
class Charges:
    """Parallel arrays, an entry an invoice of the month; moments in microseconds.

    `first_at` is the first try, `tries` how many there were until now, `declined` how many of
    them failed, `paid_at` 0 where it is not paid. `exhausted_at` is the end of the reminders, 0
    where it was not reached.
    """

    first_at: Ints
    tries: Ints
    declined: Ints
    paid_at: Ints
    exhausted_at: Ints
    last_at: Ints
    """When the invoice changed last."""
    bad_card: Flags

    @property
    def paid(self) -> Flags:
        return self.paid_at > 0

    @property
    def version(self) -> Ints:
        """A draft has 1, issuing and every outcome count on."""
        return 2 + self.declined + self.paid


@dataclass(frozen=True)
class Tries:
    """Parallel arrays, an entry a payment: the invoice's place in the month, and the attempt."""

    id: Ids
    invoice: Ints
    attempt: Ints
    created: Ints
    decided: Ints
    approved: Flags


def charge(world: World, month: MonthOfBills, random: Draws) -> tuple[Charges, Tries]:
    now, count = world.setting.now, len(month)
    begin = month.issued_at + min(BEGUN_AFTER, (now - month.issued_at) // 4)
    takes = min(CHARGING_TAKES, (now - begin) // 2)
    first_at = begin + np.sort(between(random, 0, takes, count))
    bad = _does_not_pay(world, month)
    troubled = (random.random(count) < RECOVERED_SHARE) & ~bad
    success = np.where(troubled, 1 + (random.random(count) < 0.3), 0)
    success = np.where(bad, NEVER_PAID, success)
    # A retry happens minutes after its time has come.
    late = np.sort(between(random, MINUTE, 20 * MINUTE, count * len(TRIES)).reshape(count, -1))
    at = first_at[:, None] + TRIES * DAY + np.where(TRIES > 0, late, 0)
    made = (at + DECIDED_AFTER <= now) & (np.arange(len(TRIES)) <= success[:, None])
    tries = made.sum(axis=1)
    paid = tries > success
    last_at = np.take_along_axis(at, tries[:, None] - 1, axis=1)[:, 0] + DECIDED_AFTER
    exhausted = (tries == len(TRIES)) & ~paid
    charges = Charges(
        first_at=first_at,
        tries=tries,
        declined=tries - paid,
        paid_at=np.where(paid, last_at, 0),
        exhausted_at=np.where(exhausted, last_at, 0),
        last_at=last_at,
        bad_card=bad,
    )
    invoice, attempt = np.nonzero(made)
    created = at[invoice, attempt]
    return charges, Tries(
        id=uuid7(created, random),
        invoice=invoice,
        attempt=attempt + 1,
        created=created,
        decided=created + DECIDED_AFTER,
        approved=attempt == success[invoice],
    )


def next_try(charges: Charges) -> Ints:
    """When the card of a declined invoice is tried again; meaningless for the others."""
    day = TRIES[np.minimum(charges.declined, len(TRIES) - 1)]
    first_decided = charges.first_at + DECIDED_AFTER
    return np.asarray(np.maximum(first_decided + day * DAY, charges.last_at + DAY))


def _does_not_pay(world: World, month: MonthOfBills) -> Flags:
    """Bad payers, from the month on with which their trouble began."""
    setting, contracts = world.setting, world.contracts
    last_closed = setting.this_month
    ago = (last_closed.year - month.period.first.year) * 12
    ago += last_closed.month - month.period.first.month
    owes = np.minimum(contracts.owes[month.contract], setting.size.months)
    return np.asarray(owes >= ago)
