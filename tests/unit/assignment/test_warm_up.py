"""What is compiled ahead of the first run is all that a run needs."""

from collections.abc import Callable

import numba

from orchestration.assignment.problem import build
from orchestration.assignment.solve import solve
from orchestration.assignment.warm_up import main, small_country
from tests.unit.assignment.small import TODAY, expert, snapshot, ticket

type_of: Callable[[object], object] = numba.typeof  # without types of its own


def test_the_small_country_takes_the_paths_that_a_large_one_takes() -> None:
    main()
    found = build(small_country(), TODAY)
    solution = solve(found)
    assert solution.proven
    assert solution.repairs > 0, "a day that cannot be driven is mended"
    assert len(found.blockers.expert) > 0, "an expert takes fewer visits than windows are free"


def test_what_there_is_none_of_is_of_the_type_that_code_is_compiled_for() -> None:
    ahead = build(small_country(), TODAY)
    plain = build(snapshot([ticket(1)], [expert(1)]), TODAY)
    assert len(plain.columns.tickets.since) == len(plain.columns.experts.visit_start) == 0
    assert type_of(plain.setting) == type_of(ahead.setting)
    assert type_of(plain.pairs) == type_of(ahead.pairs)
