"""Customers see what they were told, by which way, and what the provider said."""

from tests.api.customer.conftest import Customer
from tests.databases import Databases

PATH = "/me/notifications"
TELL = """
INSERT INTO notification
    (account_id, kind, cause, channel, context, status, instead_of_sms, created_at, sent_at)
VALUES (%s, %s, %s, 'email', '{"number": 7}', %s, %s, now(), now()) RETURNING id
"""
ATTEMPT = """
INSERT INTO notification_attempt
    (notification_id, round, channel, provider, outcome, code, answer, asked_at)
VALUES (%s, %s, %s, 'provider.example', %s, %s, %s, now())
"""


def tell(databases: Databases, one: Customer, kind: str, cause: str, status: str = "sent") -> str:
    why = "failed" if kind == "expert_arriving" else None
    rows = databases.rows("customer", TELL, one.id, kind, cause, status, why)
    return str(rows[0][0])


async def test_each_message_shows_every_way_that_was_tried(
    ada: Customer, databases: Databases
) -> None:
    told = tell(databases, ada, "expert_arriving", "a")
    databases.execute("customer", ATTEMPT, told, 1, "sms", "failed", "30003", "undelivered")
    databases.execute("customer", ATTEMPT, told, 2, "email", "taken", "250", "2.0.0 Ok")
    page = (await ada.get(PATH)).json()
    (item,) = page["items"]
    assert (page["next_cursor"], page["texts_stopped_at"]) == (None, None)
    assert (item["about"], item["channel"], item["status"]) == (
        "who comes, and when",
        "email",
        "sent",
    )
    assert item["instead_of_sms"] == "failed"
    assert [(it["channel"], it["outcome"], it["code"]) for it in item["attempts"]] == [
        ("sms", "failed", "30003"),
        ("email", "taken", "250"),
    ]


async def test_everybody_sees_their_own_the_newest_first_page_by_page(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    mine = [tell(databases, ada, "invoice_paid", str(number)) for number in range(3)]
    tell(databases, bob, "invoice_paid", "b")
    first = (await ada.get(PATH, limit=2)).json()
    second = (await ada.get(PATH, limit=2, cursor=first["next_cursor"])).json()
    seen = [it["id"] for it in first["items"] + second["items"]]
    assert (seen, second["next_cursor"]) == (mine[::-1], None)
    assert len((await bob.get(PATH)).json()["items"]) == 1


async def test_one_tickets_messages_can_be_asked_for(ada: Customer, databases: Databases) -> None:
    ticket_id = await ada.ticket_id()
    told = tell(databases, ada, "visit_off", "a")
    tell(databases, ada, "visit_off", "b")
    query = "UPDATE notification SET ticket_id = %s WHERE id = %s"
    databases.execute("customer", query, ticket_id, told)
    page = (await ada.get(PATH, ticket_id=ticket_id)).json()
    assert [it["id"] for it in page["items"]] == [told]


async def test_who_stopped_texts_is_told_since_when(ada: Customer, databases: Databases) -> None:
    say = "INSERT INTO text_reply (reference, phone, word, at) VALUES (%s, '+15125550123', %s, %s)"
    databases.execute("customer", say, "1", "stop", "2026-03-02T15:00:00Z")
    assert (await ada.get(PATH)).json()["texts_stopped_at"] == "2026-03-02T15:00:00Z"
    databases.execute("customer", say, "2", "start", "2026-03-03T15:00:00Z")
    assert (await ada.get(PATH)).json()["texts_stopped_at"] is None
