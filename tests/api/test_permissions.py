"""Who may do what: docs/permissions.md says it, the routes' guards say it, the answers show it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, STAFF_ROLES, roles_of
from api.kernel.conditional import TAGGED
from tests.api.customer.world import add_account
from tests.api.served import TRANSACTIONAL, analytics, token
from tests.api.support import bearer
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases

TABLE = Path(__file__).parents[2] / "docs" / "permissions.md"
ROW = re.compile(
    r"\| (GET|POST|PUT|PATCH|DELETE) \| `(/[^`]*)` \| ([a-z, ]+) \| (own|own drafts|all|-) \|"
)
EVERYBODY = frozenset({"everybody"})
ROLES = ("customer", *sorted(STAFF_ROLES))
# Nobody but the caller can change these.
OWN_ALONE = {"/sysops/articles/{article_id}/vote"}
QUANTA = ("customer", "sysops", "billing", "analytics")

Rights = dict[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Row:
    """A line of the table: a route, who may call it, and whose things it reaches."""

    method: str
    path: str
    roles: frozenset[str]
    whose: str

    @property
    def quantum(self) -> str:
        return self.path.split("/")[1]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture
def apps(databases: Databases, tmp_path: Path) -> dict[str, Litestar]:
    """The application of each quantum."""
    made = dict(zip(QUANTA, (make(databases)[0] for make in TRANSACTIONAL), strict=False))
    made["analytics"] = analytics(databases, tmp_path)
    return {name: create_app([quantum]) for name, quantum in made.items()}


def rows_of(quantum: str) -> list[Row]:
    """The lines of one quantum."""
    found = (
        Row(method, path, frozenset(who.split(", ")), whose)
        for method, path, who, whose in ROW.findall(TABLE.read_text())
    )
    return [row for row in found if row.quantum == quantum]


def written_down() -> Rights:
    return {(row.method, row.path): row.roles for name in QUANTA for row in rows_of(name)}


def guarded(app: Litestar) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(
            tuple(f"/{name}" for name in QUANTA)
        ):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if method not in {"OPTIONS", "HEAD"}:
                yield (method, route.path_format), roles_of(handler) or EVERYBODY


def test_the_table_has_every_route_with_the_roles_of_its_guards(apps: dict[str, Litestar]) -> None:
    built = dict(item for app in apps.values() for item in guarded(app))
    rows = "\n".join(
        f"| {method} | `{path}` | {', '.join(sorted(who))} |"
        for (method, path), who in sorted(built.items(), key=lambda item: item[0][::-1])
    )
    assert written_down() == built, f"docs/permissions.md should have these rows:\n{rows}"


@pytest.mark.parametrize("quantum", QUANTA)
async def test_a_role_that_the_table_does_not_name_is_refused_and_one_that_it_names_is_not(
    quantum: str, apps: dict[str, Litestar], databases: Databases
) -> None:
    people = {role: _token(databases, role) for role in ROLES}
    wrong: list[str] = []
    async with AsyncTestClient(apps[quantum]) as client:
        # Whoever signs out everywhere can do nothing after it.
        last = "/sessions/sign-out-everywhere"
        rows = sorted(written_down().items(), key=lambda row: row[0][1].endswith(last))
        for (method, path), allowed in rows:
            if path.startswith(f"/{quantum}/"):
                for role in (None, *ROLES):
                    headers = bearer(people[role]) if role else {}
                    status = await _status(client, method, path, headers)
                    fine = allowed == EVERYBODY or role in allowed
                    if (status in {401, 403}) == fine:
                        wrong.append(f"{method} {path} for {role}: {status}")
    assert wrong == []


def test_what_can_be_changed_is_shown_under_the_same_path_as_the_change_answers(
    apps: dict[str, Litestar],
) -> None:
    """Or a change could not be made under the condition that nobody else changed it meanwhile."""
    for app in apps.values():
        for route in app.routes:
            if isinstance(route, HTTPRoute) and route.path_format not in OWN_ALONE:
                for method, (handler, _) in route.route_handler_map.items():
                    if method in {"PUT", "PATCH"}:
                        assert handler.opt.get(TAGGED), f"{method} {route.path_format}"


async def _status(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> int:
    concrete = re.sub(r"\{[^}]*\}", str(uuid4()), path.replace("{day}", "2026-12-25"))
    body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
    answer = await client.request(method, concrete, headers=headers, json=body)
    return answer.status_code


def _token(databases: Databases, role: str) -> str:
    """Of somebody who is known to the quantum that issues it."""
    if role == "customer":
        return token(CUSTOMER_ISSUER, add_account(databases, "one@example.com"), role)
    return token(STAFF_ISSUER, add_staff(databases, role, f"the-{role}@squad.example"), role)
