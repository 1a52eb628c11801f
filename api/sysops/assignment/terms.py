"""What each field of a policy means, from the one place that says it: the policy itself. Pure."""

from typing import Final

import msgspec

from api.kernel.validation import bounds_of, meaning_of
from api.sysops.assignment.policy import ByPriority, Policy


class Term(msgspec.Struct, frozen=True):
    """A field of a policy: what it means with its unit, its bounds, and its balanced value.

    Where `default` has a value for each priority, the bounds are those of each.
    """

    field: str
    meaning: str
    least: int
    most: int
    default: int | ByPriority


def _term(field: msgspec.structs.FieldInfo) -> Term:
    by_priority = isinstance(field.default, ByPriority)
    counted = msgspec.structs.fields(ByPriority)[0].type if by_priority else field.type
    least, most = bounds_of(counted)
    if least is None or most is None:
        raise TypeError(f"The field {field.name} of a policy has no bounds.")
    return Term(field.name, meaning_of(field.type), least, most, field.default)


TERMS: Final = tuple(_term(field) for field in msgspec.structs.fields(Policy))
"""In the order of the policy's fields."""
