"""What the conservation check reads from its environment."""

from pydantic import SecretStr

from api.kernel.settings import Settings
from orchestration.reconciliation.promises import Database


class ReconciliationSettings(Settings):
    """Two roles a database: `reconciler` looks, `<database>_repairer` sends again what is lost.

    `SQUAD_CUSTOMER_RECONCILER_URL`, `SQUAD_CUSTOMER_REPAIRER_URL`, and so for sysops and billing.
    """

    customer_reconciler_url: SecretStr
    sysops_reconciler_url: SecretStr
    billing_reconciler_url: SecretStr
    customer_repairer_url: SecretStr
    sysops_repairer_url: SecretStr
    billing_repairer_url: SecretStr

    def reconcilers(self) -> dict[Database, str]:
        return {
            "customer": self.customer_reconciler_url.get_secret_value(),
            "sysops": self.sysops_reconciler_url.get_secret_value(),
            "billing": self.billing_reconciler_url.get_secret_value(),
        }

    def repairers(self) -> dict[Database, str]:
        return {
            "customer": self.customer_repairer_url.get_secret_value(),
            "sysops": self.sysops_repairer_url.get_secret_value(),
            "billing": self.billing_repairer_url.get_secret_value(),
        }
