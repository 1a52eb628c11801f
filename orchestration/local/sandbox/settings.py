"""Where the sandbox listens and where it keeps its file."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr

from api.kernel.settings import Settings


class SandboxSettings(Settings):
    """Environment of the sandbox process; port 0 takes any free port."""

    sandbox_host: str = "127.0.0.1"
    sandbox_port: int = Field(default=8025, ge=0, le=65_535)
    sandbox_smtp_port: int = Field(default=1025, ge=0, le=65_535)
    sandbox_data: Path = Path("var/sandbox/sandbox.sqlite3")
    sandbox_slow_seconds: float = Field(default=3.0, ge=0)
    """How long the slow test card works before it charges."""
    sandbox_hang_seconds: float = Field(default=60.0, ge=0)
    """How long the silent test card withholds its answer after it charged."""
    sandbox_reply_urls: Mapping[str, str] = Field(default_factory=dict)
    """Where a reply to one of our numbers goes, by that number."""
    sms_webhook_token: SecretStr = SecretStr("sandbox")
    """Signs reports and replies, as the account's token does at Twilio."""
    sandbox_dispute_url: str = ""
    """Where reports on disputed charges go; without it they are in the list alone."""
    sandbox_dispute_seconds: float = Field(default=5.0, ge=0)
    """How long after a change of a dispute it is reported, and after a refusal once more."""
    payments_webhook_secret: SecretStr = SecretStr("sandbox")
    """Signs reports on disputed charges."""
    log_level: str = "info"
