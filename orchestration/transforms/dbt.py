"""dbt, run in this process: its settings from one URL, its results as plain data."""

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.engine import make_url

from orchestration.transforms.project import PROJECT, load, marks, test_name

Outcome = Literal["success", "warn", "fail", "error", "skipped"]
_OUTCOMES: Mapping[str, Outcome] = {
    "success": "success",
    "pass": "success",
    "warn": "warn",
    "fail": "fail",
    "error": "error",
    "runtime error": "error",
    "partial success": "error",
    "skipped": "skipped",
}


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node. `failures` are failing rows of a test; `rows` were written.

    A test goes by the name that people see (`project.test_name`) and has the `model` it is of.
    """

    unique_id: str
    name: str
    model: str | None
    outcome: Outcome
    seconds: float
    message: str
    failures: int | None
    rows: int | None

    @property
    def is_model(self) -> bool:
        """A model or a seed: something that is built."""
        return self.unique_id.split(".", 1)[0] in {"model", "seed"}

    @property
    def is_test(self) -> bool:
        """A judgement on data; what is neither this nor a model is a hook of the run."""
        return self.unique_id.startswith("test.")


class DbtFailed(Exception):
    """dbt could not run at all; a node that fails is a result."""


def postgres(url: str, *, threads: int = 4) -> dict[str, str]:
    """The variables of `profiles.yml` for a PostgreSQL URL."""
    parts = make_url(url)
    return {
        "SQUAD_DBT_TARGET": "postgres",
        "SQUAD_DBT_HOST": parts.host or "localhost",
        "SQUAD_DBT_PORT": str(parts.port or 5432),
        "SQUAD_DBT_USER": parts.username or "",
        "SQUAD_DBT_PASSWORD": str(parts.password or ""),
        "SQUAD_DBT_DATABASE": parts.database or "",
        "SQUAD_DBT_THREADS": str(threads),
        "SQUAD_DBT_MARKS": json.dumps(marks()),
    }


def duckdb(file: Path) -> dict[str, str]:
    """The variables of `profiles.yml` for a DuckDB file."""
    return {"SQUAD_DBT_TARGET": "duckdb", "SQUAD_DBT_DUCKDB": str(file)}


def run(
    arguments: Sequence[str],
    variables: Mapping[str, str],
    *,
    target_path: Path,
) -> list[NodeResult]:
    """Run a dbt command and give what each node came to, in the order of their ends.

    `target_path` keeps dbt's parsed project between runs. Raises DbtFailed when the project
    does not parse or the database cannot be reached.
    """
    command = [
        # What it would write down for others takes a second or more: only if it is asked for.
        *(arguments[0], "--no-write-json", *arguments[1:]),
        *("--project-dir", str(PROJECT)),
        *("--profiles-dir", str(PROJECT)),
        *("--target-path", str(target_path)),
        *("--quiet", "--no-use-colors", "--no-version-check", "--cache-selected-only"),
        *("--log-level-file", "none"),
    ]
    with _environment(variables), warnings.catch_warnings():
        # What dbt's own dependencies deprecate is nothing that we could change.
        warnings.simplefilter("ignore", DeprecationWarning)
        # It takes seconds to import, and nobody but this function needs it.
        from dbt.cli.main import dbtRunner

        done = dbtRunner().invoke(command)
    if done.result is None or not hasattr(done.result, "results"):
        raise DbtFailed(str(done.exception or "dbt gave no result"))
    return [_result(node) for node in done.result.results]


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    # dbt reads its profile from the environment alone.
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _result(done: Any) -> NodeResult:
    response: dict[str, Any] = done.adapter_response or {}
    name, model = _name(done.node)
    return NodeResult(
        unique_id=done.node.unique_id,
        name=name,
        model=model,
        outcome=_OUTCOMES[str(done.status).lower()],
        seconds=done.execution_time,
        message=done.message or "",
        failures=done.failures,
        rows=response.get("rows_affected"),
    )


def _name(node: Any) -> tuple[str, str | None]:
    generic = getattr(node, "test_metadata", None)
    if generic is not None:
        model = node.attached_node.split(".")[-1]
        return test_name(generic.name, node.column_name, generic.kwargs), model
    if node.resource_type == "test":
        return node.name, load().model_of(node.name)
    return node.name, None
