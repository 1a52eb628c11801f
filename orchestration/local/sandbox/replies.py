"""Texting back: what the owner of a telephone does, by program or on the page of a message.

    POST /api/replies                {"from": number, "to": our number, "text": ...}
    POST /messages/{id}/reply        form: text

STOP and START work as at a provider: a number that stopped one of ours gets nothing more from it.
"""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from orchestration.local.sandbox import messages
from orchestration.local.sandbox.callbacks import NotTaken
from orchestration.local.sandbox.messages import Received
from orchestration.local.sandbox.problems import Problem
from orchestration.local.sandbox.world import AnyRequest, World

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
START_WORDS = frozenset({"start", "unstop", "yes"})

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1600)]


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """From a telephone to one of our numbers."""

    sender: str
    to: str
    text: Text


class Answer(msgspec.Struct, frozen=True):
    """What the platform said to it; null for silence."""

    answer: str | None


@post("/replies", status_code=200)
async def reply(world: NamedDependency[World], data: JSONBody[Reply]) -> Answer:
    """502 when the platform did not take it."""
    try:
        return Answer(await _text_back(world, data))
    except NotTaken as error:
        raise Problem(502, str(error), "reply_not_taken") from error


@post("/messages/{message_id:int}/reply", status_code=303)
async def reply_on_page(
    world: NamedDependency[World], message_id: FromPath[int], request: AnyRequest
) -> Response[str]:
    """To the list of the same number, where the answer is the newest."""
    message = await world.storage.run(lambda db: messages.find(db, message_id))
    text = str((await request.form()).get("text", "")).strip()[:1600]
    if message is None or message.kind != "sms" or not text:
        raise Problem(422, "Write something to reply to a text message.", "nothing_to_reply")
    try:
        await _text_back(world, Reply(sender=message.to, to=message.sender, text=text))
    except NotTaken as error:
        raise Problem(502, str(error), "reply_not_taken") from error
    number = message.to.replace("+", "%2B")
    return Response("", status_code=303, headers={"Location": f"/?to={number}&kind=sms"})


async def _text_back(world: World, data: Reply) -> str | None:
    url = world.settings.sandbox_reply_urls.get(data.to)
    if url is None:
        raise NotTaken(f"Nobody listens at {data.to}: see SQUAD_SANDBOX_REPLY_URLS.")
    answer = await world.callbacks.reply(url, data.sender, data.to, data.text)
    if answer is not None:
        await world.storage.run(lambda db: messages.add(db, _received(data, answer)))
    word = data.text.strip().lower()
    if word in STOP_WORDS:
        await world.storage.run(lambda db: messages.stop(db, data.sender, data.to))
    elif word in START_WORDS:
        await world.storage.run(lambda db: messages.start(db, data.sender, data.to))
    return answer


def _received(data: Reply, answer: str) -> Received:
    return Received(
        kind="sms",
        sender=data.to,
        recipient=data.sender,
        subject="",
        text=answer,
        html=None,
        message_id="",
    )
