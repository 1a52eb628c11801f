"""The vault's keys rotate while cards come in and are charged, whoever dies or repeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from api.billing.vault import rotation
from api.billing.vault.crypto import Kek, WrongKey, generate_kek
from api.billing.vault.handlers import CardIntake
from api.billing.vault.keys import load_keys_to_encrypt
from api.billing.vault.service import open_cards
from api.kernel.inbox import Inbound
from api.messages import CardSealed
from orchestration.billing.exclusive import ROTATING, only_one
from orchestration.billing.rotating import RotatingAlready, Rotator
from tests.databases import Databases
from tests.integration.billing.support import (
    BOX,
    GOOD_NUMBER,
    KEK,
    NOW,
    deliver,
    make_keys,
    sealed,
)
from tests.orchestration.billing.faults import Killed, killed_at
from tests.orchestration.billing.world import Sessions

AT_ONCE = timedelta(0)
CARDS = 5


@pytest.fixture
async def rotate(databases: Databases) -> AsyncIterator[Sessions]:
    await make_keys(databases)
    await deliver(databases, *(sealed() for _ in range(CARDS)))
    async with databases.sessions("billing", "card_rotate") as sessions:
        yield sessions


def rotator(sessions: Sessions, report: Any = lambda _: None, kek: Kek = KEK) -> Rotator:
    return Rotator(sessions, kek, lambda: NOW, report, batch=2)


def cards_by_key(databases: Databases) -> dict[int, int]:
    query = "SELECT key_version, count(*) FROM vault_card GROUP BY 1"
    return dict(databases.rows("billing", query))


def retired(databases: Databases) -> list[tuple[int, bool]]:
    query = "SELECT version, retired_at IS NOT NULL FROM vault_key WHERE version > 0 ORDER BY 1"
    return [(row[0], row[1]) for row in databases.rows("billing", query)]


async def numbers(databases: Databases) -> set[str]:
    """Every card's number, as the charge step reads it; fails when one does not open."""
    ids = [row[0] for row in databases.rows("billing", "SELECT card_id FROM vault_card")]
    async with databases.sessions("billing", "card_charge") as sessions:
        opened = await open_cards(sessions, KEK, ids, actor="a", purpose="b", now=NOW)
    assert opened.unreadable == []
    return {card.number.reveal() for card in opened.cards.values()}


async def test_every_card_gets_the_new_key_in_logged_batches_and_the_old_key_is_retired(
    rotate: Sessions, databases: Databases
) -> None:
    told: list[str] = []
    done = await rotator(rotate, lambda it: told.append(str(it))).run(AT_ONCE)
    assert (done.made, done.key_version, done.done, done.retired) == (True, 2, CARDS, [1])
    assert told[-1].startswith("5 of 5 cards are under key 2 now")
    assert cards_by_key(databases) == {2: CARDS}
    assert retired(databases) == [(1, True), (2, False)]
    assert await numbers(databases) == {GOOD_NUMBER}
    links = databases.rows(
        "billing", "SELECT cardinality(card_ids) FROM vault_access WHERE purpose = 'rotate'"
    )
    assert links == [(2,), (2,), (1,)]
    async with rotate() as session:
        state = await rotation.state(session)
    assert (state.broken_at, state.under_way, state.last_rotation) == (None, False, NOW)


async def test_run_again_it_makes_another_key_only_when_that_is_asked_for(
    rotate: Sessions, databases: Databases
) -> None:
    await rotator(rotate).run(AT_ONCE)
    again = await rotator(rotate).run(timedelta(days=1))
    assert (again.made, again.done, again.retired) == (False, 0, [])
    assert (await rotator(rotate).run(AT_ONCE)).key_version == 3
    assert retired(databases) == [(1, True), (2, True), (3, False)]


async def test_killed_anywhere_it_goes_on_and_there_are_never_two_rotations_to_finish(
    rotate: Sessions, databases: Databases
) -> None:
    points, point = 0, -1
    while True:
        point += 3
        with killed_at(point) as countdown, suppress(Killed):
            await rotator(rotate).run(AT_ONCE)
        assert await numbers(databases) == {GOOD_NUMBER}
        assert [gone for _, gone in retired(databases)].count(False) <= 2
        if not countdown.killed:
            break
        points += 1
    assert points > 10
    done = await rotator(rotate).run(timedelta(days=1))
    assert cards_by_key(databases) == {done.key_version: CARDS}
    assert [it for it, gone in retired(databases) if not gone] == [done.key_version]


async def test_cards_that_are_being_charged_open_at_every_moment(
    rotate: Sessions, databases: Databases
) -> None:
    ids = [row[0] for row in databases.rows("billing", "SELECT card_id FROM vault_card")]
    going = True

    async def charge() -> int:
        times = 0
        async with databases.sessions("billing", "card_charge") as sessions:
            while going:
                opened = await open_cards(sessions, KEK, ids, actor="a", purpose="b", now=NOW)
                assert opened.unreadable == []
                times += 1
        return times

    charging = asyncio.create_task(charge())
    for _ in range(5):
        await rotator(rotate).run(AT_ONCE)
    going = False
    assert await charging > 5
    assert cards_by_key(databases) == {6: CARDS}


async def test_a_card_taken_in_under_the_old_key_meanwhile_is_found_before_that_is_retired(
    rotate: Sessions, databases: Databases
) -> None:
    """An intake that has its keys is not seen until it commits; retiring waits for it."""
    late = sealed()
    loaded, go_on = asyncio.Event(), asyncio.Event()

    class Slow(CardIntake):
        async def sealed(self, session: Any, message: CardSealed, now: Any) -> None:
            await load_keys_to_encrypt(session, KEK)
            await super().sealed(session, message, now)
            loaded.set()
            await go_on.wait()

    inbound = Inbound({CardSealed: Slow(KEK, {BOX.key_id: BOX.private_key}).sealed})
    taking_in = asyncio.create_task(deliver(databases, late, inbound=inbound))
    await loaded.wait()
    rotating = asyncio.create_task(rotator(rotate).run(AT_ONCE))
    async with asyncio.timeout(60):
        while len(retired(databases)) == 1:  # noqa: ASYNC110 - what happens in a database
            await asyncio.sleep(0)
    go_on.set()
    assert await taking_in == [None]
    assert (await rotating).done == CARDS + 1
    assert cards_by_key(databases) == {2: CARDS + 1}
    assert retired(databases) == [(1, True), (2, False)]


async def test_of_two_rotations_at_once_one_is_told_to_wait(
    rotate: Sessions, databases: Databases
) -> None:
    async with only_one(rotate, ROTATING):
        with pytest.raises(RotatingAlready):
            await rotator(rotate).run(AT_ONCE)
    assert cards_by_key(databases) == {1: CARDS}


async def test_a_card_that_does_not_open_stops_nobody_and_its_key_stays(
    rotate: Sessions, databases: Databases
) -> None:
    ((bad,),) = databases.rows("billing", "SELECT card_id FROM vault_card ORDER BY 1 LIMIT 1")
    databases.execute(
        "billing", "UPDATE vault_card SET ciphertext = 'changed' WHERE card_id = %s", bad
    )
    done = await rotator(rotate).run(AT_ONCE)
    assert (done.done, done.unreadable, done.retired) == (CARDS - 1, [bad], [])
    assert cards_by_key(databases) == {1: 1, 2: CARDS - 1}


async def test_with_another_key_encryption_key_nothing_is_touched(
    rotate: Sessions, databases: Databases
) -> None:
    with pytest.raises(WrongKey):
        await rotator(rotate, kek=Kek(generate_kek())).run(AT_ONCE)
    assert retired(databases) == [(1, False)]
