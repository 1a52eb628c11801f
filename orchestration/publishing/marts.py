"""What a version tells of each mart beside its rows, from the files of the dbt project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.transforms.project import Project

# How far a table has landed is told by the table itself, and answers of surveys come by message.
_NOT_MIRRORED = {"landing", "surveys"}


@dataclass(frozen=True)
class Mart:
    """How a mart is written: in files by the month of a column, or as one.

    `grain` says what one row is; `sources` are the mirrored tables that it is made of.
    """

    partition_by: str | None = None
    grain: str = ""
    sources: Sequence[str] = ()


def described(project: Project) -> Mapping[str, Mart]:
    """Every mart of the project by its name."""
    return {
        name: Mart(model.partition_by, model.description.strip(), _sources_of(name, project))
        for name, model in project.marts.items()
    }


def _sources_of(name: str, project: Project) -> list[str]:
    """The mirrored tables behind a model, through every model between them."""
    found, seen, asked = set[str](), set[str](), [name]
    while asked:
        model = project.models[asked.pop()]
        seen.add(model.name)
        found |= {
            f"{source}.{table}" for source, table in model.sources if source not in _NOT_MIRRORED
        }
        asked += [one for one in model.models if one not in seen]
    return sorted(found)
