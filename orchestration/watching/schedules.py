"""Every schedule of all code locations.

A test holds this list equal to what the locations define: whoever adds a schedule adds it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from api.billing.calendar import BILLING_ZONE

NIGHT = "America/Chicago"
BILLING = str(BILLING_ZONE)


@dataclass(frozen=True)
class Schedule:
    """The job that it starts, and the time zone in which it counts."""

    job: str
    zone: str = "UTC"


SCHEDULES: Mapping[str, Schedule] = {
    "analytics_card_scan_job_schedule": Schedule("analytics_card_scan_job", NIGHT),
    "assign_experts_job_schedule": Schedule("assign_experts_job"),
    "billing_card_scan_job_schedule": Schedule("billing_card_scan_job", NIGHT),
    "billing_follow_up_schedule": Schedule("billing_follow_up_job", BILLING),
    "billing_ledger_job_schedule": Schedule("billing_ledger_job", BILLING),
    "billing_reconciliation_schedule": Schedule("billing_reconciliation_job", BILLING),
    "billing_resume_schedule": Schedule("billing_run_job", BILLING),
    "billing_run_schedule": Schedule("billing_run_job", BILLING),
    "card_retention_job_schedule": Schedule("card_retention_job", NIGHT),
    "conservation_job_schedule": Schedule("conservation_job"),
    "notifications_job_schedule": Schedule("notifications_job"),
    "operations_card_scan_job_schedule": Schedule("operations_card_scan_job", NIGHT),
    "personal_data_job_schedule": Schedule("personal_data_job"),
    "policy_backtest_schedule": Schedule("policy_backtest_job", BILLING),
    "retention_job_schedule": Schedule("retention_job", NIGHT),
    "survey_reminders_job_schedule": Schedule("survey_reminders_job"),
    "vault_log_job_schedule": Schedule("vault_log_job"),
    "warehouse_full_schedule": Schedule("warehouse", NIGHT),
    "warehouse_schedule": Schedule("warehouse"),
    "watch_job_schedule": Schedule("watch_job"),
}
