"""What a benchmark says: figures by name, measured in one run."""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import click

json_ = click.option("--json", "as_json", is_flag=True, help="Print one object to standard output.")
"""Of every benchmark's command, for `tell`."""


class Wrong(Exception):
    """A benchmark that ended with a wrong answer has no figures."""


@dataclass
class Report:
    """Figures by name, in the order in which they were measured."""

    figures: dict[str, Any]
    say: Callable[[str], None]

    def add(self, name: str, value: Any) -> None:
        self.figures[name] = value
        self.say(f"{name:42} {value}")

    def compare(
        self,
        name: str,
        *,
        ours: Sequence[float],
        yardstick: Sequence[float],
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Add the ratio of the medians, and whether it keeps its bound; each value is a round's."""
        ratio = median(ours) / median(yardstick)
        self._goal(name, ratio, at_least, at_most, ours=_spread(ours), yardstick=_spread(yardstick))

    def hold(
        self,
        name: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Add a figure that has a bound and no yardstick."""
        self._goal(name, value, at_least, at_most)

    def _goal(
        self, name: str, ratio: float, at_least: float | None, at_most: float | None, **more: Any
    ) -> None:
        ok = (at_least is None or ratio >= at_least) and (at_most is None or ratio <= at_most)
        target = f"at least {at_least}" if at_least is not None else f"at most {at_most}"
        goal = {"name": name, **more, "ratio": float(f"{ratio:.3g}"), "target": target, "ok": ok}
        self.figures.setdefault("goals", []).append(goal)
        self.figures["ok"] = self.figures.get("ok", True) and ok
        self.say(f"{name:42} {goal['ratio']} ({target}{'' if ok else ': MISSED'})")


def _spread(values: Sequence[float]) -> dict[str, float]:
    middle = median(values)
    return {
        "median": float(f"{middle:.4g}"),
        "spread": round((max(values) - min(values)) / middle, 2) if middle else 0.0,
    }


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began = perf_counter()
    yield
    into.append(perf_counter() - began)


def shown(seconds: list[float]) -> float:
    return round(median(seconds), 4)


def tell(measure: Callable[[Callable[[str], None]], dict[str, Any]], *, as_json: bool) -> None:
    """Prints figures as they come, or all at the end as one object.

    Ends the program with status 1 on a wrong answer, and when a target is missed; a signal ends
    it with nothing left running.
    """
    # Also where a shell's background would ignore the first, and the second would stop nothing.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    try:
        # Standard output is the object's alone: libraries have words of their own, as Dagster's
        # client has when nobody answers yet.
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            figures = measure(say)
    except Wrong as wrong:
        click.echo(f"wrong: {wrong}", err=True)
        if as_json:
            click.echo(json.dumps({"ok": False, "wrong": str(wrong)}))
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": True} | figures))
    if not figures.get("ok", True):
        sys.exit(1)
