"""A whole platform has every metric that an alert goes by."""

import httpx
import pytest

from orchestration.local.observing import METRICS_PORT
from tests.integration.metrics.test_alerts import named_in_rules, scraped
from tests.integration.test_health import soon
from tests.whole_platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_every_metric_of_a_rule_is_scraped_from_a_platform(platform: Platform) -> None:
    url = f"http://127.0.0.1:{platform.instance.port(METRICS_PORT)}/metrics"
    assert httpx.get(url, timeout=60, trust_env=False).status_code == 200
    # Relays count from their first message on, checks from their first run on.
    assert soon(lambda: named_in_rules() <= scraped(url).keys(), seconds=600), (
        named_in_rules() - scraped(url).keys()
    )
