"""What people ask of the APIs, four times out of five to read, as requests ready to be sent."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from api.customer.surveys.links import SurveyLinks
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner
from orchestration.local import keys
from orchestration.local.databases import admin_url
from orchestration.local.instance import Instance
from orchestration.local.secrets import SecretStore
from orchestration.local.wiring import API_PORTS

MOST_PEOPLE = 500
"""Of each sort: they are drawn at random, and each has a token to be signed."""

COVERED = """
SELECT DISTINCT ON (contract.account_id)
    contract.account_id, contract.id, contract.address_id, ticket_type.code
FROM contract
JOIN account ON account.id = contract.account_id AND account.closed_at IS NULL
JOIN support_plan ON support_plan.code = contract.plan_code
JOIN ticket_type ON ticket_type.active AND ticket_type.device_type = ANY (device_types)
WHERE contract.status = 'active' AND contract.standing = 'good'
ORDER BY contract.account_id LIMIT %s
"""
OWN = "SELECT account_id, id FROM {} WHERE account_id = ANY (%s) ORDER BY id DESC LIMIT %s"
TO_ANSWER = """
SELECT id FROM survey WHERE score IS NULL AND expires_at > now() + interval '2 hours'
ORDER BY id LIMIT %s
"""
STAFF = "SELECT id FROM staff WHERE active AND %s = ANY (roles) ORDER BY id LIMIT %s"
WORDS = ("laptop", "battery", "no picture", "screen flickers", "sound", "does not start", "remote")


@dataclass(frozen=True)
class Kind:
    """One thing that is asked: how often, of which port, and in whose words.

    In a request `{key}` stands for an Idempotency-Key of its own. What can be done only `once` is
    not asked for again.
    """

    name: str
    weight: float
    port: int
    requests: Sequence[str]
    once: bool = False


def request(
    method: str, path: str, token: str | None = None, body: Any = None, form: str | None = None
) -> str:
    """A request of HTTP/1.1 as it is sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    text = form if form is not None else "" if body is None else json.dumps(body)
    if text:
        kind = "application/json" if form is None else "application/x-www-form-urlencoded"
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(text)}"]
    if method == "POST":
        lines.append("Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", text])


def traffic(instance: Instance) -> list[Kind]:
    """The mix, for people of this platform; their tokens are good for a quarter of an hour."""
    customers, helpers = _Customers(instance), _Staff(instance)
    kinds = [*customers.kinds(), *helpers.kinds()]
    return [kind for kind in kinds if kind.requests]


def health(instance: Instance) -> list[Kind]:
    """The least that an API can be asked: the yardstick."""
    port = instance.port(API_PORTS["customer"])
    return [Kind("health", 1, port, [request("GET", "/health/live")])]


class _Customers:
    def __init__(self, instance: Instance) -> None:
        store = SecretStore(instance.secrets)
        self._port = instance.port(API_PORTS["customer"])
        self._signer = TokenSigner(CUSTOMER_ISSUER, keys.signing_key(store, CUSTOMER_ISSUER))
        links = SurveyLinks(keys.survey_key(store))
        with psycopg.connect(admin_url(instance, "customer")) as connection:
            self._covered = connection.execute(COVERED, [MOST_PEOPLE]).fetchall()
            self._tokens = {row[0]: self._token(row[0]) for row in self._covered}
            own = [list(self._tokens), MOST_PEOPLE]
            self._tickets = connection.execute(OWN.format("ticket").encode(), own).fetchall()
            self._statements = connection.execute(OWN.format("statement").encode(), own).fetchall()
            surveys = connection.execute(TO_ANSWER, [20 * MOST_PEOPLE]).fetchall()
            self._surveys = [links.token(survey) for (survey,) in surveys]

    def _token(self, account: UUID) -> str:
        return self._signer.sign(account, ["customer"], API_PORTS, datetime.now(UTC))

    def kinds(self) -> Iterable[Kind]:
        mine = self._tokens.values()
        yield self._kind("tickets", 16, (request("GET", "/customer/tickets", it) for it in mine))
        yield self._kind("ticket", 20, self._each("tickets", self._tickets))
        yield self._kind("me", 8, (request("GET", "/customer/me", it) for it in mine))
        yield self._kind("plans", 6, [request("GET", "/customer/plans")])
        yield self._kind("statement", 6, self._each("statements", self._statements))
        yield self._kind("submit", 10, map(self._submission, self._covered))
        answers = list(map(self._answer, self._surveys))
        yield Kind("survey", 3, self._port, answers, once=True)

    def _kind(self, name: str, weight: float, requests: Iterable[str]) -> Kind:
        return Kind(name, weight, self._port, list(requests))

    def _each(self, what: str, rows: Sequence[tuple[UUID, UUID]]) -> Iterable[str]:
        return (request("GET", f"/customer/{what}/{it}", self._tokens[who]) for who, it in rows)

    def _submission(self, row: tuple[UUID, UUID, UUID, str]) -> str:
        who, contract, address, type_ = row
        body = {
            "contract_id": str(contract),
            "address_id": str(address),
            "ticket_type": type_,
            "description": "It does not work any more, since yesterday.",
        }
        return request("POST", "/customer/tickets", self._tokens[who], body)

    def _answer(self, token: str) -> str:
        return request("POST", f"/customer/surveys/{token}", form="score=4&would_recommend=9")


class _Staff:
    def __init__(self, instance: Instance) -> None:
        key = keys.signing_key(SecretStore(instance.secrets), STAFF_ISSUER)
        self._port = instance.port(API_PORTS["sysops"])
        self._signer = TokenSigner(STAFF_ISSUER, key)
        with psycopg.connect(admin_url(instance, "sysops")) as connection:
            self._experts = self._people(connection, "expert")
            self._desk = self._people(connection, "helpdesk")
            published = "SELECT id FROM article WHERE status = 'published' LIMIT 50"
            self._articles = [row[0] for row in connection.execute(published)]
            recent = "SELECT id FROM ticket ORDER BY id DESC LIMIT 200"
            self._tickets = [row[0] for row in connection.execute(recent)]

    def _people(self, connection: psycopg.Connection[Any], role: str) -> list[str]:
        now = datetime.now(UTC)
        rows = connection.execute(STAFF, [role, MOST_PEOPLE]).fetchall()
        return [self._signer.sign(row[0], [role], API_PORTS, now) for row in rows]

    def kinds(self) -> Iterable[Kind]:
        searched = [f"/sysops/articles/search?q={word.replace(' ', '%20')}" for word in WORDS]
        tickets = [f"/sysops/tickets/{ticket}" for ticket in self._tickets]
        notes = [f"{ticket}/notes" for ticket in tickets]
        votes = [f"/sysops/articles/{article}/vote" for article in self._articles]
        note = {"text": "Called, and nobody answered."}
        yield self._kind("visits", 8, "GET", self._experts, ["/sysops/visits"])
        yield self._kind("article-search", 8, "GET", self._experts, searched)
        yield self._kind("desk-ticket", 5, "GET", self._desk, tickets)
        yield self._kind("desk-list", 3, "GET", self._desk, ["/sysops/tickets"])
        yield self._kind("vote", 4, "PUT", self._experts, votes, {"helpful": True})
        yield self._kind("note", 3, "POST", self._desk, notes, note)

    def _kind(
        self, name: str, weight: float, method: str, people: Sequence[str], paths: Sequence[str],
        body: Any = None,
    ) -> Kind:  # fmt: skip
        count = max(len(people), len(paths)) if people and paths else 0
        return Kind(name, weight, self._port, [
            request(method, paths[one % len(paths)], people[one % len(people)], body)
            for one in range(count)
        ])  # fmt: skip
