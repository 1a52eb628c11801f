"""What replication reads from its environment."""

from pydantic import SecretStr

from api.kernel.database import plain_url
from api.kernel.settings import Settings


class ReplicationSettings(Settings):
    """The sources by the role `replicator`, and the warehouse by `warehouse_loader`
    (`SQUAD_ANALYTICS_LOADER_URL`)."""

    customer_url: SecretStr
    sysops_url: SecretStr
    billing_url: SecretStr
    analytics_loader_url: SecretStr

    def source_url(self, source: str) -> str:
        secret: SecretStr = getattr(self, f"{source}_url")
        return plain_url(secret.get_secret_value())

    @property
    def loader_url(self) -> str:
        return plain_url(self.analytics_loader_url.get_secret_value())
