"""What the fields of a policy mean is said once, and docs/assignment.md says the same."""

from pathlib import Path

import msgspec

from api.sysops.assignment.policy import PRESETS, ByPriority
from api.sysops.assignment.terms import TERMS

PAGE = Path(__file__).parents[3] / "docs" / "assignment.md"


def written(value: int | ByPriority) -> str:
    if isinstance(value, ByPriority):
        return ", ".join(str(weight) for weight in msgspec.structs.astuple(value))
    return str(value)


def test_the_page_has_every_field_with_its_meaning_bounds_and_presets() -> None:
    rows = [
        f"| `{term.field}` | {term.meaning} | {term.least} to {term.most} | "
        + " | ".join(written(getattr(policy, term.field)) for _, policy in PRESETS.values())
        + " |"
        for term in TERMS
    ]
    presets = [f"| `{name}` | {note} |" for name, (note, _) in PRESETS.items()]
    page = PAGE.read_text().splitlines()
    missing = [row for row in (*rows, *presets) if row not in page]
    assert missing == [], "docs/assignment.md should have:\n" + "\n".join(missing)
    assert f"| field | means | bounds | {' | '.join(PRESETS)} |" in page
