"""The scan of a zone as Dagster shows it: once a day, a check that fails on anything found."""

from collections.abc import Iterator

import dagster as dg

from orchestration.card_scan.findings import Scanned
from orchestration.card_scan.zones import ZONES
from orchestration.definitions.common import OWNER, cron, scheduled_job

CHECK = "no_card_number"
TOLD = 20


def definitions(location: str) -> dg.Definitions:
    """The asset, check, job and schedule of the zone that a code location belongs to."""
    key = dg.AssetKey([location, "card_scan"])

    @dg.asset(
        key=key,
        group_name=location,
        description="Databases with their queues, logs, files and snapshots of this zone, looked"
        " through for card numbers by roles that read nothing else.",
        owners=[OWNER],
        kinds={"python", "postgres"},
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                description="No number outside the vault's ciphertext is in a card range and"
                " passes Luhn's check, and every place could be looked into.",
            )
        ],
    )
    def card_scan() -> Iterator[dg.MaterializeResult[None]]:
        """Looks through the zone."""
        done = ZONES[location]().zone().scan()
        yield dg.MaterializeResult(metadata=_figures(done), check_results=[_result(key, done)])

    return dg.Definitions.merge(
        dg.Definitions(assets=[card_scan]),
        scheduled_job(
            f"{location}_card_scan_job",
            dg.AssetSelection.assets(key),
            cron("card_scan", "0 4 * * *"),
            description="Look for card numbers where none may be.",
            execution_timezone="America/Chicago",
        ),
    )


def _figures(done: Scanned) -> dict[str, int]:
    return {
        "found": len(done.findings),
        "closed": len(done.closed),
        "tables": done.tables,
        "files": done.files,
        "bytes": done.bytes,
    }


def _result(key: dg.AssetKey, done: Scanned) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=CHECK,
        passed=done.ok,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "found": [str(it) for it in done.findings[:TOLD]],
            "closed": done.closed[:TOLD],
        },
    )
