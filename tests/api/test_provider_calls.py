"""The SMS provider calls both quanta: signed, in any order, as often as it likes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.customer.quantum import QuantumSettings
from api.customer.quantum import quantum as customer_quantum
from api.sysops.quantum import quantum as sysops_quantum
from tests.api.customer.conftest import settings
from tests.api.customer.world import add_household
from tests.api.customer.world import furnish as furnish_customer
from tests.api.support import client, pointers
from tests.api.sysops.conftest import settings_for
from tests.databases import Databases
from tests.messaging import queued
from tests.outside import PUBLIC, STAFF, provider_says
from tests.world import add_expert, furnish

__all__ = ["settings"]

NUMBER = "+15125550123"


@dataclass(frozen=True)
class Called:
    """A quantum as the provider reaches it, with one message that it has taken."""

    name: str
    base: str
    http: httpx.AsyncClient
    databases: Databases
    attempt_id: UUID

    async def report(self, status: str, **more: str) -> httpx.Response:
        form = {"MessageSid": "SM1", "MessageStatus": status, **more}
        attempt_id = form.pop("attempt_id", str(self.attempt_id))
        path = f"/{self.name}/notifications/reports/{attempt_id}"
        return await provider_says(self.http, path, form, base=self.base)

    async def text(self, body: str, **more: str) -> str:
        form = {"MessageSid": f"SM{uuid4().hex}", "From": NUMBER, "Body": body, **more}
        path = f"/{self.name}/notifications/replies"
        answer = await provider_says(self.http, path, form, base=self.base)
        assert (answer.status_code, answer.headers["content-type"][:8]) == (200, "text/xml")
        start, end = answer.text.find("<Message>"), answer.text.find("</Message>")
        return answer.text[start + len("<Message>") : end] if start >= 0 else ""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.databases.rows(self.name, query)

    def outcome(self) -> tuple[Any, ...]:
        return self.rows("SELECT outcome, code FROM notification_attempt")[0]

    def looked_at(self) -> int:
        return len(queued(self.databases, self.name, self.name))

    def decisions(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT phone, word FROM text_reply ORDER BY id")


TOLD = """
WITH told AS (
    INSERT INTO notification ({who}, kind, cause, channel, context, status, created_at)
    VALUES (%s, 'visit_off', 'a', 'sms', '{{}}', 'sent', now()) RETURNING id
)
INSERT INTO notification_attempt
    (notification_id, round, channel, provider, outcome, reference, asked_at)
SELECT id, 1, 'sms', 'sms.example', 'taken', 'SM1', now() FROM told RETURNING id
"""


@pytest.fixture(params=["customer", "sysops"])
async def called(
    request: pytest.FixtureRequest, databases: Databases, settings: QuantumSettings
) -> AsyncIterator[Called]:
    name: str = request.param
    if name == "customer":
        furnish_customer(databases)
        who, column = add_household(databases).account_id, "account_id"
        opened, base = client(customer_quantum, settings), PUBLIC
    else:
        furnish(databases)
        who, column = add_expert(databases), "staff_id"
        opened, base = client(sysops_quantum, settings_for(databases)), STAFF
    attempt_id = databases.rows(name, TOLD.format(who=column), who)[0][0]
    async with opened as http:
        yield Called(name, base, http, databases, attempt_id)


async def test_reports_in_any_order_and_twice_leave_the_strongest_word(called: Called) -> None:
    for status in ("undelivered", "sent", "undelivered", "delivered", "queued", "undelivered"):
        answer = await called.report(status, ErrorCode="30003")
        assert (answer.status_code, answer.content) == (204, b"")
    assert called.outcome()[0] == "delivered"
    # Only what was new is looked at: that it failed, and that it arrived after all.
    assert called.looked_at() == 2


@pytest.mark.parametrize(
    "more",
    [
        {"attempt_id": str(uuid4())},
        {"MessageSid": "SM of somebody else"},
        {"MessageStatus": "receiving"},
    ],
    ids=["no such attempt", "another message", "no word of ours"],
)
async def test_a_report_that_fits_nothing_is_counted_and_changes_nothing(
    called: Called, more: dict[str, str]
) -> None:
    for _ in range(2):
        assert (await called.report("delivered", **more)).status_code == 204
    assert called.rows("SELECT reports FROM unmatched_report") == [(2,)]
    assert (called.outcome(), called.looked_at()) == (("taken", None), 0)


async def test_a_call_that_the_provider_did_not_sign_changes_nothing(called: Called) -> None:
    report = f"/{called.name}/notifications/reports/{called.attempt_id}"
    replies = f"/{called.name}/notifications/replies"
    delivered = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    stop = {"MessageSid": "SM2", "From": NUMBER, "Body": "STOP"}
    for path, form in ((report, delivered), (replies, stop)):
        plain = await called.http.post(path, data=form)
        forged = await provider_says(called.http, path, form, base=called.base, token="guess")
        elsewhere = await provider_says(called.http, path, form, base="https://else.example")
        endless = await called.http.post(path, data={str(number): "" for number in range(300)})
        answers = (plain, forged, elsewhere, endless)
        assert [it.json()["title"] for it in answers] == ["Not signed"] * 4
    assert (called.outcome(), called.decisions()) == (("taken", None), [])


async def test_a_signed_call_without_its_fields_says_which(called: Called) -> None:
    path = f"/{called.name}/notifications/replies"
    answer = await provider_says(called.http, path, {"Body": "STOP"}, base=called.base)
    assert (answer.status_code, pointers(answer)) == (422, {"/MessageSid", "/From"})


async def test_stop_and_start_are_kept_and_a_repetition_of_stop_undoes_no_start(
    called: Called,
) -> None:
    assert "no more texts" in await called.text("STOP", MessageSid="SM7")
    assert "again" in await called.text("start")
    assert await called.text("STOP", MessageSid="SM7") == ""
    assert called.decisions() == [(NUMBER, "stop"), (NUMBER, "start")]


async def test_help_is_answered_and_other_words_get_one_answer_a_day(called: Called) -> None:
    assert "Text STOP to end" in await called.text("HELP")
    assert "nobody reads this number" in await called.text("Can you come at noon?")
    assert await called.text("Hello?") == ""
    assert {word for _, word in called.decisions()} == {"help", "other"}
    # What somebody wrote is theirs: the word is kept, not the text.
    assert "noon" not in str(called.rows("SELECT * FROM text_reply"))


async def test_where_the_provider_has_answered_we_are_silent(called: Called) -> None:
    assert await called.text("STOP", OptOutType="STOP") == ""
    assert called.decisions() == [(NUMBER, "stop")]
