"""The reports by name: what each is called, what defines it, and its SQL."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import duckdb

from warehouse.macros import FOLDER, marts_of

Page = Literal[
    "overview",
    "operations",
    "ticketing",
    "experts",
    "satisfaction",
    "knowledge",
    "finance",
    "trust",
]


@dataclass(frozen=True)
class Report:
    """One table of numbers.

    `definitions` are anchors in docs/metrics.md; its parameters are those of its SQL.
    """

    page: Page
    file: str
    title: str
    definitions: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.page}-{self.file.replace('_', '-')}"

    @cached_property
    def sql(self) -> str:
        return (FOLDER / self.page / f"{self.file}.sql").read_text(encoding="utf-8")

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The named parameters of the SQL."""
        (statement,) = duckdb.extract_statements(self.sql)
        return frozenset(statement.named_parameters)

    @property
    def filters(self) -> frozenset[str]:
        """What a reader can choose; the moment `as_of` is the snapshot's own."""
        return self.parameters - {"as_of"}

    @cached_property
    def marts(self) -> tuple[str, ...]:
        """The marts that its numbers come from, its macros' marts included."""
        return marts_of(self.sql)


_WEEK = ("sla-attainment", "time-to-resolve", "wrong-expert", "satisfaction")

REPORTS: tuple[Report, ...] = (
    Report("overview", "week", "This week against last", (*_WEEK, "interval")),
    Report("overview", "trend", "The last 13 weeks", _WEEK),
    Report(
        "operations",
        "summary",
        "How things stand",
        (
            "backlog", "unassigned", "overdue", "at-risk", "visits-today", "proposals-waiting",
            "submitted", "resolved",
        ),
    ),
    Report("operations", "conservation", "Tickets submitted and arrived", ("conservation",)),
    Report("operations", "backlog", "Backlog by state and age", ("backlog", "age")),
    Report(
        "operations",
        "places",
        "Where work waits, and who is free",
        ("unassigned", "free-experts"),
    ),
    Report("operations", "unassigned", "Oldest without an expert", ("unassigned", "reason")),
    Report("operations", "sla_at_risk", "Promises at risk", ("at-risk", "overdue")),
    Report("operations", "visits_by_window", "Today's visits", ("visits-today",)),
    Report("operations", "visits_today", "Today's visits, one by one", ("visits-today",)),
    Report("operations", "proposals", "Proposals waiting for an answer", ("proposals-waiting",)),
    Report(
        "ticketing",
        "summary",
        "The period at a glance",
        (
            "submitted", "resolved", "time-to-assign", "first-response", "time-to-resolve",
            "sla-attainment", "first-time-fix", "reopen-rate", "rejection-rate",
            "unfinished-visits", "wrong-expert", "nobody-home", "expert-did-not-come",
            "satisfaction",
        ),
    ),
    Report("ticketing", "volume", "Tickets submitted", ("submitted",)),
    Report(
        "ticketing",
        "clocks",
        "Time to assign, to respond and to resolve",
        ("time-to-assign", "first-response", "time-to-resolve"),
    ),
    Report(
        "ticketing",
        "quality",
        "Promises kept and work done twice",
        (
            "sla-attainment", "first-time-fix", "reopen-rate", "rejection-rate",
            "unfinished-visits", "wrong-expert", "nobody-home", "expert-did-not-come",
        ),
    ),
    Report(
        "ticketing",
        "breakdown",
        "All measures, part by part",
        (
            "submitted", "time-to-assign", "time-to-resolve", "sla-attainment", "first-time-fix",
            "reopen-rate", "rejection-rate", "unfinished-visits", "satisfaction",
        ),
    ),
    Report(
        "experts",
        "summary",
        "All experts in the period",
        (
            "visits", "acceptance-rate", "punctuality", "fixed-at-first-visit", "satisfaction",
            "travel", "visits-a-day",
        ),
    ),
    Report("experts", "answers", "What became of proposals", ("acceptance-rate",)),
    Report(
        "experts",
        "comparison",
        "Experts against the mean of all",
        ("comparison", "acceptance-rate", "punctuality", "fixed-at-first-visit", "satisfaction"),
    ),
    Report(
        "experts",
        "scorecard",
        "One row an expert",
        (
            "visits", "acceptance-rate", "punctuality", "fixed-at-first-visit", "satisfaction",
            "interval", "travel", "visits-a-day",
        ),
    ),
    Report("experts", "travel", "How far visits are", ("travel",)),
    Report(
        "satisfaction",
        "summary",
        "What customers said",
        (
            "satisfaction", "net-promoter-score", "mean-score", "response-rate", "low-scores",
            "interval",
        ),
    ),
    Report(
        "satisfaction",
        "trend",
        "Satisfaction and recommendation",
        ("satisfaction", "net-promoter-score", "interval"),
    ),
    Report("satisfaction", "response", "Surveys answered", ("response-rate",)),
    Report(
        "satisfaction",
        "breakdown",
        "Satisfaction, part by part",
        ("satisfaction", "net-promoter-score", "interval"),
    ),
    Report(
        "satisfaction",
        "experts",
        "Satisfaction by expert",
        ("satisfaction", "net-promoter-score", "interval"),
    ),
    Report("satisfaction", "drivers", "What satisfaction goes with", ("drivers",)),
    Report("satisfaction", "follow_up", "Whom to call", ("low-scores",)),
    Report(
        "knowledge",
        "summary",
        "What articles did",
        (
            "searches", "found-nothing", "solved-by-an-article", "tickets-that-articles-ended",
            "resolved-with-an-article", "articles",
        ),
    ),
    Report("knowledge", "searches", "Searches for articles", ("searches", "found-nothing")),
    Report(
        "knowledge",
        "rates",
        "How often articles are found and help",
        ("found-nothing", "solved-by-an-article", "resolved-with-an-article", "interval"),
    ),
    Report(
        "knowledge",
        "uses",
        "Times that articles helped",
        ("tickets-that-articles-ended", "resolved-with-an-article"),
    ),
    Report(
        "knowledge",
        "articles",
        "Article by article",
        ("tickets-that-articles-ended", "resolved-with-an-article", "articles"),
    ),
    Report("knowledge", "gaps", "Where an article is missing", ("tickets-for-the-next-article",)),
    Report(
        "finance",
        "summary",
        "The period's money",
        (
            "mrr", "mrr-movements", "invoiced", "collected", "declined-and-recovered",
            "receivables", "tax",
        ),
    ),
    Report(
        "finance", "mrr", "Monthly recurring revenue", ("mrr", "mrr-movements", "churn", "arpu")
    ),
    Report("finance", "billed", "Invoiced and collected", ("invoiced", "collected", "tax")),
    Report("finance", "payments", "Declined and recovered", ("declined-and-recovered",)),
    Report("finance", "receivables", "Owed, by age", ("receivables",)),
    Report("finance", "tax", "Tax by state", ("tax",)),
    Report("finance", "ledger", "This page against the ledger", ("ledger",)),
    Report("finance", "accounts", "Ledger accounts", ("ledger",)),
    Report("trust", "freshness", "How far each table has landed", ("freshness",)),
)  # fmt: skip

_BY_NAME = {report.name: report for report in REPORTS}


def find(name: str) -> Report | None:
    """The report of this name."""
    return _BY_NAME.get(name)
