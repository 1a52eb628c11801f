"""The solver on bare problems: optimal, proven, and the proof notices what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest

from orchestration.assignment.matching.certificate import certify
from orchestration.assignment.matching.compiled import Levels
from orchestration.assignment.matching.graph import Edges, in_rows, owners
from orchestration.assignment.matching.prices import lowest
from orchestration.assignment.matching.solver import Optimum, Warm, again, draft, prove
from orchestration.assignment.oracle import best_by_scipy
from tests.benchmarks.oracles import cost_by_or_tools

LEVELS = 4


@dataclass(frozen=True)
class Case:
    edges: Edges
    level: Levels
    slots: int

    def solved(self, warm: Warm | None = None) -> Optimum:
        return prove(draft(self.edges, self.level, self.slots, LEVELS, warm))

    def without(self, lost: np.ndarray) -> "Case":
        """The same without some edges."""
        rows = owners(self.edges)[~lost]
        return case_of(
            rows, self.edges.other[~lost], self.edges.cost[~lost], self.level, self.slots
        )


def case_of(
    rows: np.ndarray, other: np.ndarray, cost: np.ndarray, level: np.ndarray, slots: int
) -> Case:
    counts = np.bincount(rows, minlength=len(level))
    edges = in_rows(counts, other.astype(np.int32), cost.astype(np.int32))
    return Case(edges, level.astype(np.int8), slots)


def random_case(seed: int, *, most: int = 30) -> Case:
    """Any shape: few or many slots, sparse or dense, many equal costs or none, zero costs."""
    random = np.random.default_rng(seed)
    tickets, slots = random.integers(1, most, 2)
    kept = random.random((tickets, slots)) < random.choice([0.1, 0.3, 0.8])
    rows, other = np.nonzero(kept)
    cost = random.integers(0, random.choice([2, 20, 100_000]), len(rows))
    return case_of(rows, other, cost, random.integers(0, LEVELS, tickets), int(slots))


def value(case: Case, slot_of: np.ndarray) -> tuple[list[int], int]:
    """Tickets served at each level (negative), and the total cost: less is better."""
    rows = owners(case.edges)
    total = int(case.edges.cost[case.edges.other == slot_of[rows]].sum())
    counts = np.bincount(case.level[slot_of >= 0], minlength=LEVELS)
    return [-int(it) for it in counts], total


def test_thousands_of_random_problems_have_the_value_that_scipy_finds_and_are_proven() -> None:
    for seed in range(3000):
        case = random_case(seed)
        found = case.solved()
        assert found.certificate.holds, (seed, found.certificate)
        oracle = best_by_scipy(case.edges, case.level, case.slots, LEVELS)
        assert value(case, found.state.slot_of) == value(case, oracle), seed
        assert found.certificate.primal == value(case, oracle)[1]


def test_larger_problems_cost_what_or_tools_says() -> None:
    for seed in range(8):
        case = random_case(seed, most=400)
        found = draft(case.edges, case.level, case.slots, LEVELS)
        assert prove(found).certificate.primal == cost_by_or_tools(found)


def test_a_warm_start_after_changes_ends_at_the_same_value() -> None:
    for seed in range(600):
        case = random_case(seed)
        before = case.solved()
        lost = np.random.default_rng(seed).random(len(case.edges.other)) < 0.2
        changed = case.without(lost)
        warm = changed.solved(Warm(before.state.slot_of, before.state.price))
        assert warm.certificate.holds, (seed, warm.certificate)
        assert value(changed, warm.state.slot_of) == value(changed, changed.solved().state.slot_of)


def test_edges_taken_out_a_few_at_a_time_end_at_the_value_without_them() -> None:
    for seed in range(600):
        random, case = np.random.default_rng(seed), random_case(seed)
        found, rows = draft(case.edges, case.level, case.slots, LEVELS), owners(case.edges)
        for _ in range(4):
            lost = random.random(len(rows)) < 0.1
            lost |= (found.state.slot_of[rows] == case.edges.other) & (random.random() < 0.5)
            changed = case.without(lost)
            again(found, rows[lost], case.edges.other[lost].astype(np.int64))
            case, rows = changed, rows[~lost]
            proven = prove(found)
            assert proven.certificate.holds, (seed, proven.certificate)
            assert value(case, found.state.slot_of) == value(case, case.solved().state.slot_of)


def test_the_price_of_a_slot_is_exactly_what_everything_costs_more_without_it() -> None:
    seen = 0
    for seed in range(200):
        case = random_case(seed, most=12)
        found = case.solved()
        counts, total = value(case, found.state.slot_of)
        for slot in np.flatnonzero(found.state.ticket_of >= 0):
            less = case.without(case.edges.other == slot)
            fewer, cost = value(less, less.solved().state.slot_of)
            if slot in found.irreplaceable or found.rules.forced[slot]:
                assert fewer > counts, "fewer are served"
            else:
                assert (fewer, cost) == (counts, total + int(found.state.price[slot]))
                seen += 1
    assert seen > 200


def test_what_an_alternative_costs_more_is_never_told_too_high() -> None:
    seen = exact = 0
    for seed in range(60):
        case = random_case(seed, most=10)
        found = case.solved()
        low_price, low_value = lowest(case.edges, found.full, found.rules, found.state)
        counts, total = value(case, found.state.slot_of)
        rows = owners(case.edges)
        for row, slot, cost in zip(rows, case.edges.other, case.edges.cost, strict=True):
            # Everybody else of what is left when this ticket has this slot.
            others = case.without((rows == row) | (case.edges.other == slot))
            served, rest = value(others, others.solved().state.slot_of)
            served[case.level[row]] -= 1
            high = found.state.price[slot] - found.state.value[row]
            low = low_price[slot] - low_value[row]
            if served == counts:
                assert rest + cost - total >= cost + max(high, low) >= 0
                exact += rest + cost - total == cost + max(high, low)
                seen += 1
    assert exact > seen / 2, "and is exact more often than not"


def test_the_lowest_prices_prove_the_optimum_as_well() -> None:
    for seed in range(300):
        case = random_case(seed)
        found = case.solved()
        low_price, low_value = lowest(case.edges, found.full, found.rules, found.state)
        state = found.state._replace(price=low_price, value=low_value)
        proof = certify(case.edges, case.level, found.full, found.rules, state, LEVELS)
        assert proof.holds, (seed, proof)
        assert (low_price <= found.state.price).all()


def test_a_problem_without_edges_is_solved() -> None:
    none = np.empty(0, np.int64)
    for tickets, slots in ((0, 0), (3, 0), (0, 3), (3, 3)):
        found = case_of(none, none, none, np.zeros(tickets, np.int8), slots).solved()
        assert found.certificate.holds
        assert found.state.slot_of.tolist() == [-1] * tickets


def dearer(found: Optimum, _: Random) -> None:
    """A pair pays more than it must."""
    found.state.value[np.argmax(found.state.slot_of >= 0)] += 1


def priced(found: Optimum, _: Random) -> None:
    """A free slot has a price."""
    found.state.price[np.argmax(found.state.ticket_of < 0)] += 1


def left(found: Optimum, _: Random) -> None:
    """A served ticket is left."""
    ticket = int(np.argmax(found.state.slot_of >= 0))
    found.state.ticket_of[found.state.slot_of[ticket]] = -1
    found.state.slot_of[ticket] = -1


def twice(found: Optimum, _: Random) -> None:
    """Two tickets have one slot."""
    first, second = np.flatnonzero(found.state.slot_of >= 0)[:2]
    found.state.slot_of[first] = found.state.slot_of[second]


def relevelled(found: Optimum, random: Random) -> None:
    """The witness of a level is another one."""
    ticket = random.randrange(len(found.full.ticket))
    found.full.ticket[ticket] = (found.full.ticket[ticket] + 1) % (LEVELS + 1)


@pytest.mark.parametrize("harm", [dearer, priced, left, twice, relevelled])
def test_the_certificate_notices(harm: Callable[[Optimum, Random], None]) -> None:
    noticed = 0
    for seed in range(60):
        case = random_case(seed)
        found = case.solved()
        enough = (found.state.slot_of >= 0).sum() >= 2 and (found.state.ticket_of < 0).any()
        if not enough:
            continue
        harm(found, Random(seed))
        proof = certify(case.edges, case.level, found.full, found.rules, found.state, LEVELS)
        assert not proof.holds, seed
        noticed += 1
    assert noticed > 10
