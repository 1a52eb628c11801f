"""What a reader can narrow a report to; the same words in a page's URL and in the API's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args
from uuid import UUID

Grain = Literal["day", "week", "month"]
By = Literal["all", "channel", "device", "type", "region", "state", "plan"]
Measure = Literal["accepted", "on_time", "fixed_at_first_visit", "satisfied"]

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
MOST_ROWS: Final = 10_000


@dataclass(frozen=True)
class Filters:
    """Empty lists let everything in; days are inclusive.

    `limit` caps the rows of lists; `grain`, `by` and `measure` choose what some reports show.
    """

    region: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    expert: tuple[str, ...] = ()
    since: date = FIRST_DAY
    until: date = LAST_DAY
    grain: Grain = "week"
    by: By = "all"
    measure: Measure = "fixed_at_first_visit"
    limit: int = 1_000

    def bound(self, names: Iterable[str]) -> dict[str, Any]:
        """The named parameters as DuckDB gets them; an empty list is null."""
        values = {name: getattr(self, name) for name in names}
        return {
            name: (list(value) or None) if isinstance(value, tuple) else value
            for name, value in values.items()
        }


@dataclass(frozen=True)
class FilterError:
    parameter: str
    detail: str


class InvalidFilters(ValueError):
    """Everything that is wrong with the filters of one question."""

    def __init__(self, errors: Sequence[FilterError]) -> None:
        super().__init__("; ".join(f"{error.parameter}: {error.detail}" for error in errors))
        self.errors = list(errors)


def _words(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _ids(values: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(str(UUID(value)) for value in values if value))
    except ValueError:
        raise ValueError("Expected the id of an expert (a UUID).") from None


def _day(values: Sequence[str]) -> date:
    try:
        return date.fromisoformat(values[-1])
    except ValueError:
        raise ValueError("Expected a day such as 2026-03-31.") from None


def _one_of(choices: tuple[str, ...]) -> Callable[[Sequence[str]], str]:
    def read(values: Sequence[str]) -> str:
        if values[-1] not in choices:
            raise ValueError(f"Expected one of: {', '.join(choices)}.")
        return values[-1]

    return read


def _rows(values: Sequence[str]) -> int:
    if not values[-1].isascii() or not values[-1].isdigit() or len(values[-1]) > 6:
        raise ValueError(f"Expected a number from 1 to {MOST_ROWS}.")
    if not 1 <= int(values[-1]) <= MOST_ROWS:
        raise ValueError(f"Expected a number from 1 to {MOST_ROWS}.")
    return int(values[-1])


READERS: Final[Mapping[str, Callable[[Sequence[str]], Any]]] = {
    "region": _words,
    "state": _words,
    "plan": _words,
    "device": _words,
    "expert": _ids,
    "since": _day,
    "until": _day,
    "grain": _one_of(get_args(Grain)),
    "by": _one_of(get_args(By)),
    "measure": _one_of(get_args(Measure)),
    "limit": _rows,
}


def parse(asked: Mapping[str, Sequence[str]], allowed: Iterable[str]) -> Filters:
    """Filters from the words of a query string.

    Raises:
        InvalidFilters: naming every parameter that is unknown or wrong.
    """
    known = sorted(allowed)
    read: dict[str, Any] = {}
    errors: list[FilterError] = []
    for name, values in asked.items():
        if name not in known:
            offered = ", ".join(known) or "none"
            errors.append(FilterError(name, f"This report does not know it. Known: {offered}."))
            continue
        try:
            read[name] = READERS[name](values)
        except ValueError as error:
            errors.append(FilterError(name, str(error)))
    if not errors and "since" in read and "until" in read and read["since"] > read["until"]:
        errors.append(FilterError("until", "The period ends before it begins."))
    if errors:
        raise InvalidFilters(errors)
    return Filters(**read)
