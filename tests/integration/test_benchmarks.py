"""Every benchmark runs at a tiny size: what it prepares fits the tables, what it verifies is right.

What it measures in so short a time says nothing, so no test looks at it.
"""

from typing import Any

from tests.benchmarks import read, submit


def goals(figures: dict[str, Any]) -> set[str]:
    return {goal["name"] for goal in figures["goals"]}


def test_submissions_are_measured_beside_pgbench_and_the_reference() -> None:
    figures = submit.run(0.2, print, connections=(2,))
    assert goals(figures) == {
        "to_pgbench_of_2_connections",
        "to_reference_of_2_connections",
        "p99_to_p50_of_2_connections",
    }


def test_reading_tickets_is_measured_beside_the_bare_queries() -> None:
    figures = read.run(10_000, 0.2, print)
    assert goals(figures) == {"list_to_bare", "detail_to_bare"}
