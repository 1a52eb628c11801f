"""What counts as personal data, and what must not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import personal_data


def looks_like(value: str) -> list[str]:
    return [kind for kind, p in personal_data.PATTERNS.items() if re.search(p, value)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("jo.smith+tv@mail.example.co", "an e-mail address"),
        ("call +12125550123 please", "a phone number"),
        ("(212) 555-0123", "a phone number"),
        ("212.555.0123", "a phone number"),
        ("1-800-555-0199", "a phone number"),
        ("4111111111111111", "a card number"),
        ("4111 1111 1111 1111", "a card number"),
        ("3782-822463-10005", "a card number"),
    ],
)
def test_personal_values_are_recognised(value: str, kind: str) -> None:
    assert kind in looks_like(value)


@pytest.mark.parametrize(
    "value",
    [
        "Gold plan, 2026-01-01 to 2026-01-31",
        "2026-03-02T12:00:00+00:00",
        "10001",
        "America/New_York",
        "Proration 12 of 31 days",
        "INV-2026-000123",
        "019a1b2c-1234-7abc-8def-0123456789ab",
    ],
)
def test_dates_ids_and_words_pass(value: str) -> None:
    assert looks_like(value) == []


@given(st.from_regex(personal_data.ANY))
def test_the_quick_look_misses_nothing(value: str) -> None:
    assert re.search(personal_data.HINT, value)


def test_a_key_made_of_digits_is_not_a_card() -> None:
    key = "019a9c4c-4567-7123-8901-123456789012"
    mixed = "0a9c4567-1234-5678-9012-3456789012ab"
    for text in (key, mixed, f"{mixed}-2026-10", f"{key}|{mixed}"):
        assert not re.search(personal_data.ANY, text), text
