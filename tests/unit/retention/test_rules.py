"""How long received messages are remembered."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestration.retention.rules import KEEP, forget_before

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ages = st.timedeltas(timedelta(0), timedelta(days=400))


def test_without_messages_a_month_is_remembered() -> None:
    assert forget_before(NOW, []) == forget_before(NOW, [None, None]) == NOW - timedelta(days=30)


def test_a_held_message_keeps_everything_since_it_was_sent() -> None:
    held = NOW - timedelta(days=90)
    assert forget_before(NOW, [None, held, NOW]) < held


@given(st.lists(st.none() | ages))
def test_nothing_is_forgotten_that_a_message_in_a_queue_may_still_need(
    waiting: list[timedelta | None],
) -> None:
    sent = [NOW - age if age is not None else None for age in waiting]
    before = forget_before(NOW, sent)
    assert before <= NOW - KEEP
    assert all(before < moment for moment in sent if moment)
