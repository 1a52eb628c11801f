"""When personal data may be handed out or erased. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Kind = Literal["export", "erasure"]
Status = Literal["requested", "withdrawn", "under_way", "done", "expired"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)

COOL_DOWN = timedelta(days=7)
"""In which an erasure can be withdrawn: it may have been asked for in anger, or by a thief."""
EXPORT_KEPT = timedelta(days=7)
BETWEEN_EXPORTS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What still binds a customer and us, as the customer database knows it.

    `running` are plan codes, `open_tickets` and `owed` numbers (None for a ticket that has none
    yet), `credit` an amount in words, empty for none.
    """

    running: Sequence[str] = ()
    open_tickets: Sequence[int | None] = ()
    owed: Sequence[str] = ()
    under_way: Sequence[str] = ()
    credit: str = ""
    export_pending: bool = False


def obstacles(standing: Standing, *, give_up_credit: bool) -> list[str]:
    """What stands in the way of an erasure, each with what to do about it."""
    found = [
        f"Your contract on the plan {plan} is running. Cancel it first."
        for plan in standing.running
    ]
    for number in standing.open_tickets:
        named = f"Ticket {number}" if number is not None else "A ticket without a number yet"
        found.append(f"{named} is open. Cancel it first, or wait until it is resolved.")
    found += [f"Invoice {number} is not paid yet. Pay it first." for number in standing.owed]
    found += [
        f"A payment or refund of invoice {number} is under way. Wait until it is decided."
        for number in standing.under_way
    ]
    if standing.credit and not give_up_credit:
        found.append(
            f"You have a credit of {standing.credit}. Ask for it to be paid out first, or send"
            " give_up_credit to leave it."
        )
    if standing.export_pending:
        found.append("Your export is not ready yet. Wait until you have it.")
    return found


def due_at(kind: Kind, now: datetime) -> datetime:
    """When a request is begun that is filed now."""
    return now + COOL_DOWN if kind == "erasure" else now


def next_export(asked: Sequence[datetime], now: datetime) -> timedelta:
    """How long until another export may be asked for; zero or less: now."""
    return max((at + BETWEEN_EXPORTS - now for at in asked), default=timedelta(0))


def may_withdraw(kind: Kind, status: Status) -> bool:
    """Only an erasure that has not begun; of an export there is nothing to take back."""
    return kind == "erasure" and status == "requested"
