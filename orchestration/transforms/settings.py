"""What the dbt build reads from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from api.kernel.database import plain_url
from api.kernel.settings import Settings
from orchestration.transforms.project import PROJECT


class TransformSettings(Settings):
    """`SQUAD_ANALYTICS_TRANSFORMER_URL` logs in as `transformer`; `SQUAD_DBT_DIR` keeps the
    parsed project between runs, a folder for each platform."""

    analytics_transformer_url: SecretStr
    dbt_dir: Path = PROJECT / "target"
    dbt_threads: int = Field(default=4, ge=1, le=16)

    @property
    def url(self) -> str:
        return plain_url(self.analytics_transformer_url.get_secret_value())
