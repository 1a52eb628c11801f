"""The one error of the command line: what went wrong, and what to do about it."""

from collections.abc import Sequence


class LocalError(Exception):
    """Shown without a traceback; `details` are further lines, such as the end of a log."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
