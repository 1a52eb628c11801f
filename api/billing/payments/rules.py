"""What follows from a declined charge, and from one nobody knows the end of: pure decisions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from api.kernel.outside.payments import Declined, Unknown

DUNNING_DAYS = (1, 3, 7, 14)
"""Days after the first decline on which the card is tried again; then the contract is suspended."""
SHORTEST_WAIT = timedelta(days=1)
"""Between two tries, also when the job was away on the planned day."""
GIVE_UP_AFTER = timedelta(days=1)
"""A charge the provider does not know after this long never reached it."""
ALERT_UNKNOWN_AFTER = timedelta(hours=1)

DunningStatus = Literal["running", "recovered", "exhausted"]

NO_CARD = Declined("no_card", "There is no card to charge.", "")
CARD_UNREADABLE = Declined("card_unreadable", "The card could not be used.", "")
CARD_REMOVED = Declined("card_removed", "The card was removed.", "")


@dataclass(frozen=True, slots=True)
class DunningState:
    """Where an unpaid invoice stands; `step` counts the scheduled retries that were declined."""

    status: DunningStatus
    step: int
    started_at: datetime
    next_at: datetime | None


def after_decline(state: DunningState | None, now: datetime) -> DunningState:
    """The state after a declined charge.

    A try that was not due (the customer has a new card) does not use up a step.
    """
    if state is None:
        return _waiting(0, now, now)
    if state.status == "exhausted":
        return state
    if state.next_at is None or state.next_at > now:
        return state
    step = state.step + 1
    if step >= len(DUNNING_DAYS):
        return DunningState("exhausted", step, state.started_at, None)
    return _waiting(step, state.started_at, now)


def without_usable_card(created_at: datetime, now: datetime) -> Declined | Unknown:
    """The outcome of a charge that may have been sent once and cannot be sent again.

    The provider was asked and does not know it. A request still under way could reach it after
    the question, so it counts as declined only when that has become impossible.
    """
    if now - created_at > GIVE_UP_AFTER:
        return CARD_REMOVED
    return Unknown("the provider does not know the charge, and the card is gone")


def contradiction(outcome: Unknown) -> str:
    """What an alert says of an answer about something else than what was asked."""
    return (
        f"The provider's answer does not fit: {outcome.reason}. Nothing was booked. Compare key, "
        "amount and currency in the provider's books; it is asked again until they agree."
    )


def _waiting(step: int, started_at: datetime, now: datetime) -> DunningState:
    planned = started_at + timedelta(days=DUNNING_DAYS[step])
    return DunningState("running", step, started_at, max(planned, now + SHORTEST_WAIT))
