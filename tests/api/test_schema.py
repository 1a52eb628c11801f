"""The OpenAPI document is true: whatever fits it, or does not, gets an answer that it names."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner
from api.kernel.quantum import Quantum
from api.kernel.sealing import generate_box_keypair
from tests.api.customer import world as customer_world
from tests.api.support import bearer, key_pair
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.world import furnish

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Each example is a request to a real server: enough to try every field, and no more.
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def served(quantum: Quantum) -> Iterator[str]:
    """The quantum's application on a port of its own."""
    server = uvicorn.Server(
        uvicorn.Config(create_app([quantum]), port=0, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def token(issuer: str, person: UUID, *roles: str) -> str:
    private, _ = key_pair(issuer)
    everywhere = ("customer", "sysops", "billing", "analytics")
    return TokenSigner(issuer, private).sign(person, roles, everywhere, datetime.now(UTC))


def customer(databases: Databases) -> tuple[Quantum, str]:
    from api.customer.quantum import QuantumSettings, quantum

    customer_world.furnish(databases)
    account = customer_world.add_household(databases).account_id
    private, public = key_pair("customer")
    made = QuantumSettings(
        database_url=SecretStr(databases.url("customer", "customer_api")),
        port=0,
        signing_key=SecretStr(private),
        customer_public_key=public,
        vault_box_public_key=generate_box_keypair().public_key,
        survey_key=SecretStr("a survey key of these tests, long enough"),
    )
    return quantum(made), token(CUSTOMER_ISSUER, account, "customer")


def sysops(databases: Databases) -> tuple[Quantum, str]:
    from api.sysops.quantum import QuantumSettings, quantum

    furnish(databases)
    person = add_staff(databases, "administrator")
    private, public = key_pair("sysops")
    made = QuantumSettings(
        database_url=SecretStr(databases.url("sysops", "sysops_api")),
        port=0,
        signing_key=SecretStr(private),
        staff_public_key=public,
    )
    return quantum(made), token(STAFF_ISSUER, person, "administrator", "helpdesk", "expert")


def billing(databases: Databases) -> tuple[Quantum, str]:
    from api.billing.quantum import QuantumSettings, quantum

    made = QuantumSettings(
        database_url=SecretStr(databases.url("billing", "billing_api")),
        port=0,
        staff_public_key=key_pair("sysops")[1],
    )
    return quantum(made), token(STAFF_ISSUER, uuid4(), "finance", "administrator")


@pytest.mark.parametrize("make", [customer, sysops, billing])
@pytest.mark.timeout(300)
def test_every_answer_is_one_that_the_document_names(
    make: Callable[[Databases], tuple[Quantum, str]], databases: Databases
) -> None:
    quantum, signed_in = make(databases)
    with served(quantum) as url:
        schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json")
        problems: list[str] = []
        for found in schema.get_all_operations():
            problems += _try(found.ok(), url, signed_in)
    assert problems == []


def _try(operation: Any, url: str, signed_in: str) -> list[str]:
    @EXAMPLES
    @given(case=operation.as_strategy())
    def try_it(case: Any) -> None:
        answer = case.call(base_url=url, headers=bearer(signed_in))
        case.validate_response(answer, checks=CHECKS)

    try:
        try_it()
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all are told together
        return [f"{operation.label}: {error}"]
    return []


@pytest.mark.parametrize("make", [customer, sysops, billing])
def test_who_may_call_what_and_with_which_key_is_written_down(
    make: Callable[[Databases], tuple[Quantum, str]], databases: Databases
) -> None:
    quantum, _ = make(databases)
    with served(quantum) as url:
        document = httpx.get(f"{url}/docs/openapi.json", trust_env=False).json()
    operations = [
        (method, operation)
        for item in document["paths"].values()
        for method, operation in item.items()
    ]
    for method, operation in operations:
        assert operation["summary"], operation["operationId"]
        assert operation["description"], operation["operationId"]
        assert "503" in operation["responses"]
        if method == "post" and "security" in operation:
            assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}
        if "security" in operation:
            assert "For: " in operation["description"]
            assert {"401", "403"} <= operation["responses"].keys()
