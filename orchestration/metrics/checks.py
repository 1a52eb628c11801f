"""What Dagster's checks have found: asked of its web server, computed by nobody twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from orchestration.metrics.signals import Sample

TIMEOUT_SECONDS = 10
QUERY = """
{ assetNodes(assetKeys: [
    {path: ["operations", "schedules"]}, {path: ["operations", "conservation"]},
    {path: ["operations", "deliveries"]}, {path: ["operations", "assignments"]}]) {
  assetKey { path }
  assetMaterializations(limit: 1) {
    timestamp
    metadataEntries { label ... on IntMetadataEntry { intValue } }
  }
  assetChecksOrError { ... on AssetChecks { checks {
    name executionForLatestMaterialization { evaluation { success severity } }
  } } }
} }
"""
FAILED = ("squad_check_failed", "1 while a check's last word is that it failed; by its severity.")
CHECKED = ("squad_checked_timestamp_seconds", "When what a check is of was last looked at.")
GAP = ("squad_conservation_gap", "What is lost between the databases and was not sent again.")

Key = tuple[str, str]


class Checks:
    """Remembers each check's last word: while a run is at work, Dagster says nothing of it."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/graphql"
        self._failed: dict[Key, Mapping[str, Any]] = {}

    def look(self) -> list[Sample]:
        """Raises httpx.HTTPError, or ValueError for an answer that is none."""
        answer = httpx.post(self._url, json={"query": QUERY}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        said = answer.json()
        if said.get("errors"):
            raise ValueError("Dagster's web server did not understand what it was asked.")
        return list(self.samples(said["data"]["assetNodes"]))

    def samples(self, assets: list[dict[str, Any]]) -> Iterator[Sample]:
        """What the answer says, and for checks at work what was said before."""
        for asset in assets:
            name = "/".join(asset["assetKey"]["path"])
            for check in asset["assetChecksOrError"].get("checks", ()):
                said = (check["executionForLatestMaterialization"] or {}).get("evaluation")
                if said is not None:
                    self._failed[name, check["name"]] = said
            for last in asset["assetMaterializations"]:
                at = float(last["timestamp"]) / 1000
                yield Sample(*CHECKED, (("asset", name),), at)
                found = {it["label"]: it.get("intValue") for it in last["metadataEntries"]}
                if found.get("lost") is not None:
                    yield Sample(*GAP, (), float(found["lost"] - (found["sent_again"] or 0)))
        for (name, check_name), said in self._failed.items():
            labels = (
                ("asset", name),
                ("check", check_name),
                ("severity", str(said["severity"]).lower()),
            )
            yield Sample(*FAILED, labels, 0.0 if said["success"] else 1.0)
