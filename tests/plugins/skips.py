"""A skipped test proves nothing: in CI it fails, elsewhere it is said aloud at the end.

CI is where the variable `CI` is set. There, everything that a test needs is there to be
installed, so a skip means that nobody would notice when the test no longer runs.
"""

import os
from collections.abc import Generator

import pytest

IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skip a failure; an expected failure (xfail) is not a skip."""
    if IN_CI and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped in CI. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of one test; also runs in the workers of a parallel run."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Of a whole module or class that skips itself."""
    report = yield
    _refuse(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Outside CI: how much this run did not look at."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} NOT RUN", sep="!", yellow=True, bold=True)
        terminalreporter.line("These tests were skipped; in CI each of them is a failure.")
