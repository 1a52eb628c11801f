"""The index of search says what the tickets and customers say, a moment later, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from api.kernel import background
from api.sysops.search import indexing
from api.sysops.search.words import is_code
from tests.api.sysops.conftest import add_staff
from tests.api.sysops.searching import add_people, add_ticket, index_all
from tests.databases import Databases

WRONG = """
SELECT 'ticket', ticket_id FROM ticket_document AS said FULL JOIN ticket_index AS kept
    USING (ticket_id) WHERE (said.document, said.facets, said.submitted_at)
    IS DISTINCT FROM (kept.document, kept.facets, kept.submitted_at)
UNION ALL
SELECT 'customer', customer_id FROM customer_document AS said FULL JOIN customer_index AS kept
    USING (customer_id) WHERE said.document IS DISTINCT FROM kept.document
"""
WORDS = """
SELECT DISTINCT word FROM ticket_index, unnest(tsvector_to_array(document)) AS word
UNION SELECT DISTINCT word FROM customer_index, unnest(tsvector_to_array(document)) AS word
"""


@pytest.fixture
async def sessions(databases: Databases) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """As the API's role."""
    async with databases.sessions("sysops", "sysops_api") as opened:
        yield opened


def column(databases: Databases, query: str) -> list[Any]:
    return [row[0] for row in databases.rows("sysops", query)]


NOTED = """
INSERT INTO ticket_note (ticket_id, at, author_id, text)
SELECT '{}', now(), id, 'The dog bites.' FROM staff
"""


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("It did not come to that.")


async def test_after_any_change_the_index_is_what_the_documents_say(databases: Databases) -> None:
    people = add_people(databases)
    add_staff(databases, "helpdesk")
    one = add_ticket(databases, people.ada, "It smokes; ask for SN-48213-X.")
    other = add_ticket(databases, people.jose, "No picture.", ticket_type="tv-repair")
    assert len(databases.rows("sysops", WRONG)) == 5
    await index_all(databases)
    assert databases.rows("sysops", WRONG) == []
    for change in (
        f"UPDATE ticket SET description = 'It burns.', priority = 'urgent' WHERE id = '{one.id}'",
        f"UPDATE ticket SET resolution = 'Replaced.', status = 'resolved' WHERE id = '{other.id}'",
        NOTED.format(one.id),
        f"UPDATE customer SET full_name = 'Ada Byron' WHERE id = '{people.ada}'",
        "UPDATE customer SET addresses = '[]'",
        "UPDATE customer SET phone = '?', email = ''",
        f"DELETE FROM ticket WHERE id = '{other.id}'",
        f"DELETE FROM customer WHERE id = '{people.jose}'",
    ):
        databases.execute("sysops", change)
        await index_all(databases)
        assert databases.rows("sysops", WRONG) == [], change
    words, codes = (column(databases, f"SELECT * FROM search_{kind}") for kind in ("word", "code"))
    assert {*words, *codes} >= set(column(databases, WORDS))
    assert all(map(is_code, codes))
    assert not any(map(is_code, words))


async def test_a_number_and_an_address_are_kept_as_long_as_somebody_has_them(
    databases: Databases,
) -> None:
    people = add_people(databases)
    add_ticket(databases, people.jose, "No picture.")
    await index_all(databases)
    old = {"13055550199", "office@garage-munoz.example"}
    assert old <= set(column(databases, "SELECT code FROM search_code"))
    databases.execute(
        "sysops",
        "UPDATE customer SET phone = '+13055550111', email = 'jose@new.example' WHERE id = %s",
        people.jose,
    )
    await index_all(databases)
    # The ticket's contact has the old number still.
    assert old & set(column(databases, "SELECT code FROM search_code")) == {"13055550199"}
    databases.execute("sysops", "UPDATE ticket SET contact_phone = '+13055550111'")
    await index_all(databases)
    codes = set(column(databases, "SELECT code FROM search_code"))
    assert not old & codes
    assert {"13055550111", "jose@new.example", "15125550123"} <= codes


async def test_what_is_no_text_costs_no_indexing(databases: Databases) -> None:
    ticket = add_ticket(databases, add_people(databases).ada, "It smokes.")
    await index_all(databases)
    databases.execute(
        "sysops", "UPDATE ticket SET status = 'assigned', version = 2 WHERE id = %s", ticket.id
    )
    databases.execute("sysops", "UPDATE customer SET version = 2")
    assert databases.rows("sysops", "SELECT count(*) FROM search_backlog") == [(0,)]


async def test_a_process_that_dies_while_it_indexes_loses_nothing_and_another_waits(
    databases: Databases, sessions: async_sessionmaker[AsyncSession]
) -> None:
    add_people(databases)
    async with sessions() as dying, sessions() as other:
        assert await indexing.index_some(dying) == 3
        assert await indexing.index_some(other) == 0
        await dying.rollback()
    assert len(databases.rows("sysops", WRONG)) == 3
    async with sessions.begin() as session:
        assert await indexing.index_some(session, most=2) == 2
        assert await indexing.index_some(session, most=2) == 1
    assert databases.rows("sysops", WRONG) == []


async def test_indexing_goes_on_by_itself_also_after_the_database_failed(
    databases: Databases,
    sessions: async_sessionmaker[AsyncSession],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexing, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 0.01)
    databases.execute("sysops", "ALTER TABLE search_word RENAME TO gone")
    add_people(databases)
    with capture_logs() as logs:
        async with background.running([indexing.keep], sessions.kw["bind"]):
            await until(lambda: bool(logs))
            assert {entry["event"] for entry in logs} == {"background_work_failed"}
            databases.execute("sysops", "ALTER TABLE gone RENAME TO search_word")
            await until(lambda: not databases.rows("sysops", WRONG))
