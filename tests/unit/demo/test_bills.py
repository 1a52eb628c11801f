"""Bills of the demo world are those of the live rating."""

from datetime import date
from uuid import UUID

import numpy as np

from api.billing.calendar import Period
from orchestration.billing.rating import Invoice, row_hash
from orchestration.local.demo.charges import charge
from orchestration.local.demo.money import MonthOfBills, bill_months, closed_months, row_hashes
from orchestration.local.demo.world import World, make_world
from tests.unit.demo.support import RATES, small_setting

WORLD: World = make_world(small_setting())


def months() -> list[MonthOfBills]:
    return list(bill_months(WORLD, RATES, np.zeros(len(WORLD.contracts), dtype=np.int64)))


def invoices(month: MonthOfBills) -> list[Invoice]:
    contracts, customers = WORLD.contracts, WORLD.customers
    return [
        Invoice(
            UUID(bytes=contracts.id[contract].tobytes()),
            UUID(bytes=customers.id[contracts.customer[contract]].tobytes()),
            month.bills[case],
        )
        for contract, case in zip(month.contract, month.case, strict=True)
    ]


def test_every_closed_month_is_billed() -> None:
    assert [month.period for month in months()] == closed_months(WORLD)
    assert closed_months(WORLD)[-1] == Period(date(2026, 10, 1))


def test_row_hashes_are_those_of_the_live_rating() -> None:
    for month in months():
        expected = [row_hash(invoice) for invoice in invoices(month)]
        assert [row.tobytes() for row in row_hashes(WORLD, month)] == expected


def test_a_rate_counts_from_the_month_whose_first_day_it_is_valid_on() -> None:
    taxed = [bill.lines[-1].description for month in months()[-2:] for bill in month.bills]
    assert set(taxed[: len(months()[-2].bills)]) == {"Sales tax 6.25 %"}
    assert set(taxed[len(months()[-2].bills) :]) == {"Sales tax 7 %"}


def test_nearly_all_pay_at_once_and_what_is_declined_is_tried_again() -> None:
    for month in months():
        charges, tries = charge(WORLD, month, WORLD.setting.draws("test"))
        assert (tries.attempt == 1).sum() == len(month)
        assert charges.paid.mean() > 0.9
        assert (charges.tries == charges.declined + charges.paid).all()
