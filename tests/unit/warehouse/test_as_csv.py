"""A report's file: what a spreadsheet reads from it is what was in the report, and nothing runs."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.reports import Column, Table, file_name, find, to_csv


def one_cell(value: Any) -> str:
    """What a reader of the file gets for a value."""
    text = to_csv(Table((Column.named("value"),), [(value,)]))
    header, (cell,) = csv.reader(io.StringIO(text, newline=""))
    assert header == ["value"]
    return cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Laptop, 13\" \r\n(black)", "Laptop, 13\" \r\n(black)"),
        ("=HYPERLINK(\"https://evil.example\")", "'=HYPERLINK(\"https://evil.example\")"),
        ("+1", "'+1"),
        ("-1+cmd", "'-1+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=b", "a=b"),
        ("", ""),
        (-5, "-5"),
        (-0.25, "-0.25"),
        (None, ""),
        (True, "true"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), "2026-03-31T12:00:00Z"),
    ],
)  # fmt: skip
def test_numbers_stay_numbers_and_texts_never_become_formulas(value: Any, cell: str) -> None:
    assert one_cell(value) == cell


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_comes_back_with_at_most_an_apostrophe_before_it(text: str) -> None:
    assert one_cell(text).removeprefix("'") == text.removeprefix("'")


def test_lines_end_as_the_standard_has_it() -> None:
    table = Table((Column.named("a"), Column.named("b")), [(1, "x"), (2, "y")])
    assert to_csv(table) == "a,b\r\n1,x\r\n2,y\r\n"


def test_the_name_of_a_file_has_the_moment_in_utc_and_no_sign_that_a_file_system_refuses() -> None:
    report = find("ticketing-volume")
    assert report is not None
    as_of = datetime(2026, 3, 31, 20, 5, 59, tzinfo=timezone(timedelta(hours=-5)))
    assert file_name(report, as_of) == "ticketing-volume-as-of-2026-04-01T01-05Z.csv"
