"""All rows of billing, month by month, and the statements that customers got of them."""

from collections.abc import Iterator

import numpy as np

from api.billing.invoices.numbers import SERIES
from orchestration.local.demo.cards import Cards
from orchestration.local.demo.charges import charge
from orchestration.local.demo.columns import bigints, same, table
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Draws, Ints, uuid7
from orchestration.local.demo.money import MonthOfBills, TaxRates, bill_months, row_hashes
from orchestration.local.demo.rows.billing_runs import BillingRun
from orchestration.local.demo.rows.customers import PORTION
from orchestration.local.demo.rows.invoices import invoice_rows
from orchestration.local.demo.rows.month import Month
from orchestration.local.demo.rows.one_offs import one_off_rows
from orchestration.local.demo.rows.payments import payment_rows
from orchestration.local.demo.rows.statements import statements
from orchestration.local.demo.rows.told_customers import told_of_invoices
from orchestration.local.demo.world import World


def money_rows(world: World, cards: Cards, rates: TaxRates, suspended_at: Ints) -> Iterator[Batch]:
    """`suspended_at` (an entry a contract, all 0) is filled as the months go by.

    Only the last month's receipts and notices are there: the log of mails is no archive.
    """
    number = 1
    for bills in bill_months(world, rates, suspended_at):
        random = world.setting.draws("billing", bills.period.first.toordinal())
        run = BillingRun(bills, uuid7(np.array([bills.run_at]), random))
        for part in bills.portions(PORTION):
            month = _part(world, part, run, number, random)
            exhausted = month.charges.exhausted_at > 0
            suspended_at[part.contract[exhausted]] = month.charges.exhausted_at[exhausted]
            number += len(part)
            run.add(month)
            yield from invoice_rows(world, month, random)
            yield from payment_rows(world, month, cards.id, random)
            yield statements(world, month, cards.id)
            if bills.period.next.first == world.setting.this_month:
                yield from told_of_invoices(world, month)
        yield from run.rows(random)
    counter = table(series=same(SERIES, 1), last_number=bigints(np.array([number - 1])))
    yield Batch("billing", "invoice_series", counter)
    yield from one_off_rows(world, suspended_at)


def _part(
    world: World, bills: MonthOfBills, run: BillingRun, first_number: int, random: Draws
) -> Month:
    charges, tries = charge(world, bills, random)
    return Month(
        bills=bills,
        hashes=row_hashes(world, bills),
        charges=charges,
        tries=tries,
        run_id=run.id,
        invoice_id=uuid7(np.full(len(bills), bills.run_at), random),
        first_number=first_number,
    )
