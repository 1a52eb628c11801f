"""Those who choose experts by hand, at their desks, with one ticket before them."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from orchestration.assignment import referee
from tests.databases import Databases

CHICAGO = ZoneInfo("America/Chicago")
TWO_HOURS = timedelta(hours=2)


def window(hour: int = 10, days: int = 2) -> dict[str, str]:
    """An arrival window in Austin, some days ahead."""
    day = datetime.now(CHICAGO).date() + timedelta(days=days)
    start = datetime.combine(day, time(hour), CHICAGO)
    return {"start": start.isoformat(), "end": (start + TWO_HOURS).isoformat()}


class Office:
    """A manager, the helpdesk and an administrator, with one ticket before them."""

    def __init__(self, http: httpx.AsyncClient, databases: Databases, ticket_id: UUID) -> None:
        self.http, self.databases = http, databases
        self.path = f"/sysops/tickets/{ticket_id}/assignment"
        self.headers: dict[str, dict[str, str]] = {}

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers=self.headers[who])

    async def put(self, expert: UUID, who: str = "helpdesk", **more: Any) -> httpx.Response:
        body = {"expert_id": str(expert), "window": window(), **more}
        return await self.ask(who, "PUT", self.path, body)

    async def wrong(self) -> dict[str, int]:
        """Which hard rules are broken, as the referee sees it."""
        async with self.databases.sessions("sysops", "assigner") as opened, opened() as session:
            return {name: count for name, count in (await referee.verify(session)).items() if count}

    async def absent(self, expert: UUID, start: str, end: str) -> None:
        path = f"/sysops/experts/{expert}/time-off"
        body = {"start": start, "end": end, "reason": "ill"}
        answer = await self.ask("administrator", "POST", path, body)
        assert answer.status_code == 201, answer.text

    def standing(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "sysops",
            "SELECT expert_id, status, pinned FROM assignment"
            " WHERE status IN ('proposed', 'accepted')",
        )

    def audited(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "sysops",
            "SELECT action, after FROM audit_entry WHERE subject_kind = 'ticket' ORDER BY id",
        )


def broken(answer: httpx.Response) -> dict[str, bool]:
    """The rules of a refusal, and whether they can be overridden."""
    assert answer.status_code == 409, answer.text
    return {it["rule"]: it["overridable"] for it in answer.json()["rules"]}
