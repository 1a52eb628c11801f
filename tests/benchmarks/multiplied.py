"""A published version made many times as large, in files, as the publisher would write them.

A whole pipeline of ten million tickets takes hours; what readers do with its files needs only the
files. Each copy has keys of its own, made from the first's, so that rows refer to their own
copy's rows; its places, plans, types and channel are spread, and all its moments are a little
earlier. Marts that no report reads stay as they are.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from orchestration.publishing.export import to_parquet
from orchestration.publishing.marts import Mart
from orchestration.publishing.summaries import summarise
from warehouse import reports
from warehouse.manifest import File, Manifest, Table
from warehouse.read import Warehouse
from warehouse.store import Store

EARLIER: Final = timedelta(seconds=37)
"""A copy is as much older than the one before."""

SPREAD: Final = {
    "location_key": (1, 17), "state": (1, 17), "ticket_type": (17, 4), "device_type": (17, 4),
    "plan_code": (5, 2),
}  # fmt: skip
"""Of columns that name an entry of a catalogue: by how much the copy is divided, and how many
entries are made of each."""

CATALOGUES: Final = {
    "dim_location": "location_key", "dim_ticket_type": "ticket_type",
    "dim_device_type": "device_type", "dim_support_plan": "plan_code",
}  # fmt: skip
EXPERTS: Final = frozenset({"expert_id", "current_expert_id", "resolving_expert_id"})
EXPERT_COPIES: Final = 125
SHARED: Final = frozenset({"run_id", "article_id"})
ONCE: Final = frozenset({"dim_date", "dim_landed_table", "dim_article", "fct_assignment_run"})
# The first copy keeps its keys; any other's differ in bits of the copy's own.
_COPIES: Final = f"""
(
    SELECT copy, IF(copy = 0, 0, md5_number('' || copy)) AS mask,
        IF(copy % {EXPERT_COPIES} = 0, 0, md5_number('' || copy % {EXPERT_COPIES})) AS expert_mask
    FROM range({{}}) AS copies(copy)
)
"""


def multiply(base: Path, target: Path, copies: int, marts: Mapping[str, Mart]) -> Manifest:
    """Write the version shown in `base` as one of so many copies to `target`, and show it."""
    snapshot, store = Warehouse(base, memory_limit="4GB").snapshot(), Store(target)
    wanted = {mart for report in reports.REPORTS for mart in report.marts}
    tables = {}
    with store.writing(), snapshot.cursor() as cursor:
        cursor.execute("SET preserve_insertion_order = true")
        for name, table in snapshot.manifest.tables.items():
            by = marts[name].partition_by
            grown = copies if name in wanted and name not in ONCE else 1
            tables[name] = _table(cursor, name, table, by, grown, copies, store)
        summaries, _ = summarise(store, tables, snapshot.as_of, None)
        manifest = msgspec.structs.replace(snapshot.manifest, tables=tables, summaries=summaries)
        store.add_version(manifest)
        store.switch(manifest.version)
    return manifest


def _table(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    table: Table,
    by: str | None,
    grown: int,
    copies: int,
    store: Store,
) -> Table:
    key = next(iter(table.columns))
    entries = name in CATALOGUES
    if entries:
        grown = min(copies, SPREAD[CATALOGUES[name]][1])
    elif name == "dim_expert":
        grown = min(copies, EXPERT_COPIES)
    values = ", ".join(_value(*column, key, entries) for column in table.columns.items())
    files = []
    for partition, condition in _parts(cursor, name, by, grown):
        order = f"{by}, {key}" if by else key
        rows = cursor.sql(
            f"SELECT * FROM (SELECT {values} FROM "
            f"(FROM {name} WHERE {condition[0]}) AS it, {_COPIES.format(grown)}) "
            f"WHERE {condition[1]} ORDER BY {order}"
        ).to_arrow_table()
        content = to_parquet(rows)
        file, _ = store.add_file(content)
        files.append(File(file, rows.num_rows, len(content), partition))
    return msgspec.structs.replace(table, rows=sum(one.rows for one in files), files=files)


def _parts(
    cursor: duckdb.DuckDBPyConnection, name: str, by: str | None, grown: int
) -> list[tuple[str | None, tuple[str, str]]]:
    """Months with the condition for the rows that they can come from, and for those they have."""
    if by is None:
        return [(None, ("true", "true"))]
    found = cursor.execute(f"SELECT min({by}), max({by}), typeof(any_value({by})) FROM {name}")
    [(first, last, kind)] = found.fetchall()
    if first is None:
        return [(None, ("true", "true"))]
    reach = EARLIER * grown if kind != "DATE" else timedelta(0)
    month = date(first.year, first.month, 1)
    month = date((first - reach).year, (first - reach).month, 1)
    parts: list[tuple[str | None, tuple[str, str]]] = []
    while month <= date(last.year, last.month, 1):
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        whole = f"{by} >= '{month}' AND {by} < '{following}'"
        near = f"{by} >= '{month}' AND {by} < '{following}'::TIMESTAMP + INTERVAL '{reach}'"
        parts.append((f"{month:%Y-%m}", (near, whole)))
        month = following
    return parts


def _value(name: str, kind: str, key: str, is_catalogue: bool) -> str:
    """What a copy has in a column; the first copy is what was there."""
    place = f"it.{name}"
    if is_catalogue and name in {*SPREAD, "state_name", "ticket_type_name", "device_name"}:
        made = f"{place} || CASE copy WHEN 0 THEN '' ELSE '.' || copy END"
    elif name in SPREAD:
        divided, entries = SPREAD[name]
        entry = f"copy // {divided} % {entries}"
        made = f"{place} || CASE {entry} WHEN 0 THEN '' ELSE '.' || {entry} END"
    elif name in EXPERTS:
        made = f"xor({place}::UHUGEINT, expert_mask)::UUID"
    elif kind == "uuid" and name not in SHARED:
        made = f"xor({place}::UHUGEINT, mask)::UUID"
    elif name == key and kind == "text":
        made = f"{place} || CASE copy WHEN 0 THEN '' ELSE '.' || copy END"
    elif name.endswith("_number") and kind == "bigint":
        made = f"{place} + copy * 1000000000"
    elif name == "channel":
        made = "CASE copy % 3 WHEN 2 THEN 'phone' ELSE it.channel END"
    elif kind == "timestamp with time zone":
        made = f"{place} - copy * INTERVAL '{EARLIER.seconds} seconds'"
    else:
        made = place
    return f"{made} AS {name}"
