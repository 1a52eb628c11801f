"""A process that is killed at any point of its work with the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Killed(BaseException):
    """The process ends here. No code that expects exceptions may catch it."""


class Countdown:
    """Counts the points passed, and kills at the chosen one."""

    def __init__(self, point: int) -> None:
        self.left = point
        self.killed = False

    def pass_point(self, *_: Any, **__: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.killed = True
            raise Killed
        if self.killed:
            # Dead processes do nothing more, also in their other tasks.
            raise Killed


@contextmanager
def killed_at(point: int) -> Iterator[Countdown]:
    """Kill at the nth point: before each statement, after it, and before each commit."""
    countdown = Countdown(point)
    hooks = (
        (Engine, "before_cursor_execute"),
        (Engine, "after_cursor_execute"),
        (Engine, "commit"),
    )
    for target, name in hooks:
        event.listen(target, name, countdown.pass_point)
    try:
        yield countdown
    finally:
        for target, name in hooks:
            event.remove(target, name, countdown.pass_point)
