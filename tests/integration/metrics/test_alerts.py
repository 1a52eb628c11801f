"""Every alert goes by metrics that a scrape has, and leads to a page that says what to do."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from orchestration.local.ports import free_port
from orchestration.metrics import checks, signals
from tests.dashboards.live import sysops_api
from tests.databases import Databases
from tests.integration.test_health import relay, soon
from tests.messaging import send
from tests.world import furnish, household

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "observability.md"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "docs/observability/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
NAME = re.compile(r"\bsquad_[a-z_]+")
OF_DAGSTER = {name for name, _ in (checks.FAILED, checks.CHECKED, checks.GAP)}
"""Dagster's web server is not part of these tests: tests/e2e/test_metrics.py has it."""


def named_in_rules() -> set[str]:
    return {name for rule in RULES for name in NAME.findall(rule["expr"])}


@contextmanager
def metrics(databases: Databases, folder: Path) -> Iterator[str]:
    """The process `metrics` over the databases of a test; the address to scrape."""
    port = free_port()
    environment = {
        "SQUAD_METRICS_FOLDER": str(folder),
        "SQUAD_METRICS_PORT": str(port),
        "SQUAD_METRICS_SECONDS": "0.5",
        "SQUAD_DAGSTER_WEB_URL": "http://127.0.0.1:9",
    }
    for name in ("customer", "sysops", "billing"):
        environment[f"SQUAD_{name.upper()}_WATCHER_URL"] = databases.url(name, "watcher")
    command = [sys.executable, "-m", "orchestration.metrics"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}/metrics"
        finally:
            process.terminate()
            process.wait(20)


def scraped(url: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Every sample by its name and labels; nothing while it does not answer yet."""
    try:
        text = httpx.get(url, timeout=5, trust_env=False).text
    except httpx.TransportError:
        return {}
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_a_scrape_of_real_processes_has_every_metric_that_a_rule_goes_by(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    furnish(databases)
    home = household()
    databases.execute(
        "sysops", "INSERT INTO schedule_watch VALUES (true, now(), now() - interval '1 minute')"
    )
    asyncio.run(send(databases, home.directory(), home.entitlement(), home.ticket()))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    more = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "SQUAD_PROCESS": "sysops-api"}
    source = databases.url("customer", "customer_to_sysops")
    target = databases.url("sysops", "sysops_from_customer")
    with (
        metrics(databases, folder) as url,
        sysops_api(databases.url("sysops", "sysops_api"), more) as api,
        relay(source, target, tmp_path / "heartbeat"),
    ):
        httpx.get(f"{api}/no-such-thing", trust_env=False)
        assert soon(lambda: (("state", "open"),) in scraped(url).get("squad_tickets", {}))
        assert soon(lambda: "squad_relay_messages_total" in scraped(url))
        found = scraped(url)
    assert named_in_rules() - OF_DAGSTER <= found.keys()
    assert found["squad_source_up"] == {
        (("source", "customer"),): 1,
        (("source", "sysops"),): 1,
        (("source", "billing"),): 1,
        (("source", "dagster"),): 0,
    }
    assert found["squad_tickets"] == {(("state", "open"),): 1}
    carried = found["squad_relay_messages_total"].values()
    assert sum(carried) == 3
    nowhere = ("method", "GET"), ("route", "none"), ("service", "sysops-api"), ("status", "4xx")
    assert found["squad_http_requests_total"][nowhere] == 1
    assert str(home.ticket().customer_id) not in str(found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_is_wrong_and_leads_to_a_runbook(rule: dict[str, Any]) -> None:
    page = ROOT / rule["annotations"]["runbook"]
    assert "**It is over when**" in page.read_text()
    index = (ROOT / "docs/runbooks/README.md").read_text()
    assert f"({page.name})" in index
    assert rule["alert"] in DOCUMENT.read_text()
    # The page says which alerts lead to it.
    assert rule["alert"] in page.read_text()
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.fullmatch(r"\d+m", rule.get("for", "1m"))


def test_the_document_has_a_row_for_every_metric_and_every_alert() -> None:
    document = DOCUMENT.read_text()
    rows = set(NAME.findall(document))
    ours = {it.name for it in signals.SIGNALS} | OF_DAGSTER | {signals.QUEUE_MESSAGES[0]}
    named = {name.removesuffix("_bucket") for name in named_in_rules()}
    assert ours | named | {signals.QUEUE_OLDEST[0]} <= rows
    alerts = re.findall(r"^\| ([A-Z][A-Za-z]+) \|", document, re.MULTILINE)
    assert sorted(alerts) == sorted(rule["alert"] for rule in RULES)


def test_no_label_can_be_an_id_so_that_series_do_not_grow_with_the_business() -> None:
    allowed = {"state", "queue"}
    assert {label for it in signals.SIGNALS for label in it.labels} <= allowed
