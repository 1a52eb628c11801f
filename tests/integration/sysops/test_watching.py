"""The sysops API hears when nobody looks after the schedules any more."""

from datetime import UTC, datetime, timedelta

from api.sysops.watching.service import SILENT, looked, tell_of_silence
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
ADMINISTRATOR = """
INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at)
VALUES ('a@squad.example', 'Al', '+12125550101', '{administrator}', now(), now())
"""
MAILS = "SELECT kind, cause FROM notification ORDER BY id"


async def look(databases: Databases, at: datetime) -> datetime:
    """What the watch in Dagster does, with its role."""
    repairer = databases.sessions("sysops", "sysops_repairer")
    async with repairer as sessions, sessions.begin() as session:
        return await looked(session, at)


async def listen(databases: Databases, since: datetime, at: datetime) -> bool:
    """What the API does every minute, with its role."""
    api = databases.sessions("sysops", "sysops_api")
    async with api as sessions, sessions.begin() as session:
        return await tell_of_silence(session, since, at)


async def test_the_watch_remembers_since_when_it_looks_without_a_gap(databases: Databases) -> None:
    assert await look(databases, NOW) == NOW
    assert await look(databases, NOW + SILENT) == NOW
    later = NOW + SILENT + SILENT + timedelta(seconds=1)
    assert await look(databases, later) == later


async def test_administrators_hear_once_of_a_silence(databases: Databases) -> None:
    databases.execute("sysops", ADMINISTRATOR)
    await look(databases, NOW)
    assert not await listen(databases, LONG_AGO, NOW + SILENT)
    for late in (1, 90):
        assert await listen(databases, LONG_AGO, NOW + SILENT + timedelta(seconds=late))
    mails = databases.rows("sysops", MAILS)
    assert mails == [("schedules_unwatched", NOW.isoformat(timespec="seconds"))]


async def test_who_has_just_begun_to_listen_has_not_heard_a_silence(databases: Databases) -> None:
    databases.execute("sysops", ADMINISTRATOR)
    await look(databases, LONG_AGO)
    assert not await listen(databases, NOW, NOW + SILENT)
    assert await listen(databases, NOW, NOW + SILENT + timedelta(seconds=1))


async def test_two_who_listen_tell_of_a_silence_once(databases: Databases) -> None:
    databases.execute("sysops", ADMINISTRATOR)
    for since in (NOW, NOW + timedelta(minutes=1)):
        assert await listen(databases, since, NOW + 2 * SILENT)
    assert databases.rows("sysops", MAILS) == [("schedules_unwatched", "never")]
    await look(databases, NOW + 2 * SILENT)
    for minutes in (40, 45):
        since = NOW + 2 * SILENT + timedelta(minutes=minutes)
        assert await listen(databases, since, since + 2 * SILENT)
    assert len(databases.rows("sysops", MAILS)) == 2


async def test_a_watch_that_never_began_is_a_silence_too(databases: Databases) -> None:
    assert not await listen(databases, NOW, NOW + SILENT)
    assert await listen(databases, NOW, NOW + SILENT + timedelta(seconds=1))
