"""Administrators see what staff were told, and what did not arrive."""

from typing import Any

import httpx

from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases

PATH = "/sysops/notifications"
TELL = """
INSERT INTO notification (staff_id, kind, cause, channel, context, status, failure, created_at)
VALUES (%s, %s, %s, 'email', '{}', %s, %s, now()) RETURNING id
"""


async def test_what_failed_is_found_with_the_providers_answer_and_everything_page_by_page(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    root = add_staff(databases, "administrator")
    eve = add_staff(databases, "expert")
    headers = await sign_in("administrator@squad.example")
    failed = ("visit_off", "a", "failed", "550: no such mailbox")
    ids = [
        databases.rows("sysops", TELL, who, *what)[0][0]
        for who, what in (
            (eve, failed),
            (eve, ("visit_proposed", "b", "sent", None)),
            (root, ("low_score", "c", "sent", None)),
        )
    ]
    databases.execute(
        "sysops",
        "INSERT INTO notification_attempt (notification_id, round, channel, provider, outcome,"
        " code, answer, asked_at)"
        " VALUES (%s, 2, 'email', 'mail.example', 'failed', '550', 'no such mailbox', now())",
        ids[0],
    )

    async def seen(**query: Any) -> list[str]:
        page = (await sysops.get(PATH, params=query, headers=headers)).json()
        return [it["id"] for it in page["items"]]

    all_of_them = [str(it) for it in ids[::-1]]
    assert await seen() == all_of_them
    assert await seen(staff_id=eve) == all_of_them[1:]
    assert await seen(kind="low_score") == all_of_them[:1]
    (found,) = (await sysops.get(PATH, params={"status": "failed"}, headers=headers)).json()[
        "items"
    ]
    assert (found["full_name"], found["failure"]) == ("Some Expert", "550: no such mailbox")
    assert [(it["provider"], it["code"]) for it in found["attempts"]] == [("mail.example", "550")]
    first = (await sysops.get(PATH, params={"limit": 2}, headers=headers)).json()
    assert await seen(limit=2, cursor=first["next_cursor"]) == all_of_them[2:]
    wrong = await sysops.get(PATH, params={"status": "lost", "kind": "x"}, headers=headers)
    assert (wrong.status_code, len(wrong.json()["errors"])) == (400, 2)
