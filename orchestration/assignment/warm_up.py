"""Compiles the solver ahead of the first run: `python -m orchestration.assignment.warm_up`.

On a new machine, and after an update of the engine, that takes some 30 seconds, which `squad up`
has while other things start. The result is kept; where it is already, this takes three.
"""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from api.sysops.assignment.policy import Policy
from orchestration.assignment.explain import decisions
from orchestration.assignment.matching import edition
from orchestration.assignment.problem import build
from orchestration.assignment.snapshot import SCHEMAS, Snapshot, snapshot_of
from orchestration.assignment.solve import solve

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def main() -> None:
    """Solve a problem that takes every path once; what older editions compiled goes."""
    edition.remove_others()
    problem = build(small_country(), Policy(horizon_working_days=1, nearest_experts=1))
    decisions(problem, solve(problem))


def small_country() -> Snapshot:
    """Three tickets far apart, and two experts of whom one has a visit and takes three a day."""
    morning = (MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=4))
    rows: dict[str, list[tuple[object, ...]]] = {
        "tickets": [
            (str(number), 1, "urgent", "kind", 30 + number, -97.0, MONDAY, None, 120)
            for number in range(3)
        ],
        "preferred": [("0", MONDAY, MONDAY + timedelta(days=1))],
        "excluded": [("0", "1")],
        "known": [("1", "1")],
        "required": [("kind", "skill", 1)],
        "experts": [
            (str(number), 31.0, -97.0, 300, "America/Chicago", 0, 3) for number in range(2)
        ],
        "skills": [(str(number), "skill", 2, date(2030, 1, 1)) for number in range(2)],
        "shifts": [(str(number), day, 480, 1020) for number in range(2) for day in range(1, 8)],
        "visits": [("1", *morning, 31.0, -97.0, 60)],
    }
    frames = {
        name: pl.DataFrame(found, schema=dict(SCHEMAS[name]), orient="row")
        for name, found in rows.items()
    }
    return snapshot_of(MONDAY, frames)


if __name__ == "__main__":
    main()
