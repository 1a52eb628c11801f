"""The databases that scheduled work logs in to, and as whom."""

from collections.abc import Mapping

# A code location, and the database and role behind each of its variables.
CODE_ROLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "operations": {
        "SQUAD_SYSOPS_URL": ("sysops", "assigner"),
        "SQUAD_SURVEYOR_URL": ("customer", "surveyor"),
        "SQUAD_CUSTOMER_RECONCILER_URL": ("customer", "reconciler"),
        "SQUAD_SYSOPS_RECONCILER_URL": ("sysops", "reconciler"),
        "SQUAD_BILLING_RECONCILER_URL": ("billing", "reconciler"),
        "SQUAD_CUSTOMER_REMINDER_URL": ("customer", "customer_reminder"),
        "SQUAD_SYSOPS_REMINDER_URL": ("sysops", "sysops_reminder"),
        "SQUAD_CUSTOMER_REPAIRER_URL": ("customer", "customer_repairer"),
        "SQUAD_SYSOPS_REPAIRER_URL": ("sysops", "sysops_repairer"),
        "SQUAD_BILLING_REPAIRER_URL": ("billing", "billing_repairer"),
        "SQUAD_CUSTOMER_JANITOR_URL": ("customer", "janitor"),
        "SQUAD_SYSOPS_JANITOR_URL": ("sysops", "janitor"),
        "SQUAD_BILLING_JANITOR_URL": ("billing", "janitor"),
        "SQUAD_ANALYTICS_JANITOR_URL": ("analytics", "janitor"),
        "SQUAD_CUSTOMER_EXPORTER_URL": ("customer", "exporter"),
        "SQUAD_SYSOPS_EXPORTER_URL": ("sysops", "exporter"),
        "SQUAD_BILLING_EXPORTER_URL": ("billing", "exporter"),
        "SQUAD_ANALYTICS_EXPORTER_URL": ("analytics", "exporter"),
        "SQUAD_CUSTOMER_ERASER_URL": ("customer", "eraser"),
        "SQUAD_SYSOPS_ERASER_URL": ("sysops", "eraser"),
        "SQUAD_BILLING_ERASER_URL": ("billing", "eraser"),
        "SQUAD_ANALYTICS_ERASER_URL": ("analytics", "eraser"),
        "SQUAD_BILLING_DESTROY_URL": ("billing", "card_destroy"),
        "SQUAD_CUSTOMER_SCANNER_URL": ("customer", "customer_scanner"),
        "SQUAD_SYSOPS_SCANNER_URL": ("sysops", "sysops_scanner"),
    },
    "billing": {
        "SQUAD_BILLING_SCANNER_URL": ("billing", "billing_scanner"),
        "SQUAD_BILLING_URL": ("billing", "biller"),
        "SQUAD_BILLING_CHARGE_URL": ("billing", "card_charge"),
        "SQUAD_PROVIDER_RECONCILER_URL": ("billing", "provider_reconciler"),
        "SQUAD_BILLING_DESTROY_URL": ("billing", "card_destroy"),
    },
    "analytics": {
        "SQUAD_CUSTOMER_URL": ("customer", "replicator"),
        "SQUAD_SYSOPS_URL": ("sysops", "replicator"),
        "SQUAD_BILLING_URL": ("billing", "replicator"),
        "SQUAD_ANALYTICS_LOADER_URL": ("analytics", "warehouse_loader"),
        "SQUAD_ANALYTICS_TRANSFORMER_URL": ("analytics", "transformer"),
        "SQUAD_ANALYTICS_PUBLISHER_URL": ("analytics", "publisher"),
        "SQUAD_ANALYTICS_SCANNER_URL": ("analytics", "analytics_scanner"),
    },
}
