"""The tables that finance reads are true."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.billing.calendar import Period
from orchestration.billing.rating import Bill, Case, OneOff, Plan, rate

PAGE = Path(__file__).parents[3] / "docs" / "billing-examples.md"
PLANS, ONE_OFFS = PAGE.read_text().split("## One-off charges and credits")
RESULT = ["net", "tax_due", "carried", "total"]


def _rows(part: str, names: list[str]) -> list[dict[str, str]]:
    lines = [line for line in part.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(names + RESULT, row, strict=True)) for row in cells[2:]]


def _cents(money: str) -> int | None:
    return int(Decimal(money) * 100) if money else None


def _rate(percent: str) -> int:
    return int(Decimal(percent.removesuffix("%")) * 10_000)


def _plan(price: str, interval: Any) -> Plan:
    return Plan("P", "Plan", _cents(price) or 0, "USD", interval)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _one_off(text: str) -> OneOff:
    words, _, percent = text.partition("@")
    kind: Any
    kind, amount = words.split()
    return OneOff(kind, "Agreed", _cents(amount) or 0, _rate(percent or "6 %"))


def _holds(bill: Bill | None, row: dict[str, str]) -> None:
    found: tuple[int | None, ...] = (None,) * 4
    if bill:
        found = (bill.subtotal_cents, bill.tax_cents, bill.carried_cents, bill.total_cents)
    assert found == tuple(_cents(row[name]) for name in RESULT)


@pytest.mark.parametrize(
    "row",
    _rows(PLANS, ["what", "price", "plan", "rate", "starts", "ends", "month"]),
    ids=lambda row: row["what"],
)
def test_the_worked_example_comes_out_to_the_cent(row: dict[str, str]) -> None:
    case = Case(
        _plan(row["price"], row["plan"]),
        _rate(row["rate"]),
        date.fromisoformat(row["starts"]),
        _day(row["ends"]),
    )
    _holds(rate(case, Period.parse(row["month"])), row)


@pytest.mark.parametrize(
    "row", _rows(ONE_OFFS, ["what", "price", "one_offs", "ends"]), ids=lambda row: row["what"]
)
def test_the_example_with_one_offs_comes_out_to_the_cent(row: dict[str, str]) -> None:
    one_offs = tuple(_one_off(text) for text in row["one_offs"].split(","))
    plan = _plan(row["price"], "month")
    case = Case(plan, _rate("6 %"), date(2025, 1, 10), _day(row["ends"]), one_offs)
    _holds(rate(case, Period.parse("2026-10")), row)
