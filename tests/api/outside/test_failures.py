import pytest

from api.kernel.outside.failures import PermanentFailure, redacted


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("5.1.1 <ann@example.com>: unknown", "5.1.1 <[redacted]>: unknown"),
        ("ann.o'hara+x@mail.example.com refused", "[redacted] refused"),
        ("The 'To' number +12025550123 is not valid", "The 'To' number [redacted] is not valid"),
        ("call (202) 555-0123 now", "call ([redacted] now"),
        ("4.2.2 Mailbox full, 3 attempts", "4.2.2 Mailbox full, 3 attempts"),
        ("two\r\nlines", "two lines"),
    ],
)
def test_an_answer_is_told_without_addresses_and_numbers(answer: str, expected: str) -> None:
    assert redacted(answer) == expected


def test_a_failure_tells_the_code_and_what_was_said() -> None:
    failure = PermanentFailure("550", "no such user ann@example.com")
    assert (failure.code, str(failure)) == ("550", "550: no such user [redacted]")


def test_a_long_answer_is_cut() -> None:
    assert len(redacted("x" * 10_000)) == 300
