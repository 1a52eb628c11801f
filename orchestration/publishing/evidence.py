"""What the checks of a run said, read back from Dagster's event log."""

from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterEventType, DagsterInstance

from warehouse.manifest import Check


def checks_of(instance: DagsterInstance, run_id: str) -> list[Check]:
    """Every check that the run has made so far, in the order of their names."""
    records = instance.get_records_for_run(
        run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    found = []
    for record in records:
        event = record.event_log_entry.dagster_event
        if event is not None and isinstance(event.event_specific_data, AssetCheckEvaluation):
            found.append(_check(event.event_specific_data))
    return sorted(found, key=lambda check: (check.asset, check.name))


def reasons_of(instance: DagsterInstance, run_id: str) -> list[str]:
    """Why the run must not be published: a sentence for each blocking check that failed."""
    return [
        f"{check.asset}: {check.name}" + (f" ({check.detail})" if check.detail else "")
        for check in checks_of(instance, run_id)
        if not check.passed and check.severity == "block"
    ]


def _check(one: AssetCheckEvaluation) -> Check:
    rows = one.metadata.get("failing_rows")
    value = rows.value if rows is not None else None
    return Check(
        asset="/".join(one.asset_key.path),
        name=one.check_name,
        passed=one.passed,
        severity="block" if one.severity == AssetCheckSeverity.ERROR else "warn",
        detail=one.description or "",
        failed=value if isinstance(value, int) else None,
    )
