"""Indexes, keys and foreign keys: taken off before a load and put back after it, as they were.

In the same transaction, so nobody ever sees the tables without them. Putting them back checks all
rows at once, which is several times cheaper than row by row, and refuses what does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

# A table's own constraints, foreign keys that point at it, and indexes that are no constraint.
# A temporal key (WITHOUT OVERLAPS) stays: its table is small. A partial index stays, too: written
# out and read again its condition would be the same, but no longer to the letter.
_FOUND = """
WITH loaded AS (
    SELECT oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s)
)
SELECT
    CASE contype WHEN 'f' THEN 0 ELSE 1 END AS rank,
    format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format(
        'ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
        conrelid::regclass, conname, pg_get_constraintdef(oid)
    )
FROM pg_constraint
WHERE (conrelid IN (TABLE loaded) OR confrelid IN (TABLE loaded))
    AND contype IN ('f', 'p', 'u') AND NOT conperiod
UNION ALL
SELECT 2, format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid IN (TABLE loaded) AND indpred IS NULL
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Constraints:
    """Statements that take them off, and those that put them back: keys, indexes, foreign keys."""

    off: Sequence[str]
    on: Sequence[str]


def find_constraints(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Constraints:
    rows = connection.execute(_FOUND, {"tables": list(tables)}).fetchall()
    keys = [back for rank, _, back in rows if rank == 1]
    indexes = [back for rank, _, back in rows if rank == 2]
    foreign = [back for rank, _, back in rows if rank == 0]
    return Constraints([off for _, off, _ in rows], [*keys, *indexes, *foreign])
