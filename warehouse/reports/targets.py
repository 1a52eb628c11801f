"""What the business wants of its numbers: written once, in targets.toml beside this file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("targets.toml")

Standing = Literal["met", "unclear", "missed"]


@dataclass(frozen=True)
class Target:
    """A bound that a number keeps from below (`at_least`) or from above."""

    bound: float
    at_least: bool
    words: str

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def standing(
        self, value: float | None, low: float | None = None, high: float | None = None
    ) -> Standing | None:
        """Where a number stands; None without one.

        It is unclear when the number misses the bound and its interval, from `low` to `high`,
        reaches it: chance alone may have made it so.
        """
        if value is None:
            return None
        if self.is_met(value):
            return "met"
        best = high if self.at_least else low
        return "unclear" if best is not None and self.is_met(best) else "missed"


@cache
def targets() -> dict[str, Target]:
    """All of them by name; raises ValueError naming one that has not exactly one bound."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: read(name, values) for name, values in found.items()}


def read(name: str, values: dict[str, Any]) -> Target:
    """One target as the file has it; raises ValueError."""
    if values.keys() not in ({"at_least", "words"}, {"at_most", "words"}):
        raise ValueError(f"The target {name} needs words and one of at_least and at_most.")
    at_least = "at_least" in values
    return Target(values["at_least" if at_least else "at_most"], at_least, values["words"])
