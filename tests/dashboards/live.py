"""The dashboards and the sysops API as the runner starts them: processes of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from orchestration.local.ports import free_port
from tests.api.support import key_pair

ROOT = Path(__file__).parents[2]
# What a process needs of the shell that starts it; none of its settings.
SHELL = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def sysops_api(database_url: str, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a sysops API over this database, with more in its environment."""
    private, public = key_pair("sysops")
    port = free_port()
    environment = {
        "SQUAD_DATABASE_URL": database_url,
        "SQUAD_PORT": str(port),
        "SQUAD_SIGNING_KEY": private,
        "SQUAD_STAFF_PUBLIC_KEY": public,
        "SQUAD_CUSTOMER_PUBLIC_KEY": key_pair("customer")[1],
        "SQUAD_PUBLIC_BASE_URL": "http://127.0.0.1:1",
        "SQUAD_STAFF_BASE_URL": "http://127.0.0.1:1",
        "SQUAD_SMS_WEBHOOK_TOKEN": "what the SMS provider signs with",
        **(more or {}),
    }
    command = [sys.executable, "-m", "api.serve", "sysops"]
    url = f"http://127.0.0.1:{port}"
    with _running(command, environment, f"{url}/health/ready"):
        yield url


@contextmanager
def dashboards(
    warehouse: Path, sysops_url: str, back: str = "", billing_url: str = "http://127.0.0.1:1"
) -> Iterator[str]:
    """The address of the dashboards over this folder; `back` is where a provider leads."""
    port = urlsplit(back).port or free_port()
    environment = {
        "SQUAD_SYSOPS_API_URL": sysops_url,
        "SQUAD_CUSTOMER_API_URL": "http://127.0.0.1:1",
        "SQUAD_BILLING_API_URL": billing_url,
        "SQUAD_STAFF_PUBLIC_KEY": key_pair("sysops")[1],
        "SQUAD_WAREHOUSE_DIR": str(warehouse),
        "SQUAD_DAGSTER_WEB_URL": "http://127.0.0.1:3000",
        "SQUAD_OIDC_REDIRECT_URL": back,
    }
    app = str(ROOT / "dashboards" / "app.py")
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with _running(command, environment, f"{url}/_stcore/health"):
        yield url


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], health: str) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**SHELL, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(process, health)
        yield
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
        sys.stdout.write(output.decode(errors="replace"))


def _wait(process: "subprocess.Popen[bytes]", health: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args!r} ended with {process.returncode}")
        try:
            if httpx.get(health, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{health} did not become healthy")
