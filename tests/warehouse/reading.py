"""Searches for articles, and what articles did, in the small business."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from tests.warehouse.world import World

SEARCHES = 120


def articles(world: "World", author: UUID) -> None:
    """One a device and one for all; searches of 200 days, of which the older have no words."""
    written = [_article(world, author, device) for device in ("laptop", "stereo", None)]
    for _ in range(SEARCHES):
        _search(world, written)
    for ticket in world.rows["sysops", "ticket"]:
        if ticket.get("resolved_at") and world.random.random() < 0.3:
            world.add(
                "sysops", "article_link", id=world.uuid(), ticket_id=ticket["id"],
                article_id=world.random.choice(written), linked_at=ticket["resolved_at"],
            )  # fmt: skip
    world.add(
        "sysops", "article_vote", article_id=written[0], staff_id=author, helpful=True,
        voted_at=world.now,
    )  # fmt: skip


def _article(world: "World", author: UUID, device: str | None) -> UUID:
    begun = world.now - timedelta(days=300)
    identity = world.uuid()
    world.add(
        "sysops", "article", id=identity, version=1, title="What helps", body="Switch it off.",
        device_type=device, ticket_types=[f"{device}-repair"] if device else [],
        status="published", audience="customers", author_id=author, created_at=begun,
        updated_at=begun,
    )  # fmt: skip
    return identity


def _search(world: "World", written: list[UUID]) -> None:
    at = world.now - timedelta(days=world.random.uniform(0, 200))
    online, results = world.random.random() < 0.5, world.random.choice([0, 0, 1, 3])
    forgotten = at < world.now - timedelta(days=90)
    search = world.add(
        "sysops", "article_query", id=world.uuid(), words="" if forgotten else "no sound",
        results=results, asked_by="customers" if online else "staff", asked_at=at,
        forgotten=forgotten,
    )  # fmt: skip
    if results and world.random.random() < 0.5:
        world.add(
            "sysops", "article_solution", id=world.uuid(),
            article_id=world.random.choice(written), solved_at=at + timedelta(minutes=5),
            said_by=search["asked_by"], query_id=search["id"] if online else None,
        )  # fmt: skip
