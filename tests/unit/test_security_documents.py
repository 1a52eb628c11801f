"""What the documents on security name is there, and the checklist leaves nothing out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("docs/security.md", "docs/asvs.md", "docs/pci.md")
# A path of ours, alone or with the name of a test.
NAMED = re.compile(r"`((?:api|dashboards|docs|orchestration|tests)/[\w./-]+)(?:::(\w+))?`")
THREAT = re.compile(r"^\| ([STRIDE]) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
REQUIREMENT = re.compile(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| ([a-z/ ]+) \| ([^|]+) \|$", re.MULTILINE)
STATES = {"met", "in part", "not met", "operator", "n/a"}
# The requirements of levels 1 and 2 of version 5.0.0: the last one of each section, less those of
# level 3 among them.
LAST = {
    1: (2, 10, 12, 3, 3), 2: (3, 3, 5, 2), 3: (1, 3, 5, 8, 8, 1, 5), 4: (5, 5, 2, 4),
    5: (1, 6, 3, 3), 6: (3, 12, 8, 6, 8, 4, 2, 4), 7: (3, 4, 2, 5, 3, 2), 8: (4, 4, 3, 2),
    9: (3, 4), 10: (2, 3, 5, 16, 5, 2, 3), 11: (4, 5, 5, 4, 2, 2, 2), 12: (5, 2, 5),
    13: (4, 6, 4, 7), 14: (2, 8, 3), 15: (5, 5, 7, 4), 16: (1, 5, 4, 3, 4), 17: (2, 8, 2),
}  # fmt: skip
LEVEL_3 = (
    "1.2.10 1.3.12 1.5.3 2.3.5 2.4.2 3.1.1 3.2.3 3.3.5 3.4.7 3.4.8 3.5.6 3.5.7 3.5.8 3.6.1 3.7.3"
    " 3.7.4 3.7.5 4.1.4 4.1.5 4.2.2 4.2.3 4.2.4 4.2.5 5.2.4 5.2.5 5.2.6 5.3.3 6.3.5 6.3.6 6.3.7"
    " 6.3.8 6.4.5 6.4.6 6.5.6 6.5.7 6.5.8 6.6.4 6.7.1 6.7.2 7.5.3 8.1.3 8.1.4 8.2.4 8.3.2 8.3.3"
    " 8.4.2 10.2.3 10.3.5 10.4.12 10.4.13 10.4.14 10.4.15 10.4.16 11.1.3 11.1.4 11.2.4 11.2.5"
    " 11.3.4 11.3.5 11.5.2 11.6.2 11.7.1 11.7.2 12.1.4 12.1.5 12.3.5 13.1.2 13.1.3 13.1.4 13.2.6"
    " 13.3.3 13.3.4 13.4.6 13.4.7 14.2.5 14.2.6 14.2.7 14.2.8 15.1.4 15.1.5 15.2.4 15.2.5 15.4.1"
    " 15.4.2 15.4.3 15.4.4 16.5.4 17.1.2 17.2.5 17.2.6 17.2.7 17.2.8"
)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def missing(document: str) -> Iterator[str]:
    for path, test in NAMED.findall(text_of(document)):
        file = ROOT / path
        if not file.exists():
            yield path
        elif test and not re.search(rf"^(?:async )?def {test}\(", file.read_text(), re.MULTILINE):
            yield f"{path}::{test}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_whatever_a_document_on_security_names_is_there(document: str) -> None:
    assert NAMED.search(text_of(document))
    assert list(missing(document)) == []


def test_every_row_of_the_threat_model_names_what_shows_its_answer() -> None:
    model = text_of("docs/security.md")
    assert [row for row in THREAT.findall(model) if not NAMED.search(row[3])] == []
    # Each of the six has a row in each of the six parts.
    for part in model.split("\n## ")[1:7]:
        assert {row[0] for row in THREAT.findall(part)} == set("STRIDE"), part


def test_the_checklist_has_every_requirement_once_with_what_holds_it() -> None:
    rows = REQUIREMENT.findall(text_of("docs/asvs.md"))
    wanted = [
        number
        for chapter, sections in LAST.items()
        for section, last in enumerate(sections, start=1)
        for number in (f"{chapter}.{section}.{one}" for one in range(1, last + 1))
        if number not in LEVEL_3.split()
    ]
    assert len(wanted) == 253
    assert [number for number, _, _ in rows] == wanted
    assert {state for _, state, _ in rows} == STATES
    counts = {state: sum(row[1] == state for row in rows) for state in STATES}
    told = (
        f"**{counts['met']} met, {counts['in part']} in part, {counts['not met']} not met,"
        f" {counts['operator']} the operator's, {counts['n/a']} do not apply.**"
    )
    assert told in text_of("docs/asvs.md")
