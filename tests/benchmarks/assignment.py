"""`squad bench assignment`: the engine against OR-tools, scipy and greedy, in one run.

Every figure is of this machine and this minute; what counts are the ratios. The yardsticks solve
exactly the same problem: OR-tools gets our levels for nothing and is timed on the rest, scipy has
penalties for levels. An answer that is not the optimum, or not proven, ends the run.
"""

import asyncio
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec
import numpy as np

from orchestration.assignment import referee
from orchestration.assignment.evidence import Evidence
from orchestration.assignment.matching.compiled import compiled
from orchestration.assignment.matching.graph import Edges, State, owners, packed
from orchestration.assignment.matching.solver import Draft, again, draft, prove
from orchestration.assignment.oracle import best_by_scipy
from orchestration.assignment.problem import LEVELS, Problem, build
from orchestration.assignment.run import assign
from orchestration.assignment.snapshot import Snapshot
from orchestration.assignment.solve import solve
from orchestration.local.environment import common
from tests.benchmarks.country import SIZES, Size, country
from tests.benchmarks.filled import filled
from tests.benchmarks.oracles import cost_by_or_tools, greedy, served_and_cost
from tests.benchmarks.report import Report, Wrong, shown, timed
from tests.databases import Databases

ROUNDS = 3
CHANGES = 100
OTHER_SEEDS = (2, 3, 4, 5)


def run(size_name: str, say: Callable[[str], None], *, whole: bool) -> dict[str, Any]:
    """Measures one size; raises Wrong when an answer is not the optimum."""
    size, report = SIZES[size_name], Report({"size": size_name}, say)
    small = SIZES["S"]
    solve(build(country(small), small.policy))  # compiled and in memory
    snapshot = country(size)
    problem = _problem(report, size, snapshot)
    found = _solver(report, problem)
    _yardsticks(report, problem, found)
    _other_draws(report, size)
    _warm(report, problem)
    _growth(report, size_name, problem)
    _whole_problem(report, build(snapshot, size.policy))
    _memory(report, snapshot)
    if whole:
        asyncio.run(_with_database(report, snapshot))
    return report.figures


def _problem(report: Report, size: Size, snapshot: Snapshot) -> Problem:
    seconds: list[float] = []
    for _ in range(ROUNDS):
        with timed(seconds):
            problem = build(snapshot, size.policy)
    report.add("tickets", problem.tickets)
    report.add("windows", int(np.bitwise_count(problem.columns.experts.free).sum()))
    report.add("edges", len(problem.edges.other))
    report.add("candidates_s", shown(seconds))
    return problem


def _solver(report: Report, problem: Problem) -> Draft:
    """Cold solve, prices and proof, and how many plain passes over the edges that is."""
    solving: list[float] = []
    proving: list[float] = []
    for _ in range(ROUNDS):
        with timed(solving):
            found = draft(problem.edges, problem.level, problem.slots, LEVELS)
        with timed(proving):
            proof = prove(found)
        if not proof.certificate.holds:
            raise Wrong(f"The certificate does not hold: {proof.certificate}")
    passes: list[float] = []
    plain_pass(problem.edges, found.state)
    for _ in range(10):
        with timed(passes):
            plain_pass(problem.edges, found.state)
    report.add("solve_s", shown(solving))
    report.add("plain_pass_s", shown(passes))
    report.add("solve_passes", round(median(solving) / median(passes), 1))
    report.add("prove_s", shown(proving))
    report.add("prove_to_solve", round(median(proving) / median(solving), 2))
    report.add("phases_s", {name: round(value, 3) for name, value in proof.seconds.items()})
    report.add("served", proof.served[1:])
    return found


def _other_draws(report: Report, size: Size) -> None:
    """How many plain passes a cold solve is in other countries of the size: chance has a part."""
    found = []
    for seed in OTHER_SEEDS:
        problem = build(country(size, seed), size.policy)
        solving: list[float] = []
        passes: list[float] = []
        for _ in range(ROUNDS):
            with timed(solving):
                drafted = draft(problem.edges, problem.level, problem.slots, LEVELS)
            with timed(passes):
                plain_pass(problem.edges, drafted.state)
        found.append(round(median(solving) / median(passes), 1))
    report.add("solve_passes_of_other_countries", found)


@compiled
def plain_pass(edges: Edges, state: State) -> int:
    """What every method has to do at least: look once at what each edge would cost now."""
    least = 0
    for ticket in range(len(edges.first)):
        best = 1 << 60
        for edge in range(edges.first[ticket], edges.end[ticket]):
            best = min(best, edges.cost[edge] + state.price[edges.other[edge]])
        least += best
    return least


def _yardsticks(report: Report, problem: Problem, found: Draft) -> None:
    ours, cost = report.figures["solve_s"], prove(found).certificate.primal
    seconds: list[float] = []
    for _ in range(1 if problem.tickets > 20_000 else ROUNDS):
        with timed(seconds):
            theirs = cost_by_or_tools(found)
        if theirs != cost:
            raise Wrong(f"OR-tools finds {theirs}, we {cost}.")
    report.add("or_tools_s", shown(seconds))
    report.add("or_tools_to_ours", round(median(seconds) / ours, 1))
    mine = served_and_cost(problem, found.state.slot_of)
    if problem.tickets <= 10_000:
        seconds = []
        with timed(seconds):
            slots = best_by_scipy(problem.edges, problem.level, problem.slots, LEVELS)
        if served_and_cost(problem, slots) != mine:
            raise Wrong(f"scipy finds {served_and_cost(problem, slots)}, we {mine}.")
        report.add("scipy_s", shown(seconds))
        report.add("scipy_to_ours", round(seconds[0] / ours, 1))
    served, total = served_and_cost(problem, greedy(problem))
    report.add("greedy_leaves_more_unserved", sum(mine[0]) - sum(served))
    per_visit = (total / max(sum(served), 1)) / (mine[1] / max(sum(mine[0]), 1)) - 1
    report.add("greedy_costs_more_a_visit_percent", round(100 * per_visit, 1))


def _warm(report: Report, problem: Problem) -> None:
    """A hundred tickets are gone and their edges with them: solved from where it was."""
    random = np.random.default_rng(1)
    some = random.choice(problem.tickets, min(CHANGES, problem.tickets // 2), replace=False)
    of = owners(problem.edges)
    lost = np.isin(of, some)
    tickets, slots = of[lost], problem.edges.other[lost].astype(np.int64)
    warm: list[float] = []
    for _ in range(ROUNDS):
        edges = deepcopy(problem.edges)
        found = draft(edges, problem.level, problem.slots, LEVELS)
        with timed(warm):
            again(found, tickets, slots)
    cold = prove(draft(packed(edges), problem.level, problem.slots, LEVELS))
    proof = prove(found)
    if not proof.certificate.holds or proof.certificate.primal != cold.certificate.primal:
        raise Wrong("The warm start ends elsewhere than the cold one.")
    report.add("warm_s", shown(warm))
    report.add("warm_to_cold", round(median(warm) / report.figures["solve_s"], 2))


def _growth(report: Report, size_name: str, problem: Problem) -> None:
    """The exponent of edges with which the solve grew from a tenth of the size, or so."""
    before = {"M": "S", "L-light": "M", "L": "M", "XL": "L"}.get(size_name)
    if before is None:
        return
    smaller = build(country(SIZES[before]), SIZES[before].policy)
    seconds: list[float] = []
    for _ in range(ROUNDS):
        with timed(seconds):
            draft(smaller.edges, smaller.level, smaller.slots, LEVELS)
    edges = math.log(len(problem.edges.other) / len(smaller.edges.other))
    report.add(
        "growth_exponent", round(math.log(report.figures["solve_s"] / median(seconds)) / edges, 2)
    )


def _whole_problem(report: Report, problem: Problem) -> None:
    """With days that can be driven, and every pair that was left out priced."""
    seconds: list[float] = []
    with timed(seconds):
        solution = solve(problem)
    if not solution.proven or not solution.left_out.none:
        raise Wrong("The answer is not proven over all pairs.")
    report.add("solve_with_days_and_pruning_s", shown(seconds))
    report.add("rounds", solution.rounds)
    report.add("repairs", solution.repairs)
    report.add("left_out_pairs", solution.left_out.pairs)
    report.add("left_out_pairs_that_gained", solution.added)
    report.add("gap", solution.left_out.cost)


def _memory(report: Report, snapshot: Snapshot) -> None:
    """The peak of a process that does what a run does, from reading its input to its decisions."""
    with tempfile.TemporaryDirectory() as folder:
        run_id = uuid4()
        hash_ = Evidence(Path(folder)).save(run_id, snapshot)
        policy = msgspec.json.encode(SIZES[report.figures["size"]].policy).decode()
        told = subprocess.run(
            [sys.executable, "-c", _ALONE, folder, str(run_id), hash_, policy],
            capture_output=True, text=True, check=True, env=os.environ | common(),
        )  # fmt: skip
    imported, peak = (int(it) // 1024 for it in told.stdout.split())
    report.add("memory_of_imports_mb", imported)
    report.add("peak_memory_mb", peak)


_ALONE = """
import sys
from pathlib import Path
from uuid import UUID
import msgspec
from api.sysops.assignment.policy import Policy
from orchestration.assignment.evidence import Evidence
from orchestration.assignment.explain import decisions
from orchestration.assignment.problem import build
from orchestration.assignment.solve import solve
def peak():
    status = Path("/proc/self/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
print(peak())
folder, run_id, hash_, policy = sys.argv[1:]
snapshot = Evidence(Path(folder)).load(UUID(run_id), hash_)
problem = build(snapshot, msgspec.json.decode(policy, type=Policy))
del snapshot
decisions(problem, solve(problem))
print(peak())
"""


async def _with_database(report: Report, snapshot: Snapshot) -> None:
    """A whole run on PostgreSQL: read, build, solve, prove, explain, ledger, write."""
    policy = SIZES[report.figures["size"]].policy
    with filled(snapshot, policy) as databases, tempfile.TemporaryDirectory() as folder:
        seconds = await _assigned(report, databases, snapshot.as_of, Path(folder))
    report.add("escalate_s", round(seconds.pop("escalate"), 2))  # after what is written
    total = sum(seconds.values())
    report.add("whole_run_s", round(total, 2))
    report.add(
        "whole_run_shares", {it: f"{100 * spent / total:.0f} %" for it, spent in seconds.items()}
    )


async def _assigned(
    report: Report, databases: Databases, now: datetime, folder: Path
) -> dict[str, float]:
    async with databases.sessions("sysops", "assigner") as sessions:
        outcome = await assign(sessions, now, Evidence(folder))
        async with sessions() as session:
            found = await referee.verify(session)
    if any(found.values()) or outcome.skipped or not outcome.proven:
        raise Wrong(f"The referee finds {found}, {outcome.skipped} were skipped.")
    report.add("proposals_written", outcome.assigned)
    report.add("write_ms_a_proposal", round(1000 * outcome.seconds["write"] / outcome.assigned, 2))
    return dict(outcome.seconds)
