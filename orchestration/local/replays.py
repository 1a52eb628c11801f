"""Whether an assignment run can be had again, for those who run the platform."""

from uuid import UUID

from orchestration.assignment.evidence import Evidence, EvidenceLost
from orchestration.assignment.replay import Replayed, kept_of
from orchestration.assignment.replay import replay as solve_again
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.operating import operating
from orchestration.local.wiring import evidence_folder

NOT_REPLAYED = "The decisions and their proof stay: `squad explain TICKET --run RUN` tells them."


async def replay(instance: Instance, run_id: UUID) -> Replayed:
    """A run solved again from its input; raises LocalError when that cannot be done."""
    async with operating(instance, NOT_REPLAYED) as session:
        kept = await kept_of(session, run_id)
    try:
        return solve_again(kept, Evidence(evidence_folder(instance)))
    except EvidenceLost as lost:
        raise LocalError(f"{lost} {NOT_REPLAYED}") from lost
    except OSError as error:
        raise LocalError(f"The input of the run cannot be read: {error}.") from error
