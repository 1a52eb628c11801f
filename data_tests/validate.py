"""Holding promises against PostgreSQL with Great Expectations, which takes seconds to load."""

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from sqlalchemy import BIGINT
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine import make_url

from data_tests.promise import Outcome, Promise

_WORDS = """
SELECT relname, array_agg(attname::text ORDER BY attnum)
FROM pg_class AS c
JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND atttypid = 'text'::regtype
GROUP BY relname
ORDER BY relname
"""


def text_columns(url: str, schema: str) -> dict[str, list[str]]:
    """The columns of each table that can hold words."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_WORDS, [schema]).fetchall())


def validate(url: str, promises: Sequence[Promise]) -> list[Outcome]:
    """Look whether each promise is kept. Nothing is written, neither there nor to a file.

    Raises ValueError naming a promise that could not be looked at.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # What the library and its dependencies deprecate is nothing that we could change.
        warnings.simplefilter("ignore", DeprecationWarning)
        tables: dict[str, list[Promise]] = {}
        for promise in sorted(promises, key=lambda promise: promise.table):
            tables.setdefault(promise.table, []).append(promise)
        source = _source(url, tables)
        try:
            return [
                outcome
                for table, those in tables.items()
                for outcome in _validate_table(source, table, those)
            ]
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()


def _source(url: str, tables: Iterable[str]) -> Any:
    """The database as a data source of a context that lives in memory alone.

    It knows all tables at once: with each that is added the library writes down all it knows.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    # Unknown to SQLAlchemy, whose warning of it the library takes for an error.
    ischema_names.setdefault("xid8", BIGINT)
    context = gx.get_context(project_config=config, mode="ephemeral")
    address = make_url(url).set(drivername="postgresql+psycopg")
    # Months are those of UTC.
    address = address.update_query_dict({"options": "-c timezone=UTC"})
    sources: Any = context.data_sources
    return sources.add_postgres(
        "analytics",
        connection_string=address.render_as_string(hide_password=False),
        assets=[
            {"name": name, "type": "table", "schema_name": schema, "table_name": table}
            for name in tables
            for schema, table in [name.split(".")]
        ],
    )


def _validate_table(source: Any, name: str, promises: list[Promise]) -> Iterator[Outcome]:
    import great_expectations as gx

    asset = source.get_asset(name)
    batch = asset.get_batch(asset.build_batch_request())
    suite = gx.ExpectationSuite(
        name=name,
        expectations=[_expectation(promise, place) for place, promise in enumerate(promises)],
    )
    done = batch.validate(suite, result_format="SUMMARY")
    # Results come in an order of their own.
    results = {result.expectation_config.meta["place"]: result for result in done.results}
    return (_outcome(promise, results[place]) for place, promise in enumerate(promises))


def _expectation(promise: Promise, place: int) -> Any:
    from great_expectations import expectations

    kind = getattr(expectations, promise.expectation)
    severity = "critical" if promise.blocks else "warning"
    return kind(**promise.arguments, severity=severity, meta={"place": place})


def _outcome(promise: Promise, result: Any) -> Outcome:
    failure = _failure(result.exception_info or {})
    if failure is not None:
        raise ValueError(f"{promise.table}: {promise.words}: {failure}")
    found = result.result
    observed = found.get("observed_value")
    # A list could be a sample of values; numbers and times are not.
    said = "" if observed is None or isinstance(observed, list | dict) else str(observed)
    unexpected = found.get("unexpected_count")
    if promise.expectation == "UnexpectedRowsExpectation":
        unexpected, said = None if promise.of_all else int(said), ""
    return Outcome(promise, bool(result.success), said, unexpected)


def _failure(information: dict[str, Any]) -> str | None:
    """What went wrong while looking: said once, or for each of the metrics that were needed."""
    for one in (information, *information.values()):
        if isinstance(one, dict) and one.get("raised_exception"):
            return str(one.get("exception_message"))
    return None
