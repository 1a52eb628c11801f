"""The API of a quantum as it is deployed: `python -m api.serve` in a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from api.kernel.sealing import generate_box_keypair
from orchestration.local.environment import common
from orchestration.local.ports import free_port
from tests.api.support import key_pair
from tests.benchmarks.report import Wrong
from tests.databases import Databases
from tests.outside import PUBLIC, WEBHOOK_TOKEN

READY_SECONDS = 60


@contextmanager
def started(command: list[str], port: int, path: str, own: Mapping[str, str]) -> Iterator[int]:
    """A process that answers at `path`; its port. Its log goes to a file, as a platform's does."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**common(os.environ), **own}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(process, f"http://127.0.0.1:{port}{path}")
            yield port
        finally:
            process.terminate()
            process.wait()


@contextmanager
def customer_api(databases: Databases) -> Iterator[int]:
    """The customer API with its own role; its port."""
    private, public = key_pair("customer")
    port = free_port()
    own = {
        "SQUAD_DATABASE_URL": databases.url("customer", "customer_api"),
        "SQUAD_PORT": str(port),
        "SQUAD_SIGNING_KEY": private,
        "SQUAD_CUSTOMER_PUBLIC_KEY": public,
        "SQUAD_STAFF_PUBLIC_KEY": key_pair("sysops")[1],
        "SQUAD_VAULT_BOX_PUBLIC_KEY": generate_box_keypair().public_key,
        "SQUAD_SURVEY_KEY": "a survey key of this benchmark, long enough",
        "SQUAD_SMS_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "SQUAD_PUBLIC_BASE_URL": PUBLIC,
    }
    with started(["api.serve", "customer"], port, "/health/ready", own) as ready:
        yield ready


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Wrong(f"{url} is served by nobody: {process.returncode} is how it ended.")
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - an address of this machine
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise Wrong(f"{url} does not answer.")
