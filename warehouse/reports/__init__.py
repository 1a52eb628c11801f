"""Every number that pages and the report API show: SQL over the published marts.

`macros/` holds what a measure is, one definition each; the folders hold one report a file,
which only group and count. `catalogue` names them, `run` runs one.
"""

from warehouse.reports.as_csv import file_name, to_csv, to_lines
from warehouse.reports.catalogue import REPORTS, Page, Report, find
from warehouse.reports.definitions import Definition, define
from warehouse.reports.filters import Filters, InvalidFilters, parse
from warehouse.reports.running import Column, Table, TooMuch, ask, choices, run

__all__ = [
    "REPORTS",
    "Column",
    "Definition",
    "Filters",
    "InvalidFilters",
    "Page",
    "Report",
    "Table",
    "TooMuch",
    "ask",
    "choices",
    "define",
    "file_name",
    "find",
    "parse",
    "run",
    "to_csv",
    "to_lines",
]
