"""Who uses the platform while it suffers: each signs in again when a token has run out."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from orchestration.local.demo.logins import OFFICE, PASSWORD
from orchestration.local.demo.ticket import Services
from tests.chaos.asking import Caller

UNAUTHORIZED = 401


@dataclass
class Person:
    """Somebody who signs in at `home`, a quantum. Paths begin with the quantum that is asked."""

    caller: Caller
    services: Services
    home: str
    email: str
    _token: str | None = field(default=None, repr=False)

    async def get(self, path: str, endpoint: str, **query: Any) -> Any:
        """The JSON of an answer, or None for what is not there."""
        answer = await self._ask("GET", path, endpoint, params=query)
        return answer.json() if answer.is_success else None

    async def post(self, path: str, endpoint: str, body: Any = None) -> httpx.Response:
        """Sent until it is answered, under one key: it has one effect."""
        return await self._ask(
            "POST", path, endpoint, headers={"Idempotency-Key": str(uuid4())}, json=body
        )

    async def _ask(
        self,
        method: str,
        path: str,
        endpoint: str,
        headers: dict[str, str] | None = None,
        **arguments: Any,
    ) -> httpx.Response:
        url = f"{self._base(path.split('/')[1])}{path}"
        token = self._token or await self._sign_in()
        for _ in range(2):
            answer = await self.caller.ask(
                method,
                url,
                f"{method} {endpoint}",
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                **arguments,
            )
            if answer.status_code != UNAUTHORIZED:
                break
            token = await self._sign_in()
        return answer

    async def _sign_in(self) -> str:
        answer = await self.caller.ask(
            "POST",
            f"{self._base(self.home)}/{self.home}/sessions",
            f"POST /{self.home}/sessions",
            json={"email": self.email, "password": PASSWORD},
        )
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        self._token = token
        return token

    def _base(self, quantum: str) -> str:
        base: str = getattr(self.services, quantum)
        return base


@dataclass
class People:
    """Everybody by e-mail address; `services` says where the platform listens."""

    caller: Caller
    services: Services
    _known: dict[str, Person] = field(default_factory=dict)

    def staff(self, email: str) -> Person:
        if email not in self._known:
            self._known[email] = Person(self.caller, self.services, "sysops", email)
        return self._known[email]

    def office(self, role: str) -> Person:
        """The first of a role."""
        return self.staff(next(one.email for one in OFFICE if one.role == role))

    def customer(self, email: str) -> Person:
        if email not in self._known:
            self._known[email] = Person(self.caller, self.services, "customer", email)
        return self._known[email]
