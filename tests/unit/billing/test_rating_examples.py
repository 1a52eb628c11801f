"""The table that finance reads is true."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.billing.calendar import Period
from orchestration.billing.rating import Case, Plan, rate

PAGE = Path(__file__).parents[3] / "docs" / "billing-examples.md"


def _rows() -> list[dict[str, str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = ["what", "price", "plan", "rate", "starts", "ends", "month", "net", "tax", "total"]
    return [dict(zip(names, row, strict=True)) for row in cells[2:]]


def _cents(money: str) -> int | None:
    return int(Decimal(money) * 100) if money else None


def _case(row: dict[str, str]) -> Case:
    interval: Any = row["plan"]
    return Case(
        plan=Plan("P", "Plan", _cents(row["price"]) or 0, "USD", interval),
        rate_millionths=int(Decimal(row["rate"].removesuffix("%")) * 10_000),
        starts_on=date.fromisoformat(row["starts"]),
        ends_on=date.fromisoformat(row["ends"]) if row["ends"] else None,
    )


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["what"])
def test_the_worked_example_comes_out_to_the_cent(row: dict[str, str]) -> None:
    bill = rate(_case(row), Period(date.fromisoformat(f"{row['month']}-01")))
    found = (bill.subtotal_cents, bill.tax_cents, bill.total_cents) if bill else (None,) * 3
    assert found == (_cents(row["net"]), _cents(row["tax"]), _cents(row["total"]))
