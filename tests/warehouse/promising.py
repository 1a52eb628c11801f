"""The promises at the borders of a built warehouse, and which of them are broken."""

from collections.abc import Mapping
from datetime import UTC, datetime

from data_tests import marts
from data_tests.promise import Outcome, Promise
from data_tests.validate import text_columns
from orchestration.quality.assets import promises_at_landing
from tests.warehouse.built import Built
from warehouse.manifest import Manifest, Table


def url(built: Built) -> str:
    return built.databases.url("analytics", "publisher")


def built_at(built: Built) -> datetime:
    """It may be long ago, which is no matter of these tests."""
    [[moment]] = built.databases.rows("analytics", "SELECT max(as_of) FROM landing.watermark")
    found: datetime = moment
    return found


def landing_promises(built: Built) -> list[Promise]:
    return promises_at_landing(url(built), built_at(built))


def mart_promises(
    built: Built,
    published: Manifest | None = None,
    unpublished: Mapping[str, str] | None = None,
) -> list[Promise]:
    words = text_columns(url(built), "marts")
    return marts.promises(built_at(built), words, published, unpublished or {})


def published(built: Built, times: float = 1) -> Manifest:
    """A published version with the columns of the marts, and as many rows times `times`."""
    tables = {}
    for mart in built.marts:
        [[rows]] = built.databases.rows("analytics", f"SELECT count(*) FROM marts.{mart}")
        columns = built.databases.rows(
            "analytics",
            "SELECT attname, 'text' FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            f"marts.{mart}",
        )
        tables[mart] = Table(int(rows * times), dict(columns), [])
    now = datetime.now(UTC)
    return Manifest("v", "run", now, now, tables)


def broken(outcomes: list[Outcome]) -> set[tuple[str, str, bool]]:
    """Table and kind of each broken promise, and whether it holds publishing back."""
    return {
        (one.promise.table, one.promise.kind, one.promise.blocks)
        for one in outcomes
        if not one.kept
    }
