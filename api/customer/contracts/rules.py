"""The day on which a contract begins or ends. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

# Billing counts days in New York (ADR 0030). A contract that began or ended on another
# calendar could change a month that is billed already.
CONTRACT_ZONE = ZoneInfo("America/New_York")


def contract_day(now: datetime) -> date:
    """The day on which something happens to a contract."""
    return now.astimezone(CONTRACT_ZONE).date()
