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
    says: str = ""
    """What is promised, where the expectation's name does not tell."""
    of_all: bool = False
    """About all rows at once: what its query finds is no row that is wrong."""

    @property
    def words(self) -> str:
        """What is promised, in a line."""
        if self.says:
            return self.says
        column = self.arguments.get("column", "")
        name = self.expectation.removeprefix("Expect").removeprefix("Column")
        return f"{column} {name}".strip()


def no_row(
    table: str, kind: Kind, condition: str, says: str, *, among: str = "true", blocks: bool = False
) -> Promise:
    """No row of a table, or of those `among`, is as an SQL condition says.

    Such rows are only counted: a sample would carry the data further.
    """
    # Single braces are the library's own places to fill in.
    where = f"({among}) AND ({condition})".replace("{", "{{").replace("}", "}}")
    return Promise(
        table,
        kind,
        "UnexpectedRowsExpectation",
        {"unexpected_rows_query": f"SELECT 1 AS found FROM {{batch}} WHERE {where}"},  # noqa: S608 - our names
        blocks,
        says,
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a promise. `unexpected` counts rows; `observed` never holds a row's value."""

    promise: Promise
    kept: bool
    observed: str
    unexpected: int | None
