"""A cluster with a platform's databases, to back up and to restore."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg

from orchestration.local import restore_plan, restoring
from orchestration.local.backing_up import back_up
from orchestration.local.backups import Backup, backups_folder
from orchestration.local.databases import DATABASES, embedded_server, make_server
from orchestration.local.folders import prepare_folders
from orchestration.local.instance import Instance
from orchestration.local.postgres import EmbeddedPostgres
from orchestration.local.progress import Progress

NIGHT = datetime(2026, 11, 26, 2, tzinfo=UTC)


def in_all(*what: str) -> list[list[str]]:
    """The same rows in every database."""
    return [list(what)] * len(DATABASES)


class Databases:
    """The databases of a platform, with a table each, and nothing that changes them by itself."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.root = backups_folder(instance, None)
        prepare_folders(instance)
        make_server(instance)
        self.server.start()
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            for database in DATABASES:
                connection.execute(f"CREATE DATABASE {database}")
        for database in DATABASES:
            self.ask(database, "CREATE TABLE told (what text)")

    @property
    def server(self) -> EmbeddedPostgres:
        return embedded_server(self.instance)

    def ask(self, database: str, query: str) -> list[str]:
        with psycopg.connect(self.server.url(database), autocommit=True) as connection:
            cursor = connection.execute(query)
            return [row[0] for row in cursor] if cursor.description else []

    def tell(self, what: str) -> None:
        """A row in every database."""
        for database in DATABASES:
            self.ask(database, f"INSERT INTO told VALUES ('{what}')")

    def told(self) -> list[list[str]]:
        return [self.ask(name, "SELECT what FROM told ORDER BY what") for name in DATABASES]

    def moment(self) -> datetime:
        [now] = self.ask("postgres", "SELECT clock_timestamp()::text")
        return datetime.fromisoformat(now)

    def back_up(self, keep: int = 7, now: datetime = NIGHT) -> Backup:
        return back_up(self.instance, self.root, keep, now, print).backup

    def plan(
        self, name: str | None = None, to: datetime | None = None, timeline: int | None = None
    ) -> restore_plan.Plan:
        now = datetime.now(UTC)
        return restore_plan.plan(self.instance, self.root, name, to=to, timeline=timeline, now=now)

    def restore(
        self, name: str | None = None, to: datetime | None = None, timeline: int | None = None
    ) -> Path:
        """Where what was there before is now."""
        self.server.stop()
        plan = self.plan(name, to, timeline)
        restoring.restore(self.instance, plan, Progress())
        self.server.start()
        assert plan.aside is not None
        return plan.aside
