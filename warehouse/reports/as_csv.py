"""A report as a file for people's spreadsheets: comma-separated values (RFC 4180) and its name."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from warehouse.reports.catalogue import Report
from warehouse.reports.running import Table

# What makes a spreadsheet take a text for a formula, which could fetch or send something (OWASP,
# "CSV Injection"): also behind blanks, and as the wide letters that Japanese keyboards type.
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")


def to_csv(table: Table) -> str:
    """A line of names and a line a row, each ended by CRLF.

    Moments are in UTC, truth values are words, both as JSON has them; what is not known is
    empty. A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return to_lines([column.name for column in table.columns], table.rows)


def to_lines(names: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """The same of rows from anywhere."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return lines.getvalue()


def file_name(report: Report, as_of: datetime) -> str:
    """Of letters, digits, dots and hyphens alone; the moment is in UTC, to the minute."""
    return f"{report.name}-as-of-{as_of.astimezone(UTC):%Y-%m-%dT%H-%MZ}.csv"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        begins = value.lstrip(" ")[:1]
        return f"'{value}" if begins in _FORMULA and begins else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value
