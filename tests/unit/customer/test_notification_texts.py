"""What customers read: every kind has its texts, and every text is whole."""

from pathlib import Path
from typing import Any, get_args

import pytest

import api.customer.notifications
from api.customer.notifications.service import BY_PREFERENCE, Channel, Kind
from api.customer.tickets.telling import FOR_NOTHING
from api.kernel.outside.delivery import Templates

TEMPLATES = Templates("api.customer.notifications")
FOLDER = Path(next(iter(api.customer.notifications.__path__))) / "templates"

ON_A_TICKET = {
    "name": "Ada Example",
    "number": 100_042,
    "subject": "Television: No picture",
    "time_zone": "America/Chicago",
}
VISIT = ON_A_TICKET | {
    "expert_name": "Eve Expert",
    "window_start": "2026-03-03T16:00:00+00:00",
    "window_end": "2026-03-03T18:00:00+00:00",
}
INVOICE = {
    "name": "Ada Example",
    "invoice": "2026-02-000017",
    "period": "February 1 to February 28, 2026",
    "lines": [["Plus, monthly", 2499], ["Sales tax TX", 206]],
    "total_cents": 2705,
    "currency": "USD",
    "reason": "Not enough money on the card.",
}
MONEY = INVOICE | {"amount_cents": 500, "due_cents": 2205}
CONTEXTS: dict[Kind, dict[str, Any]] = {
    "expert_arriving": VISIT,
    "expert_on_the_way": VISIT,
    "visit_reminder": VISIT,
    "visit_off": VISIT,
    "nobody_home": VISIT | {"coordinator_calls": False},
    "expert_did_not_come": VISIT | {"coordinator_calls": False},
    "another_visit": ON_A_TICKET | {"reason": "A part must be ordered."},
    "ticket_cancelled": ON_A_TICKET | {"reason": "It works again."},
    "request_refused": ON_A_TICKET
    | {"request": "cancel", "reason": "The expert has begun.", "allowed": ["reopen"]},
    "survey_invitation": ON_A_TICKET
    | {"resolution": "New power board.", "link": "https://x.example/s/abc", "open_days": 14},
    "survey_reminder": ON_A_TICKET
    | {"link": "https://x.example/s/abc", "open_until": "2026-03-13T16:00:00+00:00"},
    "invoice_paid": INVOICE,
    "payment_declined": INVOICE,
    "credit_note": MONEY | {"number": "CN-00000001", "applies_to": "next_invoice"},
    "refund_made": MONEY,
    "refund_credited": MONEY,
    "invoice_written_off": MONEY,
    "billing_held": {"name": "Ada Example", "plan": "Plus"},
    "billing_resumed": {"name": "Ada Example", "plan": "Plus"},
    "card_refused": {
        "name": "Ada Example",
        "brand": "visa",
        "last4": "4242",
        "reason": "This is not a valid card number.",
    },
    "confirm_email": {"name": "Ada Example", "token": "a-token", "open_hours": 72},
    "reset_password": {"name": "Ada Example", "token": "a-token", "open_hours": 1},
    "password_changed": {"name": "Ada Example"},
    "export_ready": {"name": "Ada Example", "parts": 2, "until": "March 10, 2026"},
    "erasure_requested": {"name": "Ada Example", "day": "March 10, 2026", "by_staff": False},
    "erasure_done": {
        "name": "Ada Example",
        "receipt": "01998d5c-7a3e-7c51-9f0e-3b1d5a7c9e11",
        "erased": ["addresses", "cards"],
        "kept": ["invoices"],
    },
    "identity_linked": {"name": "Ada Example", "issuer": "https://id.example"},
}
WAYS: list[tuple[Kind, Channel]] = [
    (kind, channel)
    for kind in get_args(Kind)
    for channel in get_args(Channel)
    if channel == "email" or kind in BY_PREFERENCE
]


def test_every_kind_has_its_files_and_no_file_is_left_over() -> None:
    wanted = {f"{kind}.{channel}.txt" for kind, channel in WAYS}
    assert {path.name for path in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize(("kind", "channel"), WAYS)
def test_every_text_is_whole(kind: Kind, channel: Channel) -> None:
    subject, text = TEMPLATES.render(kind, channel, CONTEXTS[kind])
    assert "None" not in subject + text
    assert "{" not in subject + text
    if channel == "email":
        assert 10 < len(subject) <= 78
        assert text.startswith("Hello Ada Example,\n\n")
        assert text.endswith("Penultimate Electronics")
        assert "\n\n\n" not in text
    else:
        # Two parts of a text message at most, in the alphabet that all telephones have.
        assert len(text) <= 306
        assert text.isascii()
        assert "\n" not in text


@pytest.mark.parametrize(("kind", "channel"), WAYS)
def test_texts_do_without_what_may_be_missing(kind: Kind, channel: Channel) -> None:
    missing: dict[str, Any] = {"reason": None, "resolution": None, "allowed": []}
    if kind in FOR_NOTHING:
        # The visit may be over here before word of its acceptance has come.
        missing |= {"window_start": None, "window_end": None}
    context = {key: missing.get(key, value) for key, value in CONTEXTS[kind].items()}
    _, text = TEMPLATES.render(kind, channel, context)
    assert "None" not in text
    assert "\n\n\n" not in text
    assert " \n" not in text


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_an_arrival_is_told_in_the_customers_local_time(channel: Channel) -> None:
    _, text = TEMPLATES.render("expert_arriving", channel, VISIT)
    assert "Eve Expert" in text
    assert "Mar" in text
    assert "between 10:00 AM and 12:00 PM" in text


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_whoever_was_not_at_home_reads_what_happens_next(channel: Channel) -> None:
    _, first = TEMPLATES.render("nobody_home", channel, CONTEXTS["nobody_home"])
    assert "from tomorrow on" in first
    assert "ask for another time" in first.lower()
    again = CONTEXTS["nobody_home"] | {"coordinator_calls": True}
    _, second = TEMPLATES.render("nobody_home", channel, again)
    assert "will call you" in second
    assert "tomorrow" not in second


def test_a_receipt_lists_its_lines_and_total() -> None:
    subject, text = TEMPLATES.render("invoice_paid", "email", INVOICE)
    assert subject == "Receipt for invoice 2026-02-000017"
    assert "  Plus, monthly: $24.99\n  Sales tax TX: $2.06\n  Total: $27.05\n" in text


def test_a_receipt_over_nothing_says_that_nothing_is_charged() -> None:
    nothing = {"lines": [["Credit", -500], ["Carried forward", 500]], "total_cents": 0}
    _, text = TEMPLATES.render("invoice_paid", "email", INVOICE | nothing)
    assert "comes to nothing: there is nothing to pay, and your card is not charged." in text
    assert "is paid" not in text
    assert "  Credit: -$5.00\n  Carried forward: $5.00\n  Total: $0.00\n" in text


def test_a_receipt_says_what_credit_paid() -> None:
    _, text = TEMPLATES.render("invoice_paid", "email", INVOICE | {"credited_cents": 700})
    assert "  Total: $27.05\n  Your credit: -$7.00\n  Charged: $20.05\n" in text


@pytest.mark.parametrize(
    ("applies_to", "due_cents", "says"),
    [
        ("next_invoice", 0, "your next invoices use it up"),
        ("invoice", 2205, "Still to pay: $22.05"),
        ("invoice", 0, "nothing more to pay"),
    ],
)
def test_a_credit_note_says_what_it_does(applies_to: str, due_cents: int, says: str) -> None:
    context = CONTEXTS["credit_note"] | {"applies_to": applies_to, "due_cents": due_cents}
    assert says in TEMPLATES.render("credit_note", "email", context)[1]


def test_the_survey_link_stands_on_a_line_of_its_own() -> None:
    _, text = TEMPLATES.render("survey_invitation", "email", CONTEXTS["survey_invitation"])
    assert "https://x.example/s/abc" in text.splitlines()
