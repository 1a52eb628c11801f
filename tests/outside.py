"""The outside world in tests: a sandbox on ports of its own, and the settings that lead there."""

import socket
from collections.abc import Mapping

import httpx
import pytest

from api.kernel.outside.signatures import signature
from orchestration.local.sandbox.server import Running

PUBLIC = "https://support.squad.example"
STAFF = "https://staff.squad.example"
PAGES = "https://pages.squad.example"
NUMBER = "+12025550100"
"""Ours, that texts come from and are answered to."""
PAYMENTS_SECRET = "what the payment provider signs with"
WEBHOOK_TOKEN = "what the SMS provider signs with"


def free_port() -> int:
    """A port that nobody listens on now; for what must be known before it is served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def lead_to(running: Running, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """What a notifier reads from its environment."""
    environment = {
        "SMTP_URL": running.smtp_url,
        "MAIL_FROM": "Sysops Squad <support@squad.example>",
        "SMS_URL": running.url,
        "SMS_ACCOUNT": "sandbox",
        "SMS_TOKEN": "sandbox",
        "SMS_FROM": NUMBER,
        "PUBLIC_BASE_URL": PUBLIC,
        "STAFF_BASE_URL": STAFF,
        "DASHBOARDS_URL": PAGES,
        **more,
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"SQUAD_{name}", value)


async def provider_says(
    http: httpx.AsyncClient,
    path: str,
    form: Mapping[str, str],
    *,
    base: str = PUBLIC,
    token: str = WEBHOOK_TOKEN,
) -> httpx.Response:
    """A call of the SMS provider, signed for the public address as it does."""
    signed = signature(token, base + path, list(form.items()))
    return await http.post(path, data=dict(form), headers={"X-Twilio-Signature": signed})
