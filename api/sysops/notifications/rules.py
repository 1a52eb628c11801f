"""What staff are not told any more, whose silence an administrator must know of, and when experts
hear of their next day. Pure.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# What somebody in the field, or at the door of the platform, must have: when neither a text
# message nor a mail reaches them, their number or address has to be put right.
NEEDED = frozenset(
    {
        "visit_proposed", "visit_off", "visit_missed", "visits_ahead", "invitation",
        "password_reset",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """What a notification says that can stop being so; times are of the visit it speaks of."""

    kind: str
    window_start: datetime | None = None
    window_end: datetime | None = None
    answer_by: datetime | None = None


def is_overtaken(claim: Claim, assignment_status: str | None, now: datetime) -> bool:
    """Whether it is better not told any more.

    A proposal that was answered or taken back is asked of nobody, and one whose time is over
    cannot be accepted. `assignment_status` is that of the proposal now.
    """
    if claim.kind == "visit_proposed":
        too_late = claim.answer_by is not None and now >= claim.answer_by
        return too_late or assignment_status not in {None, "proposed"}
    if claim.kind == "visits_ahead":
        return claim.window_start is not None and now >= claim.window_start
    return claim.kind == "visit_off" and claim.window_end is not None and now >= claim.window_end


REMIND_FROM = time(17)
REMIND_UNTIL = time(22)
"""On the expert's own clock: the day's last arrival window has ended, and nobody is woken."""


def day_ahead(time_zone: str, now: datetime) -> date | None:
    """The day that an expert is told of now, tomorrow in the evening; None at other times."""
    local = now.astimezone(ZoneInfo(time_zone))
    if REMIND_FROM <= local.time() < REMIND_UNTIL:
        return local.date() + timedelta(days=1)
    return None
