"""The code location `operations`: assignment, notifications, surveys, conservation, retention,
personal data, the watch over all schedules.

Light: no dbt, no Great Expectations.
"""

import dagster as dg

import api.billing.tables
import api.customer.tables
import api.sysops.tables  # noqa: F401 - all of them, for the keys between them
from orchestration.assignment import assets as assignment
from orchestration.assignment import at_once
from orchestration.assignment.backtest import assets as backtest
from orchestration.card_scan import assets as card_scan
from orchestration.notifying import assets as notifying
from orchestration.personal_data import assets as personal_data
from orchestration.reconciliation import assets as reconciliation
from orchestration.retention import assets as retention
from orchestration.surveys import assets as surveys
from orchestration.watching import assets as watching

defs = dg.Definitions.merge(
    assignment.defs,
    at_once.defs,
    backtest.defs,
    notifying.defs,
    surveys.defs,
    reconciliation.defs,
    retention.defs,
    personal_data.defs,
    watching.defs,
    card_scan.definitions("operations"),
)
