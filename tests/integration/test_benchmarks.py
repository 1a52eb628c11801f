"""Every benchmark of a hot path runs at a tiny size, and what it verifies is right.

What it measures in so short a time says nothing, so no test looks at it.
"""

from typing import Any

from tests.benchmarks import growth, read, relay, search_kb, search_tickets, submit, suite


def goals(figures: dict[str, Any]) -> set[str]:
    return {goal["name"] for goal in figures["goals"]}


def test_submissions_are_measured_beside_pgbench_and_the_reference() -> None:
    figures = submit.run(0.2, print, connections=(2,))
    assert goals(figures) == {
        "to_pgbench_of_2_connections",
        "to_reference_of_2_connections",
        "p99_to_p50_of_2_connections",
        "refused_of_2_connections",
    }


def test_reading_tickets_is_measured_beside_the_bare_queries() -> None:
    figures = read.run(10_000, 0.2, print)
    assert goals(figures) == {"list_to_bare", "detail_to_bare"}


def test_the_relay_is_measured_beside_a_bare_pgqueuer() -> None:
    figures = relay.run(150, 0.5, print)
    assert goals(figures) == {"latency_p99_s", "to_bare_pgqueuer"}


def test_articles_are_searched_beside_tantivy_and_found() -> None:
    figures = search_kb.run(2_000, 10, print)
    assert goals(figures) == {"p95_ms", "clean_found", "typo_found"}
    found = {goal["name"]: goal["ok"] for goal in figures["goals"]}
    assert (found["clean_found"], found["typo_found"]) == (True, True)


def test_tickets_are_searched_beside_a_look_by_primary_key() -> None:
    assert goals(search_tickets.run(3_000, print)) == {"p95_ms"}


def test_what_routes_cost_is_measured_in_two_businesses() -> None:
    figures = growth.run(200, print, times=2, people=2)
    assert goals(figures) == {"routes_that_grow"}
    # The document's example names a plan that the demo world does not have.
    assert figures["looks_without_figure"] == ["GET /customer/contracts/{contract_id}/plan-change"]


def test_the_table_tells_what_is_met_what_is_missed_and_what_was_wrong() -> None:
    goal = {"name": "p95_ms", "ratio": 12.5, "target": "at most 10", "ok": False}
    found = [
        suite.Outcome("search-kb", 61.2, {"goals": [goal]}),
        suite.Outcome("billing", 30, {"draft_and_check_to_bare": 3.9}),
        suite.Outcome("relay", 2, {"wrong": "Of 2 tickets 1 arrived."}),
    ]
    assert suite.table(found).splitlines()[2:] == [
        "| search-kb (61 s) | p95_ms |  |  | 12.5 | at most 10 | missed |",
        "| billing (30 s) | draft_and_check_to_bare |  |  | 3.9 | at most 4 | met |",
        "| relay (2 s) | Of 2 tickets 1 arrived. |  |  |  |  | wrong |",
    ]
