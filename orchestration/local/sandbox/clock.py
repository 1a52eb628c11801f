"""The sandbox's own time: microseconds since 1970 in the file, aware UTC moments outside it."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def now_us() -> int:
    """Microseconds since 1970."""
    return to_us(datetime.now(UTC))


def to_us(moment: datetime) -> int:
    """Exact, unlike `timestamp()`, which loses microseconds to a float; naive means UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // MICROSECOND


def from_us(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
