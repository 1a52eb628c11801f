"""The dbt project as its files say it: models, where they come from, and their tests.

Dagster needs this each time a process loads its definitions. dbt's own parser takes ten
seconds for it and leaves a file that can be out of date; the files themselves take a fraction
of one and cannot. A test holds this reading against dbt's.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2] / "transforms"

_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
_SOURCE = re.compile(r"""\bsource\(\s*['"](\w+)['"]\s*,\s*['"](\w+)['"]\s*\)""")
_LISTED = re.compile(r"(\w+) in \('\w+'(, '\w+')*\)")
_WARNS = re.compile(r"""severity\s*=\s*['"]warn['"]""")


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    description: str
    is_free: bool = True
    """It is no key, and no constraint lists its values."""


@dataclass(frozen=True)
class DataTest:
    """A data test of dbt, under the name that people see; `blocks` unless it only warns."""

    name: str
    model: str
    description: str
    blocks: bool = True
    singular: bool = False
    """It has a file of its own, and may concern several models."""


@dataclass(frozen=True)
class Model:
    """A model or a seed. `layer` is its schema, `group` the part of the business it tells of."""

    name: str
    layer: str
    group: str
    description: str
    file: str
    columns: Sequence[Column] = ()
    models: Sequence[str] = ()
    sources: Sequence[tuple[str, str]] = ()
    partition_by: str | None = None
    is_table: bool = False
    """Brought up to date by each build; anything else is a view or a seed, and made once."""
    entity: str | None = None
    """What it is computed by, if a build computes only what changed (variable `entities`)."""
    whole_with: Sequence[str] = ()
    """Small entities of which a change concerns every row."""

    @property
    def is_mart(self) -> bool:
        return self.layer == "marts"


@dataclass(frozen=True)
class Project:
    models: Mapping[str, Model] = field(default_factory=dict)
    tests: Sequence[DataTest] = ()

    def model_of(self, name: str) -> str:
        """The model that a test in a file of its own is told of."""
        return next(test.model for test in self.tests if test.name == name)

    @property
    def marts(self) -> dict[str, Model]:
        return {name: model for name, model in self.models.items() if model.is_mart}


@cache
def load(folder: Path = PROJECT) -> Project:
    """Read the project; raises KeyError naming a model without a description."""
    models: dict[str, Model] = {}
    tests: list[DataTest] = []
    for file in sorted((folder / "seeds").glob("*.csv")):
        words = _properties(file.with_suffix(".yml"))["description"]
        models[file.stem] = Model(file.stem, "staging", "staging", words, _place(file, folder))
    for file in sorted((folder / "models").rglob("*.sql")):
        properties = _properties(file.with_suffix(".yml"))
        models[file.stem] = _model(file, folder, properties)
        tests += _column_tests(file.stem, properties)
    tests += [_singular(file, models) for file in sorted((folder / "tests").glob("*.sql"))]
    return Project(models, tests)


def marks(folder: Path = PROJECT) -> dict[str, str]:
    """A hash for each model of all that its rows are made by: its files, those of the models and
    seeds under it, and every macro. A mart with another mark is built whole."""
    shared = hashlib.sha256()
    for file in (folder / "dbt_project.yml", *_files(folder / "macros"), *_files(folder / "seeds")):
        shared.update(file.read_bytes())
    project, found = load(folder), dict[str, str]()

    def mark(name: str) -> str:
        if name not in found:
            model, digest = project.models[name], shared.copy()
            file = folder.parent / model.file
            for one in (file, file.with_suffix(".yml")):
                digest.update(one.read_bytes())
            for under in model.models:
                digest.update(mark(under).encode())
            found[name] = digest.hexdigest()[:16]
        return found[name]

    return {name: mark(name) for name, model in project.models.items() if model.entity}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_name(kind: str, column: str, arguments: Mapping[str, Any]) -> str:
    """What people see of a generic test: dbt's own names end in a hash."""
    if kind == "relationships":
        target = _REF.search(str(arguments["to"]))
        return f"{column}_is_in_{target.group(1) if target else arguments['to']}"
    return f"{column}_is_{kind}"


def _properties(file: Path) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    parsed = yaml.load(text, yaml.CSafeLoader)  # noqa: TID251 - safe_load, in C
    found: dict[str, Any] = (parsed.get("models") or parsed.get("seeds"))[0]
    return found


def _model(file: Path, folder: Path, properties: Mapping[str, Any]) -> Model:
    sql = file.read_text(encoding="utf-8")
    config = properties.get("config", {})
    meta = config.get("meta", {})
    layer, *inner = file.relative_to(folder / "models").parts[:-1]
    return Model(
        name=file.stem,
        layer=layer,
        group=inner[0] if layer == "marts" else layer,
        description=properties["description"],
        file=_place(file, folder),
        columns=[
            Column(one["name"], one.get("data_type", ""), one.get("description", ""), _is_free(one))
            for one in properties.get("columns", [])
        ],
        models=list(dict.fromkeys(_REF.findall(sql))),
        sources=list(dict.fromkeys(_SOURCE.findall(sql))),
        is_table=layer == "marts" or config.get("materialized") == "incremental",
        partition_by=meta.get("partition_by"),
        entity=meta.get("entity") if config.get("materialized") == "incremental" else None,
        whole_with=meta.get("whole_with", ()),
    )


def _is_free(column: Mapping[str, Any]) -> bool:
    for one in column.get("constraints", []):
        listed = _LISTED.fullmatch(one.get("expression", ""))
        if one["type"] == "primary_key" or (listed and listed[1] == column["name"]):
            return False
    return True


def _column_tests(model: str, properties: Mapping[str, Any]) -> Iterator[DataTest]:
    for column in properties.get("columns", []):
        for entry in column.get("data_tests", []):
            kind, options = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
            arguments = options.get("arguments", {})
            name = test_name(kind, column["name"], arguments)
            yield DataTest(name, model, _words(kind, column["name"], arguments))


def _words(kind: str, column: str, arguments: Mapping[str, Any]) -> str:
    if kind == "relationships":
        target = _REF.search(str(arguments["to"]))
        return f"Every {column} is a {arguments['field']} of {target.group(1) if target else '?'}."
    if kind == "accepted_values":
        return f"{column} is one of {', '.join(map(str, arguments['values']))}."
    return f"{column} is {kind.replace('_', ' ')}."


def _singular(file: Path, models: Mapping[str, Model]) -> DataTest:
    """A test of several models is told of the last mart that it names."""
    sql = file.read_text(encoding="utf-8")
    marts = [name for name in _REF.findall(sql) if models[name].is_mart]
    words = [line.removeprefix("-- ") for line in sql.splitlines() if line.startswith("-- ")]
    description = " ".join(words) or f"{file.stem.replace('_', ' ').capitalize()}."
    blocks = _WARNS.search(sql) is None
    return DataTest(file.stem, marts[-1], description, blocks, singular=True)


def _place(file: Path, folder: Path) -> str:
    return file.relative_to(folder.parent).as_posix()
