"""A warehouse with its marts built on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from orchestration.replication.mirror import SOURCES
from orchestration.transforms import build, dbt
from tests.databases import Databases
from tests.warehouse.sources import Sources
from tests.warehouse.world import World


@dataclass
class Built:
    databases: Databases
    sources: Sources
    results: list[dbt.NodeResult]
    target_path: Path

    @classmethod
    def build(cls, databases: Databases, world: World, target_path: Path) -> Self:
        world.build().load(databases)
        sources = Sources(databases)
        for source in SOURCES:
            sources.mirror(source)
        one = cls(databases, sources, [], target_path)
        one.results = one.build_marts()
        return one

    def build_marts(self) -> list[dbt.NodeResult]:
        """As the warehouse job does it."""
        url = self.databases.url("analytics", "transformer")
        return build.build(url, target_path=self.target_path, threads=2)

    def dbt(self, *arguments: str) -> list[dbt.NodeResult]:
        url = self.databases.url("analytics", "transformer")
        return dbt.run(arguments, dbt.postgres(url), target_path=self.target_path)

    @contextmanager
    def copy(self) -> Iterator["Built"]:
        """The same warehouse in a database of its own, to be changed and thrown away."""
        databases = self.databases.fork("analytics")
        try:
            yield Built(databases, Sources(databases), self.results, self.target_path)
        finally:
            databases.drop()

    @property
    def marts(self) -> list[str]:
        rows = self.databases.rows(
            "analytics", "SELECT tablename FROM pg_tables WHERE schemaname = 'marts' ORDER BY 1"
        )
        return [row[0] for row in rows]


def bad(results: list[dbt.NodeResult]) -> dict[str, str]:
    """The nodes that did not succeed, with what they said."""
    return {node.unique_id: node.message for node in results if node.outcome != "success"}
