"""Seconds by phase, from one lap to the next."""

from time import perf_counter


class Watch:
    """`seconds` of each phase; a phase that comes again is added to."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, phase: str) -> None:
        now = perf_counter()
        self.add({phase: now - self._last})
        self._last = now

    def add(self, seconds: dict[str, float]) -> None:
        """What another watch has measured."""
        for phase, spent in seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + spent

    @property
    def total(self) -> float:
        return sum(self.seconds.values())
