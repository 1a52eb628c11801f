"""How far behind readers are: the seconds from a change in a source to the version that shows it.

The steps are those of the pipeline, one after the other and without Dagster, which adds the start
of their processes and the wait for the next schedule.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from data_tests.promise import Promise
from data_tests.validate import validate
from orchestration.publishing.marts import described
from orchestration.publishing.publish import Published, publish
from orchestration.quality.assets import promises_at_landing, promises_of_marts, shown
from orchestration.transforms.project import load
from tests.benchmarks.report import Report, Wrong, timed
from tests.databases import Databases
from warehouse.store import Store

CHANGED = 20
"""Tickets of the last days: about what happens in a minute at ten million in two years."""
_CHANGE = """
WITH lately AS (
    UPDATE ticket SET version = version + 1
    WHERE id IN (SELECT id FROM ticket ORDER BY submitted_at DESC LIMIT %s)
    RETURNING id, version, status
)
INSERT INTO ticket_event (id, ticket_id, version, at, actor, from_status, to_status, action)
SELECT uuidv7(), id, version, now(), 'system', status, status, 'reschedule'
FROM lately
"""


def measure(
    report: Report,
    databases: Databases,
    folder: Path,
    *,
    land: Callable[[], float],
    build: Callable[[], float],
) -> None:
    """Publishes all, changes a little, and measures its way; raises Wrong when it does not arrive.

    `land` and `build` do their step and return its seconds. All is landed and built before.
    """
    store = Store(folder)
    report.add("first_publish_s", round(_published(databases, store)[0], 2))
    before = shown(store)
    with databases.connect("sysops") as connection:
        connection.execute(_CHANGE, [CHANGED])
    steps = {
        "landing": land(),
        "landing_promises": _kept(
            databases, lambda url: promises_at_landing(url, datetime.now(UTC))
        ),
        "build": build(),
        "mart_promises": _kept(databases, lambda url: promises_of_marts(url, before)),
    }
    steps["publish"], done = _published(databases, store)
    for name, seconds in steps.items():
        report.add(f"behind_{name}_s", round(seconds, 2))
    report.hold("behind_s", round(sum(steps.values()), 2), at_most=300)
    report.add("behind_files_kept", done.kept)
    report.add("behind_files_written", done.written)
    rows = [
        version.tables["fct_ticket_event"].rows for version in (before, done.manifest) if version
    ]
    if rows[1] - rows[0] != CHANGED:
        raise Wrong(f"{CHANGED} events were added, and the versions have {rows} of them.")


def _kept(databases: Databases, promises: Callable[[str], list[Promise]]) -> float:
    seconds: list[float] = []
    url = databases.url("analytics", "publisher")
    with timed(seconds):
        outcomes = validate(url, promises(url))
    broken = [one.promise for one in outcomes if one.promise.blocks and not one.kept]
    if broken:
        raise Wrong(f"Promises are broken: {broken}")
    return seconds[0]


def _published(databases: Databases, store: Store) -> tuple[float, Published]:
    seconds: list[float] = []
    with timed(seconds):
        done = publish(
            databases.url("analytics", "publisher"), store, described(load()),
            run_id="benchmark", checks=[], now=datetime.now(UTC), keep=2,
        )  # fmt: skip
    return seconds[0], done
