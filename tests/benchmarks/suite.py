"""`squad bench all`: every benchmark, one after the other, each in a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec


@dataclass(frozen=True)
class Bench:
    """How a benchmark is called at each size.

    `targets` are for figures of those that do not compare them themselves: at least this, or at
    most. They are of the full size.
    """

    small: tuple[str, ...] = ("--size", "small")
    full: tuple[str, ...] = ("--size", "full")
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)


SUITE: Final[Mapping[str, Bench]] = {
    "submit": Bench(),
    "read": Bench(),
    "relay": Bench(),
    "search-kb": Bench(),
    "search-tickets": Bench(),
    "growth": Bench(),
    "assignment": Bench(
        ("--size", "S"),
        ("--size", "L", "--whole"),
        at_least={"or_tools_to_ours": 6},
        at_most={"solve_passes": 80, "prove_to_solve": 0.3, "warm_to_cold": 0.15, "gap": 0},
    ),
    "billing": Bench(
        ("--customers", "20000"),
        ("--customers", "1000000"),
        at_least={"charges_to_bare_at_100_ms": 0.7, "charges_a_second_at_0_ms": 250},
        at_most={"draft_and_check_to_bare": 4},
    ),
    "replication": Bench(
        ("--tickets", "10000"),
        ("--tickets", "10000000"),
        at_most={
            "full_landing_to_copy": 2, "changed_to_full_landing": 0.05, "changed_to_full_build": 0.1
        },
    ),
    "reports": Bench(
        ("--tickets", "10000"),
        ("--tickets", "10000000"),
        at_most={"usual_over_1_s": 0, "usual_over_2_times_bare": 0},
    ),
    "data": Bench(("--customers", "1000"), ("--customers", "1000000")),
    "load": Bench(("--step", "5", "--overload", "20"), ()),
    "soak": Bench(("--minutes", "2"), ("--minutes", "30")),
    "startup": Bench((), ()),
    "memory": Bench((), ()),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one benchmark found: `figures` as it printed them."""

    name: str
    seconds: float
    figures: dict[str, Any]

    @property
    def goals(self) -> list[dict[str, Any]]:
        """What is compared with a target; a benchmark that was wrong has nothing to compare."""
        told: list[dict[str, Any]] = list(self.figures.get("goals", []))
        bench = SUITE[self.name]
        for bounds, word in ((bench.at_least, "at least"), (bench.at_most, "at most")):
            for name, bound in bounds.items():
                if name not in self.figures:
                    continue
                value = self.figures[name]
                ok = value >= bound if word == "at least" else value <= bound
                target = f"{word} {bound}"
                told.append({"name": name, "ratio": value, "target": target, "ok": ok})
        return told


def run(size: str, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Runs all of the suite, and keeps what each printed in `folder`, with a table of them.

    `ok` is whether none was wrong, and at full size whether every target is met: they are set
    for that size.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name in SUITE:
        say(f"{name} ...")
        found.append(_run(name, size, folder))
    (folder / "table.md").write_text(table(found))
    say(table(found))
    right = all("wrong" not in it.figures for it in found)
    missed = [f"{it.name}: {goal['name']}" for it in found for goal in it.goals if not goal["ok"]]
    return {
        "name": "all", "size": size, "seconds": round(sum(it.seconds for it in found)),
        "benchmarks": {it.name: it.figures for it in found}, "missed": missed,
        "ok": right and (size == "small" or not missed),
    }  # fmt: skip


def _run(name: str, size: str, folder: Path) -> Outcome:
    bench = SUITE[name]
    arguments = bench.small if size == "small" else bench.full
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.local.cli", "bench", name, *arguments, "--json"],
        check=False,
        stdout=subprocess.PIPE,
    )
    seconds = perf_counter() - began
    try:
        figures = msgspec.json.decode(done.stdout, type=dict[str, Any])
    except msgspec.DecodeError:
        figures = {"ok": False, "wrong": f"It ended with status {done.returncode}."}
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    return Outcome(name, seconds, figures)


def table(found: list[Outcome]) -> str:
    """What was compared, as Markdown; a benchmark without a comparison has a row as well."""
    lines = ["| bench | figure | ours | yardstick | ratio or value | target | |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for outcome in found:
        name = f"{outcome.name} ({outcome.seconds:.0f} s)"
        for goal in outcome.goals or [{"name": outcome.figures.get("wrong", "-")}]:
            ours, yardstick = (goal.get(it, {}).get("median", "") for it in ("ours", "yardstick"))
            met = {True: "met", False: "missed", None: "wrong"}[goal.get("ok")]
            value, target = goal.get("ratio", ""), goal.get("target", "")
            lines.append(
                f"| {name} | {goal['name']} | {ours} | {yardstick} | {value} | {target} | {met} |"
            )
    return "\n".join([*lines, ""])
