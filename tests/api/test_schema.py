"""The OpenAPI document is true: whatever fits it, or does not, gets an answer that it names."""

from contextlib import suppress
from itertools import count
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given, seed
from hypothesis.errors import Flaky
from schemathesis.core.result import Ok

from tests.api.served import TRANSACTIONAL, Make, served
from tests.api.watched import EACH, SHARDS, Watch, patience, thorough
from tests.databases import Databases


@pytest.mark.parametrize(("make", "number", "parts"), SHARDS)
@patience
def test_every_answer_is_one_that_the_document_names_and_a_refusal_changes_nothing(
    make: Make, number: int, parts: int, databases: Databases
) -> None:
    quantum, signed_in = make(databases)
    with served(quantum) as url:
        watch = Watch(databases, quantum.name, url, signed_in)
        schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json", timeout=60)
        operations: list[Any] = []
        for found in list(schema.get_all_operations())[number::parts]:
            assert isinstance(found, Ok), found
            operations.append(found.ok())
        # Those that differ in nothing but an id that nothing has leave room for the others.
        rich = [it for it in operations if it.body or it.query]
        for operation in operations:
            few = min(3, EACH) if operation not in rich else -(-EACH // len(rich))
            thorough(few)(given(case=operation.as_strategy())(watch.send))()
    assert watch.wrong == []
    assert watch.sent >= EACH


@pytest.mark.parametrize("make", TRANSACTIONAL)
@patience
def test_what_answers_lead_to_is_as_the_document_says_step_by_step(
    make: Make, databases: Databases
) -> None:
    """Ids and codes of one answer are used in the next request, as a client does."""
    quantum, signed_in = make(databases)
    with served(quantum) as url:
        watch = Watch(databases, quantum.name, url, signed_in)
        schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json", timeout=60)

        class Steps(schema.as_state_machine()):  # type: ignore[misc]
            def call(self, case: Any, **_: Any) -> Any:
                return watch.call(case)

            def validate_response(self, *_: Any, **__: Any) -> None:
                """`call` has."""

        for number in count():
            # What is there goes on from one life to the next, so that none is like the one before.
            with suppress(Flaky):
                seed(number)(Steps).run(settings=thorough(2, stateful_step_count=20))
            if watch.sent >= EACH:
                break
    assert watch.wrong == []


@pytest.mark.parametrize("make", TRANSACTIONAL)
def test_who_may_call_what_and_with_which_key_is_written_down(
    make: Make, databases: Databases
) -> None:
    quantum, _ = make(databases)
    with served(quantum) as url:
        document = httpx.get(f"{url}/docs/openapi.json", timeout=60, trust_env=False).json()
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
