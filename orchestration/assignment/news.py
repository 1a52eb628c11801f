"""Whether something happened since the last run that might serve a ticket that waits.

Rows tell by the transaction that wrote them last (`api.kernel.changes`) whether the last run has
seen them: no clock has to be right, and what was open while that run read is not missed. What
the run wrote itself is no news: its proposals wait for nobody, and what it escalated is as old as
its input.
"""

from typing import Final

from sqlalchemy import ARRAY, Date, String, bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from orchestration.assignment.waiting import WAITS

# A run that failed counts as none. Before the first one, everything is news.
_LAST = text("""
SELECT id, as_of, coalesce(seen, '3:3:') AS seen, coalesce(holidays, '{}') AS holidays,
    pg_snapshot_xmin(coalesce(seen, '3:3:')::pg_snapshot)::text AS low
FROM (SELECT) AS always LEFT JOIN LATERAL (
    SELECT * FROM assignment_run WHERE status = 'finished' ORDER BY id DESC LIMIT 1
) AS last ON true
""")

_UNSEEN: Final = (
    "{row}.row_xid >= CAST(:low AS xid8)"
    " AND NOT pg_visible_in_snapshot({row}.row_xid, CAST(:seen AS pg_snapshot))"
)
_WAITING: Final = f"ticket t JOIN entitlement e ON e.contract_id = t.contract_id WHERE {WAITS}"
# Each is read by an index on `row_xid`; an expert is written with skills, shifts and absences
# that end, a ticket type with the skills that it needs.
_SOURCES: Final = {
    "t": f"{_WAITING} AND t.updated_at IS DISTINCT FROM :as_of",
    "e": _WAITING,
    "x": "expert x WHERE x.active",
    "a": "assignment a WHERE a.status IN ('rejected', 'expired', 'withdrawn')"
    " AND upper(a.during) > now()",
    "k": "ticket_type k WHERE true",
    "p": "assignment_policy_use p WHERE true",
}
_NEWEST: Final = ",\n    ".join(
    f"(SELECT max({row}.row_xid) FROM {source} AND {_UNSEEN.format(row=row)})"  # noqa: S608 - constants
    for row, source in _SOURCES.items()
)
_QUERY: Final = f"""
SELECT greatest(
    {_NEWEST}
)::text AS newest, ARRAY(
    SELECT day FROM unnest(:holidays) AS day
    WHERE day >= current_date - 1 AND NOT EXISTS (SELECT FROM holiday h WHERE h.day = day.day)
    ORDER BY day
)::text AS no_holidays
WHERE EXISTS (SELECT FROM {_WAITING})
"""  # noqa: S608 - constants of ours
_NEWS = text(_QUERY).bindparams(
    bindparam("low", type_=String),
    bindparam("seen", type_=String),
    bindparam("as_of", type_=TIMESTAMP(timezone=True)),
    bindparam("holidays", type_=ARRAY(Date)),
)
NONE_REMOVED: Final = "{}"


async def news(session: AsyncSession) -> str | None:
    """What happened that the last run has not seen; None when a run would be of no use.

    The same news has the same words, whatever else goes on.
    """
    last = (await session.execute(_LAST)).one()
    known = {"low": last.low, "seen": last.seen, "as_of": last.as_of, "holidays": last.holidays}
    found = (await session.execute(_NEWS, known)).one_or_none()
    if found is None or (found.newest is None and found.no_holidays == NONE_REMOVED):
        return None
    return f"{last.id}/{found.newest}/{found.no_holidays}"
