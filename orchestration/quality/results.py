"""Promises grouped into checks: one a table, with counts and no row's value."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import dagster as dg

from data_tests.promise import Outcome

PROMISES = "border_promises"


def check_specs(keys: Iterable[dg.AssetKey], description: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(PROMISES, asset=key, description=description, blocking=True)
        for key in sorted(set(keys))
    ]


def check_results(
    outcomes: Sequence[tuple[dg.AssetKey, Outcome]], keys: Iterable[dg.AssetKey]
) -> Iterator[dg.AssetCheckResult]:
    """The outcomes with the asset each is told of; one of `keys` without any has passed."""
    by_key = sorted(outcomes, key=lambda pair: pair[0])
    groups = {
        key: [one for _, one in group] for key, group in groupby(by_key, key=lambda pair: pair[0])
    }
    for key in sorted(set(keys)):
        yield _check_result(key, groups.get(key, []))


def _check_result(key: dg.AssetKey, outcomes: list[Outcome]) -> dg.AssetCheckResult:
    """A broken promise that blocks makes the check an error, any other a warning."""
    broken = [one for one in outcomes if not one.kept]
    blocks = any(one.promise.blocks for one in broken)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=PROMISES,
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description="; ".join(_sentence(one) for one in broken) or None,
        metadata={
            "promises": len(outcomes),
            "broken": sorted({one.promise.kind for one in broken}),
            "failing_rows": sum(one.unexpected or 0 for one in broken),
        },
    )


def _sentence(one: Outcome) -> str:
    seen = [f"found {one.observed}"] if one.observed else []
    rows = [f"{one.unexpected} rows"] if one.unexpected is not None else []
    words = f"{one.promise.kind.replace('_', ' ')}, {one.promise.table}: {one.promise.words}"
    return f"{words} ({', '.join(seen + rows) or 'not so'})"
