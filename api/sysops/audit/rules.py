"""What the audit log says of a change. Pure."""

from collections.abc import Mapping
from typing import Any

State = Mapping[str, Any]


def difference(before: State, after: State) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was otherwise, before and after; both are empty when nothing changed."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )
