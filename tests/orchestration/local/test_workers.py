"""Workers of an API on one socket: one dies under load, and who asks again gets an answer."""

import asyncio
import json
import os
import signal
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from api.kernel.auth import CUSTOMER_ISSUER, TokenSigner
from orchestration.local import keys
from orchestration.local.instance import Instance
from orchestration.local.ports import holder, is_free
from orchestration.local.processes import blueprint_of
from orchestration.local.runner import Runner
from orchestration.local.secrets import SecretStore
from orchestration.local.wiring import API_PORTS
from tests.api.customer import world
from tests.databases import Databases
from tests.orchestration.local.platforms import Platforms, pids
from tests.orchestration.local.test_healing import eventually, kill

WORKERS = ["customer-api-1", "customer-api-2"]
CLIENTS = 8


@dataclass
class Household:
    """Somebody who submits one ticket after another, each over a connection of its own."""

    url: str
    headers: dict[str, str]
    ticket: dict[str, Any]
    keys: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)

    async def submit(self) -> None:
        """Sent until it is answered, under one key."""
        self.keys.append(str(uuid4()))
        while True:
            try:
                async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
                    answer = await client.post(
                        f"{self.url}/customer/tickets",
                        json=self.ticket,
                        headers=self.headers | {"Idempotency-Key": self.keys[-1]},
                    )
            except httpx.TransportError as error:
                self.troubles[type(error).__name__] += 1
                continue
            assert answer.status_code == 201, answer.text
            return

    async def go_on(self, until: asyncio.Event) -> None:
        while not until.is_set():
            await self.submit()


def started(platforms: Platforms, databases: Databases) -> Runner:
    """The workers as they are deployed, on the test's database."""

    def environment(instance: Instance, name: str) -> dict[str, str]:
        process = blueprint_of(instance).find(name)
        return {
            **process.environment(instance),
            "SQUAD_DATABASE_URL": databases.url("customer", "customer_api"),
            "SQUAD_REQUESTS_PER_MINUTE": "0",
        }

    made = platforms.new().instance
    workers = [
        replace(
            blueprint_of(made).find(name),
            environment=partial(environment, name=name),
        )
        for name in WORKERS
    ]
    runner = platforms.again(made, *workers)
    runner.up()
    return runner


def household(runner: Runner, databases: Databases, email: str) -> Household:
    at_home = world.add_household(databases, email)
    key = keys.signing_key(SecretStore(runner.instance.secrets), CUSTOMER_ISSUER)
    token = TokenSigner(CUSTOMER_ISSUER, key).sign(
        at_home.account_id, ["customer"], ["customer"], datetime.now(UTC)
    )
    return Household(
        f"http://127.0.0.1:{runner.instance.port(API_PORTS['customer'])}",
        {"Authorization": f"Bearer {token}"},
        {
            "contract_id": str(at_home.contract_id),
            "address_id": str(at_home.address_id),
            "ticket_type": "tv-picture",
            "description": "It shows no picture.",
        },
    )


async def test_a_worker_dies_under_load_and_costs_no_more_than_what_it_had_in_its_hands(
    platforms: Platforms, databases: Databases
) -> None:
    world.furnish(databases)
    runner = await asyncio.to_thread(started, platforms, databases)
    homes = [household(runner, databases, f"home-{n}@example.com") for n in range(CLIENTS)]
    enough = asyncio.Event()

    async def strike() -> None:
        for name in WORKERS:
            await asyncio.sleep(1)
            await asyncio.to_thread(kill, runner, name)
            await asyncio.to_thread(eventually, runner.is_well)
        enough.set()

    await asyncio.gather(strike(), *(home.go_on(enough) for home in homes))

    troubles = sum((home.troubles for home in homes), Counter())
    assert "ConnectError" not in troubles, troubles
    # Each client has one request under way when a worker dies.
    assert troubles.total() <= len(WORKERS) * CLIENTS
    sent = sum(len(home.keys) for home in homes)
    kept = databases.rows("customer", "SELECT count(*) FROM ticket")[0][0] - CLIENTS
    assert kept == sent > 4 * CLIENTS


def test_workers_start_again_one_after_the_other_and_the_socket_stays(
    platforms: Platforms, databases: Databases
) -> None:
    runner = started(platforms, databases)
    port = runner.instance.port(API_PORTS["customer"])
    before = pids(runner)

    runner.restart("customer-api")

    assert runner.is_well()
    assert not set(before.values()) & set(pids(runner).values())
    launch = runner.instance.var / "secrets" / "launch" / "customer-api-1.json"
    assert json.loads(launch.read_text())["ports"] == []
    found = holder(port)
    assert found is None or found.pid in {*pids(runner).values(), runner.supervisor.pid()}
    runner.down()
    assert is_free(port)


def test_a_worker_that_is_stuck_is_told_though_the_other_answers(
    platforms: Platforms, databases: Databases
) -> None:
    runner = started(platforms, databases)
    stuck = pids(runner)["customer-api-2"]
    assert stuck is not None
    os.kill(stuck, signal.SIGSTOP)
    old = runner.instance.heartbeat("customer-api-2").stat().st_mtime - 60
    os.utime(runner.instance.heartbeat("customer-api-2"), (old, old))

    well, ill = runner.health()

    assert (well.why, ill.why) == (None, "no heartbeat since it started")
    os.kill(stuck, signal.SIGCONT)
    eventually(runner.is_well)
