"""When a contract begins and ends. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

# Billing counts days in New York (ADR 0030). A contract that began or ended on another
# calendar could change a month that is billed already.
CONTRACT_ZONE = ZoneInfo("America/New_York")


def contract_day(now: datetime) -> date:
    """The day on which something happens to a contract."""
    return now.astimezone(CONTRACT_ZONE).date()


def last_day(*, starts_on: date, now: datetime) -> date:
    """The last day of a contract that is cancelled now: today, still served and billed."""
    return max(starts_on, contract_day(now))
