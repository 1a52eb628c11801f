"""A run on tickets of all kinds, whose input is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from api.messages import Window
from orchestration.assignment.evidence import Evidence
from orchestration.assignment.run import Outcome, assign
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import add_expert, furnish, household, tomorrow_at


async def run_and_keep(databases: Databases, folder: Path, now: datetime | None = None) -> Outcome:
    """A run whose evidence stays in this folder."""
    async with databases.sessions("sysops", "assigner") as sessions:
        return await assign(sessions, now or datetime.now(UTC), Evidence(folder))


@dataclass(frozen=True)
class Kinds:
    """Tickets by what becomes of them: two `served`, of which one is urgent, one that is `crowded`
    out, one that nobody has the skill for, and one that is `barred` by its contract.

    Near has one window that suits all; Far has it too, and lives farther away.
    """

    near: UUID
    far: UUID
    urgent: UUID
    served: UUID
    crowded: UUID
    unskilled: UUID
    barred: UUID

    @property
    def all(self) -> tuple[UUID, ...]:
        return self.urgent, self.served, self.crowded, self.unskilled, self.barred


async def tickets_of_all_kinds(databases: Databases) -> Kinds:
    """Two experts, each with one window tomorrow from ten to twelve in Austin, and five tickets."""
    furnish(databases)
    near = add_expert(databases, "near")
    far = add_expert(databases, "far", latitude=30.5)
    start = tomorrow_at(16)
    suits = Window(start - timedelta(hours=2), start + timedelta(hours=3))
    databases.execute("sysops", "UPDATE shift SET starts_at = '10:00', ends_at = '12:00'")
    home = household()
    urgent, served, crowded = (
        replace(home.ticket(suits), priority=it) for it in ("urgent", "high", "low")
    )
    unskilled = replace(home.ticket(suits), ticket_type="tv-repair")
    other = household()
    barred = other.ticket(suits)
    await send(databases, home.directory(), home.entitlement(), other.directory(),
               other.entitlement(), urgent, served, crowded, unskilled, barred)  # fmt: skip
    await deliver(databases, "customer", "sysops")
    databases.execute(
        "sysops",
        "UPDATE entitlement SET standing = 'suspended' WHERE contract_id = %s",
        other.contract_id,
    )
    ids = (it.ticket_id for it in (urgent, served, crowded, unskilled, barred))
    return Kinds(near, far, *ids)
