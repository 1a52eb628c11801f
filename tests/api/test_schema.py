"""The OpenAPI document is true: whatever fits it, or does not, gets an answer that it names."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.served import TRANSACTIONAL, Make, served
from tests.api.support import bearer
from tests.databases import Databases

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Each example is a request to a real server: enough to try every field, and no more. A route
# without a body or a query has nothing that differs but an id that nothing has.
EXAMPLES, EXAMPLES_OF_IDS = (
    settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for count in (12, 3)
)


@pytest.mark.parametrize("make", TRANSACTIONAL)
@pytest.mark.timeout(300)
def test_every_answer_is_one_that_the_document_names(make: Make, databases: Databases) -> None:
    quantum, signed_in = make(databases)
    with served(quantum) as url:
        schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json")
        problems: list[str] = []
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            problems += _try(found.ok(), url, signed_in)
    assert problems == []


def _try(operation: Any, url: str, signed_in: str) -> list[str]:
    @(EXAMPLES if operation.body or operation.query else EXAMPLES_OF_IDS)
    @given(case=operation.as_strategy())
    def try_it(case: Any) -> None:
        answer = case.call(base_url=url, headers=bearer(signed_in))
        case.validate_response(answer, checks=CHECKS)

    try:
        try_it()
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all are told together
        return [f"{operation.label}: {error}"]
    return []


@pytest.mark.parametrize("make", TRANSACTIONAL)
def test_who_may_call_what_and_with_which_key_is_written_down(
    make: Make, databases: Databases
) -> None:
    quantum, _ = make(databases)
    with served(quantum) as url:
        document = httpx.get(f"{url}/docs/openapi.json", trust_env=False).json()
    operations = [
        (method, operation)
        for item in document["paths"].values()
        for method, operation in item.items()
    ]
    assert any("security" in operation for _, operation in operations)
    for method, operation in operations:
        assert operation["summary"], operation["operationId"]
        assert operation["description"], operation["operationId"]
        assert "503" in operation["responses"]
        if method == "post" and "security" in operation:
            assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}
        if "security" in operation:
            assert "For: " in operation["description"]
            assert {"401", "403"} <= operation["responses"].keys()
