"""Customers upload photos, give them to tickets and take them away again."""

import asyncio
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from api.customer.attachments.rules import MOST_BYTES, MOST_PER_TICKET, MOST_UNUSED
from api.messages import TicketAttachmentChanged, TicketCreated
from tests.api.customer.conftest import Customer, counts, sent
from tests.api.support import pointers
from tests.databases import Databases
from tests.pictures import SECRET, photo

PHOTO = photo()
LARGE = PHOTO.ljust(MOST_BYTES, b"\0")
"""What follows the end of a picture is no part of it."""


async def upload(
    one: Customer, raw: bytes = PHOTO, name: str = "tv.jpg", **headers: str
) -> httpx.Response:
    return await one.http.post(
        "/customer/attachments",
        params={"name": name},
        content=raw,
        headers={**one.headers, "Content-Type": "image/jpeg", **headers},
    )


async def uploaded(one: Customer, name: str = "tv.jpg") -> str:
    answer = await upload(one, name=name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def give(one: Customer, ticket_id: str, *ids: str) -> httpx.Response:
    return await one.post(f"/tickets/{ticket_id}/attachments", {"attachment_ids": ids})


def kept(databases: Databases) -> tuple[int, int]:
    """Rows of attachments, and of their contents."""
    ((facts,),) = databases.rows("customer", "SELECT count(*) FROM attachment")
    ((contents,),) = databases.rows("customer", "SELECT count(*) FROM attachment_content")
    return facts, contents


async def test_a_photo_is_uploaded_first_and_named_when_the_ticket_is_submitted(
    ada: Customer, databases: Databases
) -> None:
    answer = await upload(ada, name="../living room.HEIC")
    assert answer.status_code == 201
    facts = answer.json()
    assert (facts["file_name"], facts["media_type"]) == ("living room.jpg", "image/jpeg")
    assert (facts["width"], facts["height"], facts["ticket_id"]) == (30, 40, None)
    assert (await ada.get("/attachments")).json() == [facts]
    ticket_id = await ada.ticket_id(attachment_ids=[facts["id"]])
    facts["ticket_id"] = ticket_id
    assert (await ada.get(f"/attachments/{facts['id']}")).json() == facts
    assert (await ada.get(f"/tickets/{ticket_id}")).json()["attachments"] == [facts]
    assert (await ada.get("/attachments")).json() == []
    (told,) = sent(databases, TicketAttachmentChanged)
    assert (str(told.attachment_id), str(told.ticket_id)) == (facts["id"], ticket_id)
    assert (told.version, told.removed, told.file_name) == (1, False, "living room.jpg")
    assert told.size_bytes == facts["size_bytes"]


async def test_what_is_downloaded_is_the_picture_without_place_and_device(ada: Customer) -> None:
    name = 'Café "x"; filename=evil.exe'
    found = await ada.get(f"/attachments/{await uploaded(ada, name=name)}/content")
    assert found.status_code == 200
    assert found.headers["content-type"] == "image/jpeg"
    assert found.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''Caf%C3%A9%20_x_%3B%20filename%3Devil.jpg"
    )
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"].startswith("private")
    assert "sandbox" in found.headers["content-security-policy"]
    with Image.open(BytesIO(found.content)) as picture:
        assert picture.size == (30, 40)
        assert not picture.getexif()
    assert SECRET in PHOTO
    assert SECRET not in found.content


async def test_photos_are_added_to_a_ticket_that_is_there_and_adding_again_changes_nothing(
    ada: Customer, databases: Databases
) -> None:
    ticket_id = await ada.ticket_id()
    first, second = await uploaded(ada), await uploaded(ada)
    for _ in range(2):
        answer = await give(ada, ticket_id, first, second)
        assert [it["id"] for it in answer.json()] == [first, second]
    assert len(sent(databases, TicketAttachmentChanged)) == 2
    contract_id = (await ada.get(f"/tickets/{ticket_id}")).json()["contract_id"]
    other = await ada.ticket_id(contract_id=contract_id)
    refused = await give(ada, other, first, str(uuid4()))
    assert refused.status_code == 422
    assert pointers(refused) == {"/attachment_ids/0", "/attachment_ids/1"}


async def test_a_ticket_has_six_photos_at_most_also_when_they_come_at_once(
    ada: Customer, databases: Databases
) -> None:
    ticket_id = await ada.ticket_id()
    ids = [await uploaded(ada) for _ in range(MOST_PER_TICKET + 3)]
    answers = await asyncio.gather(*(give(ada, ticket_id, one) for one in ids))
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [422] * 3
    shown = (await ada.get(f"/tickets/{ticket_id}")).json()["attachments"]
    assert len(shown) == MOST_PER_TICKET == len(sent(databases, TicketAttachmentChanged))
    await ada.delete(f"/attachments/{shown[0]['id']}")
    left = (await ada.get("/attachments")).json()[0]["id"]
    assert (await give(ada, ticket_id, left)).status_code == 200


async def test_uploads_that_no_ticket_has_are_limited_also_when_they_come_at_once(
    ada: Customer, databases: Databases
) -> None:
    answers = [await upload(ada) for _ in range(MOST_UNUSED - 2)]
    answers += await asyncio.gather(*(upload(ada) for _ in range(4)))
    assert sorted(it.status_code for it in answers) == [201] * MOST_UNUSED + [409] * 2
    assert kept(databases) == (MOST_UNUSED, MOST_UNUSED)


async def test_a_removed_photo_is_gone_at_once_for_everybody(
    ada: Customer, databases: Databases
) -> None:
    unused, used = await uploaded(ada), await uploaded(ada, "Ada's room.jpg")
    ticket_id = await ada.ticket_id(attachment_ids=[used])
    databases.execute("customer", "UPDATE ticket SET status = 'closed'")
    for attachment_id in (unused, used):
        assert (await ada.delete(f"/attachments/{attachment_id}")).status_code == 204
        for path in ("", "/content"):
            assert (await ada.get(f"/attachments/{attachment_id}{path}")).status_code == 404
        assert (await ada.delete(f"/attachments/{attachment_id}")).status_code == 404
        assert (await give(ada, ticket_id, attachment_id)).status_code == 422
    assert (await ada.get(f"/tickets/{ticket_id}")).json()["attachments"] == []
    assert databases.rows("customer", "SELECT id::text, file_name FROM attachment") == [
        (used, None)
    ]
    assert kept(databases) == (1, 0)
    _, told = sent(databases, TicketAttachmentChanged)
    assert (told.version, told.removed, told.file_name) == (2, True, None)


@pytest.mark.parametrize("status", ["closed", "cancelled"])
async def test_a_ticket_that_is_over_takes_no_more_photos(
    ada: Customer, databases: Databases, status: str
) -> None:
    ticket_id, attachment_id = await ada.ticket_id(), await uploaded(ada)
    databases.execute("customer", "UPDATE ticket SET status = %s", status)
    answer = await give(ada, ticket_id, attachment_id)
    assert (answer.status_code, status in answer.json()["detail"]) == (409, True)


async def test_somebody_elses_photos_and_tickets_are_not_there(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    hers, his = await uploaded(ada), await uploaded(bob)
    ticket_id = await ada.ticket_id(attachment_ids=[hers])
    before = kept(databases)
    for path in (f"/attachments/{hers}", f"/attachments/{hers}/content"):
        assert (await bob.get(path)).status_code == 404
    assert (await bob.delete(f"/attachments/{hers}")).status_code == 404
    assert (await give(bob, ticket_id, his)).status_code == 404
    assert pointers(await give(ada, ticket_id, his)) == {"/attachment_ids/0"}
    body = await bob.ticket_body(attachment_ids=[hers, his], ticket_type="no such")
    refused = await bob.post("/tickets", body)
    assert pointers(refused) == {"/ticket_type", "/attachment_ids/0"}
    assert (await bob.get("/attachments")).json()[0]["id"] == his
    assert kept(databases) == before
    assert len(sent(databases, TicketCreated)) == 1


@pytest.mark.parametrize("raw", [b"", b"<script>alert(1)</script>", b"%PDF-1.7", PHOTO[:100]])
async def test_what_is_no_picture_is_refused_whatever_it_is_called(
    ada: Customer, databases: Databases, raw: bytes
) -> None:
    answer = await upload(ada, raw, "photo.jpg")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert "JPEG" in error["detail"] or "damaged" in error["detail"]
    assert kept(databases) == (0, 0)


async def test_only_uploads_may_be_large_and_what_is_too_large_hears_the_limit(
    ada: Customer,
) -> None:
    assert (await upload(ada, LARGE)).status_code == 201
    for key in ({}, {"Idempotency-Key": "large"}):
        answer = await upload(ada, LARGE + b"\0", **key)
        assert answer.status_code == 413
        assert answer.json()["detail"] == "A body of at most 5,000,000 bytes is taken here."
    other = await ada.post("/tickets", {"description": "x" * 1_000_001})
    assert other.status_code == 413


async def test_an_upload_that_is_sent_again_with_its_key_is_kept_once(
    ada: Customer, databases: Databases
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    answers: list[Any] = [await upload(ada, LARGE, **key) for _ in range(2)]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert kept(databases) == (1, 1)
    before = counts(databases)
    assert (await upload(ada, LARGE, "another name.png", **key)).status_code == 422
    assert counts(databases) == before
