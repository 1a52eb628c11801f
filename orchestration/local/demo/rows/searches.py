"""Rows of searches for articles, and of the tickets that articles made needless."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from api.sysops.knowledge.rules import SEARCHES_KEPT
from api.sysops.knowledge.tables import READERS
from orchestration.local.demo.clocks import MINUTE, SECOND
from orchestration.local.demo.columns import flags, integers, moments, table, texts, uuids
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import uuid7
from orchestration.local.demo.world import World

SEARCHES_A_YEAR: Final = 1.0
"""Mean of a customer; the helpdesk searches for half of them."""
MISSING: Final = ("printer jams", "swollen battery", "smart fridge", "turntable hums")
"""What nobody has written of yet."""
MISSING_SHARE: Final = 0.2
SOLVED_SHARE: Final = 0.3
"""Of the searches that found something."""


def search_rows(world: World) -> Iterator[Batch]:
    setting = world.setting
    random = setting.draws("searches")
    helping = setting.catalogue.help_articles
    count = max(30, int(setting.size.customers * SEARCHES_A_YEAR * setting.size.months / 12))
    at = np.sort(random.integers(setting.start, setting.now - 5 * MINUTE, count))
    asked = [*(one.keywords[0] for one in helping), *MISSING, ""]
    missing = random.random(count) < MISSING_SHARE
    about = np.where(
        missing,
        len(helping) + random.integers(0, len(MISSING), count),
        random.integers(0, len(helping), count),
    )
    online = random.random(count) < 0.5
    forgotten = at < setting.now - int(SEARCHES_KEPT.total_seconds()) * SECOND
    ids = uuid7(at, random)
    yield Batch(
        "sysops",
        "article_query",
        table(
            id=uuids(ids),
            words=texts(asked, np.where(forgotten, len(asked) - 1, about)),
            results=integers(np.where(missing, 0, 1 + about % 3)),
            asked_by=texts(READERS, online.astype(np.int64)),
            asked_at=moments(at),
            forgotten=flags(forgotten),
        ),
    )
    solved = np.flatnonzero(~missing & (random.random(count) < SOLVED_SHARE))
    said = at[solved] + 4 * MINUTE
    yield Batch(
        "sysops",
        "article_solution",
        table(
            id=uuids(uuid7(said, random)),
            article_id=uuids(world.articles[len(setting.catalogue.ticket_types) + about[solved]]),
            solved_at=moments(said),
            said_by=texts(READERS, online[solved].astype(np.int64)),
            # A call is not tied to the search of whoever answered it.
            query_id=uuids(ids[solved], null=~online[solved]),
        ),
    )
