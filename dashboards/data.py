"""The published version behind every page, and answers kept for as long as it is the one shown."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import streamlit as st

from dashboards.settings import settings
from warehouse import reports
from warehouse.manifest import HeldBack, Manifest
from warehouse.read import Snapshot, Warehouse


@dataclass(frozen=True)
class Answer:
    """A report with what was asked, and of which moment the answer is."""

    report: reports.Report
    filters: reports.Filters
    table: reports.Table
    as_of: datetime


@st.cache_resource(max_entries=4, show_spinner=False)
def _warehouse(folder: Path) -> Warehouse:
    return Warehouse(folder, memory_limit="384MB", threads=2)


def newest() -> Snapshot:
    """The version shown now; raises NothingPublished before the first one."""
    return _warehouse(settings().warehouse_dir).snapshot()


def history() -> list[Manifest]:
    """Every version that is kept, the newest first."""
    return _warehouse(settings().warehouse_dir).history()


def all_held_back() -> list[HeldBack]:
    """The last builds that were held back, the latest first."""
    return _warehouse(settings().warehouse_dir).all_held_back()


@st.cache_data(max_entries=300, show_spinner="Reading the published snapshot …")
def _table(
    folder: Path, version: str, name: str, filters: reports.Filters, _snapshot: Snapshot
) -> reports.Table:
    del folder, version  # a part of the question: another version has another answer
    return reports.ask(_snapshot, find(name), filters)


@st.cache_data(max_entries=4, show_spinner=False)
def _choices(folder: Path, version: str, _snapshot: Snapshot) -> dict[str, dict[str, str]]:
    del folder, version
    return reports.choices(_snapshot)


def find(name: str) -> reports.Report:
    """The report that a page names; raises KeyError, as no reader can name one."""
    report = reports.find(name)
    if report is None:
        raise KeyError(name)
    return report


def ask(snapshot: Snapshot, name: str, filters: reports.Filters) -> Answer:
    """A report, from memory when it has been asked of this version before."""
    table = _table(settings().warehouse_dir, snapshot.version, name, filters, snapshot)
    return Answer(find(name), filters, table, snapshot.as_of)


def choices(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """For each filter, its values with the words that people read."""
    return _choices(settings().warehouse_dir, snapshot.version, snapshot)
