"""The payment provider of a benchmark: a sandbox process of its own, and a bare client."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from uuid import uuid4

import httpx
from pydantic import HttpUrl, SecretStr

from api.kernel.outside.http_payments import HttpPayments, PaymentSettings
from api.kernel.outside.pooling import SpreadTransport
from orchestration.local.environment import common
from orchestration.local.ports import free_port
from tests.benchmarks.customers import NUMBER

KEY = "benchmark"
READY_SECONDS = 30


@contextmanager
def sandbox_process(delay_ms: int) -> Iterator[str]:
    """Its address; each answer about a payment waits for `delay_ms`."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {
            "SQUAD_SANDBOX_PORT": str(port),
            "SQUAD_SANDBOX_SMTP_PORT": "0",
            "SQUAD_SANDBOX_DATA": f"{folder}/sandbox.sqlite3",
            "SQUAD_LOG_LEVEL": "error",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.local.sandbox"],
            env=os.environ | common() | environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _switch(url, delay_ms)
            yield url
        finally:
            process.terminate()
            process.wait()


def _switch(url: str, delay_ms: int) -> None:
    """Sets the delay as soon as the sandbox answers."""
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=READY_SECONDS) as client:
        answer = client.put(f"{url}/api/faults", json={"payments": {"delay_ms": delay_ms}})
        answer.raise_for_status()


def provider_at(url: str, connections: int) -> HttpPayments:
    """The adapter that the charge step uses."""
    return HttpPayments(
        PaymentSettings(
            payments_url=HttpUrl(f"{url}/payments"),
            payments_key=SecretStr(KEY),
            payments_connections=connections,
        )
    )


async def bare_charges(url: str, cents: Sequence[int], concurrency: int) -> float:
    """Charges a second of a client that asks `concurrency` at once and keeps nothing."""
    waiting = iter(cents)
    headers = {"Authorization": f"Bearer {KEY}"}
    card = {"number": NUMBER, "exp_month": 12, "exp_year": 2099}
    transport = SpreadTransport(concurrency)  # httpx's own pool would be the limit
    async with httpx.AsyncClient(transport=transport, headers=headers, timeout=60) as client:

        async def work() -> None:
            for amount in waiting:
                answer = await client.post(
                    f"{url}/payments/charges",
                    headers={"Idempotency-Key": str(uuid4())},
                    json={"amount": amount, "currency": "USD", "reference": "bare", "card": card},
                )
                answer.raise_for_status()

        began = perf_counter()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return len(cents) / (perf_counter() - began)
