"""What a program reads and switches: received messages, charges, faults, health."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from orchestration.local.sandbox import charges, messages
from orchestration.local.sandbox.charges import Charge
from orchestration.local.sandbox.clock import to_us
from orchestration.local.sandbox.disputes import decide_dispute, open_dispute
from orchestration.local.sandbox.faults import Faults
from orchestration.local.sandbox.messages import Kind, Message, Query
from orchestration.local.sandbox.replies import reply
from orchestration.local.sandbox.world import World

Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


class MessageList(msgspec.Struct, frozen=True):
    """Newest first."""

    messages: list[Message]


class Deleted(msgspec.Struct, frozen=True):
    deleted: int


class ChargeList(msgspec.Struct, frozen=True):
    """Newest first."""

    charges: list[Charge]


class Health(msgspec.Struct, frozen=True):
    """The file answers; a broken one would have raised."""

    status: Literal["ok"] = "ok"


@get("/messages")
async def list_messages(
    world: NamedDependency[World],
    to: FromQuery[str | None] = None,
    kind: FromQuery[Kind | None] = None,
    since: FromQuery[datetime | None] = None,
    limit: Limit = 100,
) -> MessageList:
    """`to` is the whole address or number; `since` is inclusive, and UTC when it says no zone."""
    query = Query(to=to, kind=kind, since_us=to_us(since) if since else None, limit=limit)
    return MessageList(await world.storage.run(lambda db: messages.search(db, query)))


@delete("/messages", status_code=200)
async def delete_messages(world: NamedDependency[World]) -> Deleted:
    return Deleted(await world.storage.run(messages.delete_all))


@get("/charges")
async def list_charges(world: NamedDependency[World], limit: Limit = 100) -> ChargeList:
    return ChargeList(await world.storage.run(lambda db: charges.latest(db, limit)))


@get("/faults")
async def show_faults(world: NamedDependency[World]) -> Faults:
    return world.faults


@put("/faults")
async def set_faults(world: NamedDependency[World], data: JSONBody[Faults]) -> Faults:
    """The body replaces all faults in force; a door or a field left out is off."""
    world.faults = data
    return data


@get("/health")
async def health(world: NamedDependency[World]) -> Health:
    await world.storage.run(lambda db: db.execute("SELECT 1 FROM charge LIMIT 1").fetchall())
    return Health()


inbox_router = Router(
    "/api",
    route_handlers=[
        list_messages,
        delete_messages,
        list_charges,
        show_faults,
        set_faults,
        reply,
        open_dispute,
        decide_dispute,
    ],
)
