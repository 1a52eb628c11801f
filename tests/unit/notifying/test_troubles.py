"""A provider in trouble is told from people with wrong addresses."""

import pytest

from orchestration.notifying.rules import Tally, Trouble, troubles


def sms(outcome: str, attempts: int, code: str | None = None, quantum: str = "customer") -> Tally:
    return Tally(quantum, "sms", "sms.example", outcome, code, attempts)


@pytest.mark.parametrize(
    ("tallies", "found"),
    [
        ([], []),
        ([sms("failed", 4, "21211")], []),
        ([sms("failed", 4, "21211"), sms("taken", 5)], []),
        ([sms("failed", 5, "21606")], [(5, 5, "21606")]),
        (
            [sms("deferred", 3, "20003"), sms("failed", 2, "21211"), sms("delivered", 5)],
            [(10, 5, "20003")],
        ),
        ([sms("asked", 6, None), sms("taken", 6)], [(12, 6, None)]),
    ],
)
def test_half_of_what_is_sent_or_more_is_trouble(
    tallies: list[Tally], found: list[tuple[int, int, str | None]]
) -> None:
    expected = [Trouble("customer", "sms", "sms.example", *it) for it in found]
    assert troubles(tallies) == expected


def test_each_quantum_and_provider_is_looked_at_by_itself() -> None:
    mail = Tally("customer", "email", "mail.example", "taken", "250", 100)
    found = troubles([sms("deferred", 9, "20003", quantum="sysops"), sms("taken", 9), mail])
    assert [(it.quantum, it.provider) for it in found] == [("sysops", "sms.example")]
