"""What is a good answer to a load, and when all is well again."""

import pytest

from tests.benchmarks.shots import Answer, Shot, p99, recovered_after
from tests.benchmarks.traffic import Kind, request

KIND = Kind("ticket", 1, 8001, [request("GET", "/customer/tickets/1")])


def shot(*answers: tuple[float, float, int, bool]) -> Shot:
    return Shot([KIND], [Answer(*one, kind=0) for one in answers], 0.1)


@pytest.mark.parametrize(
    ("status", "retry_after", "wrong"),
    [
        (200, False, False),
        (303, False, False),
        (429, True, False),
        (503, True, False),
        (503, False, True),
        (429, False, True),
        (500, False, True),
        (404, False, True),
        (0, False, True),
        (-1, False, True),
    ],
)
def test_nothing_but_answers_and_refusals_that_say_when_to_come_again(
    status: int, retry_after: bool, wrong: bool
) -> None:
    found = shot((0.0, 0.1, status, retry_after)).wrong()
    assert bool(found) is wrong


def test_a_rate_is_held_when_99_of_100_are_in_time_and_hardly_any_is_refused() -> None:
    good, late, refused = (0.0, 0.1, 200, False), (0.0, 0.6, 200, False), (0.0, 0.1, 503, True)
    assert shot(*[good] * 99, late).is_held
    assert not shot(*[good] * 98, late, late).is_held
    assert not shot(*[good] * 99, refused).is_held
    # A refusal is quick, and makes no latency better.
    assert shot(*[refused] * 99, late).p99 == 0.6


def test_the_99th_percentile_is_by_rank() -> None:
    assert p99([float(number) for number in range(1, 101)]) == 99
    assert p99([1.0]) == 1
    assert p99([]) == 0


def test_all_is_well_after_the_last_second_that_was_not() -> None:
    good = [(10 + second + 0.5, 0.1, 200, False) for second in range(10)]
    assert recovered_after(shot(*good), 10, 20) == 0
    assert recovered_after(shot(*good, (13.2, 0.7, 200, False)), 10, 20) == 4
    assert recovered_after(shot(*good, (11.2, 0.1, 503, True)), 10, 20) == 2


def test_a_request_says_how_long_its_body_is() -> None:
    text = request("POST", "/x", "token", {"a": 1})
    head, _, body = text.partition("\r\n\r\n")
    assert body == '{"a": 1}'
    assert "Content-Length: 8" in head
    assert "Idempotency-Key: {key}" in head
