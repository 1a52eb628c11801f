"""docs/notifications.md says who is told what, and the code does just that."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from api.customer.notifications import rules as customer_rules
from api.customer.notifications import service as customer
from api.customer.notifications.webhook_routes import ANSWERS as CUSTOMER_ANSWERS
from api.customer.notifications.words import SERIES, WORDS
from api.kernel.notifications.rules import STATUSES
from api.kernel.outside.delivery import Templates
from api.kernel.outside.gsm7 import ALPHABET, segments
from api.sysops.notifications import service as sysops
from api.sysops.notifications.rules import NEEDED
from api.sysops.notifications.webhook_routes import ANSWERS as STAFF_ANSWERS
from tests.unit.customer.test_notification_texts import CONTEXTS as CUSTOMER_CONTEXTS
from tests.unit.sysops.test_notification_texts import CONTEXTS as STAFF_CONTEXTS

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"
Row = dict[str, str]
LONG_NAME = "Christopher Featherstonehaugh"
# As long as they get: the name, the ticket's number, the day, the hours.
LONGEST = {
    "expert_name": LONG_NAME,
    "number": 100_000_042,
    "visits": 10,
    "window_start": "2026-09-30T14:00:00+00:00",
    "window_end": "2026-09-30T16:00:00+00:00",
    "answer_by": "2026-09-29T16:30:00+00:00",
    "time_zone": "America/New_York",
}


def table(heading: str) -> list[Row]:
    """The first table below a heading, its rows by column."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    columns, _, *rows = lines
    return [dict(zip(columns, [cell.strip("`") for cell in row], strict=True)) for row in rows]


CUSTOMERS, STAFF = table("Customers"), table("Staff")


def of(rows: list[Row], column: str, value: str) -> set[str]:
    return {row["kind"] for row in rows if row[column] == value}


def test_every_kind_has_a_row_and_every_row_is_a_kind() -> None:
    assert [row["kind"] for row in CUSTOMERS] == list(get_args(customer.Kind))
    assert [row["kind"] for row in STAFF] == list(get_args(sysops.Kind))


def test_channels_are_those_of_the_code() -> None:
    assert of(CUSTOMERS, "channel", "as chosen") == customer.BY_PREFERENCE
    assert of(STAFF, "channel", "SMS") == sysops.BY_SMS
    assert {row["channel"] for row in CUSTOMERS} == {"as chosen", "e-mail"}
    assert {row["channel"] for row in STAFF} == {"SMS", "e-mail"}


def test_what_is_optional_can_be_switched_off_and_nothing_else() -> None:
    assert of(CUSTOMERS, "optional", "yes") == customer.OPTIONAL == SERIES.keys()
    assert {row["optional"] for row in CUSTOMERS} == {"yes", "no"}


def test_quiet_hours_are_those_of_the_code() -> None:
    assert of(CUSTOMERS, "in quiet hours", "at once") == customer_rules.AT_ONCE
    soon = of(CUSTOMERS, "in quiet hours", "at once if the visit is soon")
    assert soon == customer_rules.ARRIVALS
    waits = of(CUSTOMERS, "in quiet hours", "waits")
    assert waits | soon | customer_rules.AT_ONCE == {row["kind"] for row in CUSTOMERS}


def test_every_kind_has_words_for_those_who_read_of_it() -> None:
    assert set(get_args(customer.Kind)) == WORDS.keys()


def test_what_a_person_must_know_of_is_told_by_a_kind_that_exists() -> None:
    assert set(get_args(sysops.Kind)) >= NEEDED
    assert NEEDED >= sysops.BY_SMS


@pytest.mark.parametrize(
    ("package", "rows", "contexts"),
    [
        ("api.customer.notifications", CUSTOMERS, CUSTOMER_CONTEXTS),
        ("api.sysops.notifications", STAFF, STAFF_CONTEXTS),
    ],
)
def test_a_text_message_takes_the_segments_that_the_table_says(
    package: str, rows: list[Row], contexts: dict[str, Any]
) -> None:
    templates = Templates(package)
    said = {row["kind"]: row["SMS segments"] for row in rows}
    texts = {
        kind: templates.render(kind, "sms", {**contexts[kind], **LONGEST})[1]
        for kind, number in said.items()
        if number != "-"
    }
    assert {kind for kind, number in said.items() if number != "-"} == {
        row["kind"] for row in rows if row["channel"] in {"SMS", "as chosen"}
    }
    assert {kind: str(segments(text)) for kind, text in texts.items()} == {
        kind: number for kind, number in said.items() if number != "-"
    }
    assert all(set(text) <= ALPHABET for text in texts.values())


@pytest.mark.parametrize("text", [*CUSTOMER_ANSWERS.values(), *STAFF_ANSWERS.values()])
def test_an_answer_to_a_text_message_is_one_segment(text: str) -> None:
    assert segments(text) == 1
    assert text.startswith("Sysops Squad: ")


def test_statuses_are_those_of_the_code() -> None:
    assert [row["status"] for row in table("What becomes of a message")] == list(STATUSES)


def test_the_page_names_the_words_that_stop_and_start() -> None:
    words = set(re.findall(r"\b[A-Z]{3,}\b", PAGE.read_text()))
    assert words >= {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
    assert words >= {"START", "UNSTOP", "YES", "HELP"}
