"""What a person sees while the platform starts and stops: on standard error, one line a step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

# A file or a pipe has no width of its own; tables need one.
PLAIN_WIDTH = 120


def make_console() -> Console:
    """Standard error, with colours and motion on a terminal alone."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


class Progress:
    """Announces steps and tells how long they took."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or make_console()
        self._status: Status | None = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; on a terminal a moving line, elsewhere a line at its start and at its end."""
        began = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(name) as self._status:
                yield
            self._status = None
            self.console.print(f"[green]✓[/] {name} [dim]{time.monotonic() - began:.1f} s[/]")
        else:
            self.say(f"{name} ...")
            yield
            self.say(f"{name}: done in {time.monotonic() - began:.1f} s")

    def note(self, text: str) -> None:
        """Something within a step: replaces the last one on a terminal, a line elsewhere."""
        if self._status is not None:
            self._status.update(text)
        else:
            self.say(f"  {text}")

    def say(self, text: str) -> None:
        """A line that stays, taken literally."""
        self.console.print(text, markup=False, soft_wrap=True)
