"""What a published version rests on, as rows for the page Trust: datasets, checks, builds, metrics.

All of it is in the manifests of the versions that are kept; nothing is counted anew.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from dashboards.links import asset_url, run_url
from warehouse import reports
from warehouse.manifest import Check, HeldBack, Manifest, Table
from warehouse.reports.definitions import definitions

State = Literal["Failed", "Warning", "Passed"]
STATES: Final[tuple[State, ...]] = ("Failed", "Warning", "Passed")
SIGNS: Final = {"Failed": "✖ Failed", "Warning": "▲ Warning", "Passed": "✔ Passed"}
"""A sign and a word, so that no colour has to be told apart."""
NO_CHECKS: Final = "No check"
_MART: Final = re.compile(r"`((?:fct|dim)_\w+)\.")


def state_of(check: Check) -> State:
    """A check of severity `block` fails, one of severity `warn` warns."""
    if check.passed:
        return "Passed"
    return "Failed" if check.severity == "block" else "Warning"


def counted(checks: Iterable[Check]) -> dict[State, int]:
    """How many checks are in each state."""
    states = [state_of(check) for check in checks]
    return {state: states.count(state) for state in STATES}


def in_words(checks: Iterable[Check]) -> str:
    """The worst state with its count: `▲ Warning: 1 of 5`, or `✔ Passed: 5`."""
    counts = counted(checks)
    total = sum(counts.values())
    for state in STATES[:-1]:
        if counts[state]:
            return f"{SIGNS[state]}: {counts[state]} of {total}"
    return f"{SIGNS['Passed']}: {total}" if total else NO_CHECKS


def checks_of(manifest: Manifest, marts: Iterable[str]) -> list[Check]:
    """The checks told of these marts."""
    assets = {f"marts/{mart}" for mart in marts}
    return [check for check in manifest.checks if check.asset in assets]


def before(shown: Manifest, history: Sequence[Manifest]) -> Manifest | None:
    """The version before the one shown, if it is still kept; `history` is the newest first."""
    return next((one for one in history if one.version < shown.version), None)


def datasets(
    shown: Manifest, earlier: Manifest | None, landed: Mapping[str, datetime]
) -> list[dict[str, Any]]:
    """One row a mart; `landed` says up to when each mirrored table is in the numbers.

    A mart is as fresh as the table behind it that is furthest behind.
    """
    rows = []
    for name, table in shown.tables.items():
        moments = [landed[source] for source in table.sources if source in landed]
        rows.append(
            {
                "dataset": name,
                "checks": in_words(checks_of(shown, [name])),
                "rows": table.rows,
                "change": _change(table, earlier.tables.get(name) if earlier else None),
                "fresh_at": min(moments, default=None),
                "files": len(table.files),
                "kilobytes": table.bytes / 1000,
                "grain": table.grain,
                "asset": asset_url(f"marts/{name}"),
            }
        )
    return rows


def _change(table: Table, earlier: Table | None) -> int | None:
    return table.rows - earlier.rows if earlier else None


def rows_of(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """One row a check, what failed first."""
    ordered = sorted(
        checks,
        key=lambda check: (STATES.index(state_of(check)), check.asset, check.name),
    )
    return [
        {
            "state": SIGNS[state_of(check)],
            "asset": check.asset,
            "check": check.name.replace("_", " "),
            "failing_rows": check.failed,
            "detail": check.detail,
            "page": asset_url(check.asset),
        }
        for check in ordered
    ]


def builds(
    shown: str, history: Sequence[Manifest], held_back: Sequence[HeldBack]
) -> list[dict[str, Any]]:
    """One row a build, the latest first: versions that are kept, and what was held back."""
    kept = [
        {
            "built_at": one.created_at,
            "state": "✔ Shown" if one.version == shown else "Kept",
            "version": one.version,
            "data_at": one.as_of,
            "rows": sum(table.rows for table in one.tables.values()),
            "kilobytes": sum(table.bytes for table in one.tables.values()) / 1000,
            "checks": in_words(one.checks),
            "run": run_url(one.run_id),
            "reason": "",
        }
        for one in history
    ]
    held = [
        {
            "built_at": one.at,
            "state": "✖ Held back",
            "run": run_url(one.run_id),
            "reason": "; ".join(one.reasons),
        }
        for one in held_back
    ]
    return sorted(kept + held, key=lambda row: row["built_at"], reverse=True)


@dataclass(frozen=True)
class Metric:
    """A definition with the reports that show it, its marts, and their checks."""

    definition: reports.Definition
    reports: tuple[reports.Report, ...]
    marts: tuple[str, ...]
    checks: tuple[Check, ...]


def metrics(manifest: Manifest) -> list[Metric]:
    """Every metric in the order of docs/metrics.md."""
    return [_metric(one, manifest) for one in definitions().values()]


def _metric(definition: reports.Definition, manifest: Manifest) -> Metric:
    """The marts are those that the definition names; without one, those of its reports."""
    shown_in = tuple(one for one in reports.REPORTS if definition.anchor in one.definitions)
    named = sorted(set(_MART.findall(definition.words)))
    marts = named or sorted({mart for report in shown_in for mart in report.marts})
    return Metric(definition, shown_in, tuple(marts), tuple(checks_of(manifest, marts)))


def matching(found: Iterable[Metric], words: str) -> list[Metric]:
    """Those whose title, definition, reports or marts hold every one of the words."""
    wanted = words.lower().split()
    return [one for one in found if all(word in _text(one) for word in wanted)]


def _text(metric: Metric) -> str:
    titles = [report.title for report in metric.reports]
    definition = metric.definition
    return " ".join([definition.title, definition.words, *titles, *metric.marts]).lower()
