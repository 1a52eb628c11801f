"""One promise about one table, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["volume", "freshness", "schema", "distribution", "personal_data"]


@dataclass(frozen=True)
class Promise:
    """`expectation` is the name of a Great Expectations class, `arguments` are its own.

    A broken promise that `blocks` holds the new version back; any other is a warning.
    """

    table: str
    """With its schema: `raw.sysops__ticket`."""
    kind: Kind
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    blocks: bool = False

    @property
    def words(self) -> str:
        """What is promised, in a line."""
        column = self.arguments.get("column") or self.arguments.get("column_A") or ""
        name = self.expectation.removeprefix("Expect").removeprefix("Column")
        return f"{column} {name}".strip()


@dataclass(frozen=True)
class Outcome:
    """What became of a promise. `unexpected` counts rows; `observed` never holds a row's value."""

    promise: Promise
    kept: bool
    observed: str
    unexpected: int | None
