"""The zones of the platform: which databases and folders each has, and who may look there.

Each zone is searched by its own logins, in a process of that zone: `SQUAD_<ZONE>_SCANNER_URL`
is a role that is given digits alone, and tables that it cannot be given are searched by the role
that made them. A zone whose variables are not set belongs to another process.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from api.kernel.settings import Settings
from orchestration.card_scan.findings import Scanned
from orchestration.card_scan.tables import Login, scan_database


@dataclass(frozen=True)
class Zone:
    """Databases with their logins, and folders, by the names that findings tell."""

    databases: dict[str, list[Login]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)

    def scan(self) -> Scanned:
        """Look through all of it; a folder that is not there is empty."""
        done = Scanned()
        for name, logins in self.databases.items():
            done.add(scan_database(name, logins))
        for name, folder in self.folders.items():
            # pyarrow takes its time, and a zone without folders has no use for it.
            from orchestration.card_scan.files import scan_folder

            done.add(scan_folder(name, folder))
        return done


class ZoneSettings(Settings, ABC):
    """What a process of the zone is given."""

    @abstractmethod
    def zone(self) -> Zone:
        """What of the platform is in it."""


class OperationsZone(ZoneSettings):
    """Customer, sysops, the job runner's own database and folder; logs, and the inputs of
    assignment runs.

    `dagster_url` logs in as that database's owner, which holds what runs have logged; in
    `dagster_folder` is what runs of every zone have printed and handed on.
    """

    customer_scanner_url: SecretStr
    sysops_scanner_url: SecretStr
    dagster_url: SecretStr | None = None
    dagster_folder: Path | None = None
    log_folder: Path | None = None
    evidence_folder: Path | None = None

    def zone(self) -> Zone:
        databases = {
            "customer": [Login(self.customer_scanner_url.get_secret_value())],
            "sysops": [Login(self.sysops_scanner_url.get_secret_value())],
        }
        if self.dagster_url is not None:
            databases["dagster"] = [Login(self.dagster_url.get_secret_value(), "own")]
        folders = _given(
            logs=self.log_folder, evidence=self.evidence_folder, dagster=self.dagster_folder
        )
        return Zone(databases, folders)


class BillingZone(ZoneSettings):
    """The billing database, the vault's tables with it."""

    billing_scanner_url: SecretStr

    def zone(self) -> Zone:
        return Zone({"billing": [Login(self.billing_scanner_url.get_secret_value())]})


class AnalyticsZone(ZoneSettings):
    """The warehouse's database, its published snapshots, and what dbt keeps of its runs.

    What dbt made belongs to the role `transformer`, which searches it. dbt writes no log of its
    own: what it prints is in the logs and the folder of the job runner.
    """

    analytics_scanner_url: SecretStr
    analytics_transformer_url: SecretStr
    warehouse_dir: Path | None = None
    dbt_dir: Path | None = None

    def zone(self) -> Zone:
        logins = [
            Login(self.analytics_scanner_url.get_secret_value()),
            Login(self.analytics_transformer_url.get_secret_value(), "own"),
        ]
        return Zone({"analytics": logins}, _given(snapshots=self.warehouse_dir, dbt=self.dbt_dir))


ZONES: Mapping[str, type[ZoneSettings]] = {
    "operations": OperationsZone,
    "billing": BillingZone,
    "analytics": AnalyticsZone,
}


def _given(**folders: Path | None) -> dict[str, Path]:
    return {name: folder for name, folder in folders.items() if folder is not None}
