"""What is compiled ahead of the first run is all that a run needs."""

from orchestration.assignment.problem import build
from orchestration.assignment.solve import solve
from orchestration.assignment.warm_up import main, small_country
from tests.unit.assignment.small import TODAY


def test_the_small_country_takes_the_paths_that_a_large_one_takes() -> None:
    main()
    found = build(small_country(), TODAY)
    solution = solve(found)
    assert solution.proven
    assert solution.repairs > 0, "a day that cannot be driven is mended"
    assert len(found.blockers.expert) > 0, "an expert takes fewer visits than windows are free"
