"""One build of the marts: of what changed since the last, and the views under them only when
the project has changed."""

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from orchestration.transforms import dbt
from orchestration.transforms.project import PROJECT

# A table of this project, to carry the mark of what the views were made from.
_MARKED = "staging.us_state"
_TABLES = ("config.materialized:table", "config.materialized:incremental")


def build(url: str, *, target_path: Path, threads: int, full: bool = False) -> list[dbt.NodeResult]:
    """Bring every table up to date and test it; seeds and views first, where they are not this
    project's.

    `full` makes every table anew and tests every row. Unit tests judge code, not data: they are
    not run here.
    """
    mark = fingerprint()
    fresh = _mark_of(url) != mark
    scope = [] if fresh else ["--select", *_TABLES]
    if full:
        scope.append("--full-refresh")
    results = dbt.run(
        ["build", "--exclude-resource-type", "unit_test", *scope],
        dbt.postgres(url, threads=threads),
        target_path=target_path,
    )
    if fresh and not any(one.outcome in {"error", "skipped"} for one in results):
        _set_mark(url, mark)
    if all(one.outcome in {"success", "warn"} for one in results):
        _set_tested(url)
    return results


def fingerprint() -> str:
    """A hash of everything that seeds and views are made from."""
    folders = ("seeds", "macros", "models/staging", "models/intermediate")
    files = sorted(
        path for name in folders for path in (PROJECT / name).rglob("*") if path.is_file()
    )
    digest = hashlib.sha256()
    for path in (PROJECT / "dbt_project.yml", *files):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _mark_of(url: str) -> str | None:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT obj_description(to_regclass(%s), 'pg_class')", [_MARKED]
        ).fetchone()
    return row[0] if row else None


def _set_mark(url: str, mark: str) -> None:
    schema, table = _MARKED.split(".")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("COMMENT ON TABLE {} IS {}").format(
                sql.Identifier(schema, table), sql.Literal(mark)
            )
        )


def _set_tested(url: str) -> None:
    """Later tests need not look again at what was gathered up to here.

    A survey's answer that came during the build is gathered by the next one.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE landing.gathering SET tested = built.least "
            "FROM (SELECT min(gathering) AS least FROM landing.built) AS built"
        )
