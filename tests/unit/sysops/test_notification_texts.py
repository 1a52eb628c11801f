"""What staff read: every kind has its texts, and every text is whole."""

from pathlib import Path
from typing import Any, get_args

import pytest

import api.sysops.notifications
from api.kernel.outside.delivery import Channel, Templates
from api.sysops.notifications.service import BY_SMS, Kind

TEMPLATES = Templates("api.sysops.notifications")
FOLDER = Path(next(iter(api.sysops.notifications.__path__))) / "templates"
VISIT = {
    "number": 100_042,
    "ticket_type": "laptop-hardware",
    "city": "Winchester-on-the-Severn",
    "zip": "21401",
    "window_start": "2026-09-30T14:00:00+00:00",
    "window_end": "2026-09-30T16:00:00+00:00",
    "answer_by": "2026-09-29T16:30:00+00:00",
    "time_zone": "America/New_York",
}
LINK = "https://pages.squad.example/ticket?id=1"
CONTEXTS: dict[Kind, dict[str, Any]] = {
    "visit_proposed": VISIT,
    "visit_off": VISIT,
    "visits_ahead": VISIT | {"visits": 4},
    "visit_missed": VISIT,
    "expert_did_not_come": VISIT | {"link": LINK},
    "customer_to_call": {"number": 100_042, "absences": 2, "link": LINK},
    "ticket_escalated": {
        "number": 100_042,
        "why": "No expert was found within 8 hour(s).",
        "before": ["The contract is not in force: the customer can renew it or pay first."],
        "can_come": ["Eve Moss (12 km), Friday, October 2, 8:00 AM to 10:00 AM"],
        "changes": ["Ben Ode works until 3:00 PM: ask."],
        "removed": ["2 too far away"],
        "link": LINK,
    },
    "pinned_visit": VISIT | {"what": "was rejected by its expert", "link": LINK},
    "low_score": {"number": 100_042, "score": 1, "link": LINK},
    "customer_unreached": {"number": 100_042, "about": "expert arriving", "code": "550"},
    "assignment_unproven": {"run_id": "0199d9a8-0000-7000-8000-000000000001"},
    "promise_broken": {"promise": "submitted tickets arrive", "count": 2, "ids": ["one", "two"]},
    "schedule_late": {
        "schedule": "assign_experts_job_schedule",
        "job": "assign_experts_job",
        "trouble": "did not start",
        "since": "2026-03-02T14:00+00:00",
    },
    "schedules_unwatched": {"since": "2026-03-02T14:00+00:00"},
    "staff_unreached": {"who": "Eve", "kind": "visit off", "failure": "550: no such mailbox"},
    "invitation": {"token": "a-token", "days": 7},
    "password_reset": {"token": "a-token", "hours": 24},
}
WAYS: list[tuple[Kind, Channel]] = [
    (kind, channel)
    for kind in get_args(Kind)
    for channel in get_args(Channel)
    if channel == "email" or kind in BY_SMS
]


def test_every_kind_has_its_files_and_no_file_is_left_over() -> None:
    wanted = {f"{kind}.{channel}.txt" for kind, channel in WAYS}
    assert {path.name for path in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize(("kind", "channel"), WAYS)
def test_every_text_is_whole(kind: Kind, channel: Channel) -> None:
    subject, text = TEMPLATES.render(kind, channel, CONTEXTS[kind] | {"name": "Mo Example"})
    assert "None" not in subject + text
    assert "{" not in subject + text
    if channel == "email":
        assert 10 < len(subject) <= 78
        assert text.startswith("Hello Mo Example,\n\n")
        assert "\n\n\n" not in text
    else:
        assert "\n" not in text


@pytest.mark.parametrize(("visits", "words"), [(1, "1 visit, the"), (2, "2 visits, the")])
def test_one_visit_is_one_and_two_are_two(visits: int, words: str) -> None:
    context = VISIT | {"visits": visits, "name": "Mo"}
    assert words in TEMPLATES.render("visits_ahead", "sms", context)[1]
