"""Why a ticket got its expert, or nobody, for those who run the platform."""

from datetime import datetime
from uuid import UUID

from api.sysops.assignment import explaining
from api.sysops.assignment.explanation_views import Explanation
from orchestration.local.instance import Instance
from orchestration.local.operating import operating


async def explain(
    instance: Instance, which: UUID | int, now: datetime, run_id: UUID | None
) -> Explanation:
    """As the API tells it; raises LocalError."""
    async with operating(instance) as session:
        return await explaining.explain(session, which, now, run_id)
