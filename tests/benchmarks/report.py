"""What a benchmark says: figures by name, measured in one run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any


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


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began = perf_counter()
    yield
    into.append(perf_counter() - began)


def shown(seconds: list[float]) -> float:
    return round(median(seconds), 4)
