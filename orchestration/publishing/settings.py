"""What publishing reads from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from api.kernel.database import plain_url
from api.kernel.settings import Settings


class PublishingSettings(Settings):
    """`SQUAD_ANALYTICS_PUBLISHER_URL` logs in as `publisher`, which reads marts and writes
    nothing. `SQUAD_WAREHOUSE_DIR` is the folder of the published versions."""

    analytics_publisher_url: SecretStr
    warehouse_dir: Path
    warehouse_keep: int = Field(default=20, ge=2)
    """Versions to keep: as long as somebody may still read an old one, or want to go back."""

    @property
    def url(self) -> str:
        return plain_url(self.analytics_publisher_url.get_secret_value())
