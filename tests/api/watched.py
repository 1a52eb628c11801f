"""Requests that a document suggests, sent to a served quantum by somebody who may do all in it.

Every answer has to be one that the document names; and what is refused has changed nothing: not a
row, and not a message in a queue.
"""

import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.served import TRANSACTIONAL, Make
from tests.api.support import bearer
from tests.databases import Databases

CASES = int(os.environ.get("SQUAD_SCHEMA_CASES", "2000"))
"""Of all tests that share it; a long run sets more."""
SHARDS: tuple[tuple[Make, int, int], ...] = tuple(
    (make, number, parts)
    for make, parts in zip(TRANSACTIONAL, (3, 4, 2), strict=True)
    for number in range(parts)
)
"""A quantum, and which of how many parts of its operations: the workers share them."""
EACH = -(-CASES // (len(SHARDS) + len(TRANSACTIONAL)))
"""What every part has to send, and every quantum in steps that follow from one another."""
patience = pytest.mark.timeout(300 * max(1, CASES // 2_000))

# Refused, and written all the same: a wrong password counts, a token used twice ends its family.
_STANDS = ("sign_in_failure", "refresh_token")
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_TABLES = """
SELECT string_agg(format(
    'SELECT %%L, md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %%I.%%I t',
    nspname || '.' || relname, nspname, relname
), ' UNION ALL ')
FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL(%s)
AND nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema'
"""


def thorough(examples: int, **more: Any) -> settings:
    """So many examples, the same ones each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


@dataclass
class Watch:
    """Sends cases to one quantum and looks at what became of them: `wrong` is what should not be.

    It is told at the end and not raised: what a case finds depends on those before it, and to try
    it once more would find something else.
    """

    databases: Databases
    database: str
    url: str
    signed_in: str
    sent: int = 0
    wrong: list[str] = field(default_factory=list)
    _query: str = ""
    _kept: dict[str, str] = field(default_factory=dict)
    _writes: int = -1

    def __post_init__(self) -> None:
        ((self._query,),) = self.databases.rows(self.database, _TABLES, list(_STANDS))

    def call(self, case: Any) -> Any:
        """The answer to a case."""
        if self._written() != self._writes:
            self._writes, self._kept = self._written(), self._contents()
        answer = case.call(base_url=self.url, headers=bearer(self.signed_in))
        self.sent += 1
        try:
            case.validate_response(answer, checks=_CHECKS)
        except FailureGroup as failures:
            self.wrong.append(f"{case.operation.label}: {failures.exceptions}\n{failures}")
        # Whatever writes takes a number, and what is rolled back keeps it: then all is compared.
        if answer.status_code >= 400 and self._written() != self._writes:
            now = self._contents()
            changed = [name for name in now if now[name] != self._kept[name]]
            if changed:
                told = f"{case.operation.label} was answered {answer.status_code}"
                self.wrong.append(f"{told}, and changed {changed}\n{case.as_curl_command()}")
        return answer

    def send(self, case: Any) -> None:
        """`call`, for who does not need the answer."""
        self.call(case)

    def _written(self) -> int:
        query = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        return int(self.databases.rows(self.database, query)[0][0])

    def _contents(self) -> dict[str, str]:
        return dict(self.databases.rows(self.database, self._query))
