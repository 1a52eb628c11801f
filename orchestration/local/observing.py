"""What lets the processes of a platform be watched: where each tells what it does."""

from orchestration.local.instance import Instance
from orchestration.local.traces import COLLECTOR, trace_file

SAMPLED = "SQUAD_TRACES_SAMPLED"


def traces(instance: Instance) -> dict[str, str]:
    """To the operator's collector, else into the folder of the logs; and which share of them."""
    collector = instance.setting(COLLECTOR, "")
    where = {COLLECTOR: collector} if collector else {"SQUAD_TRACE_FILE": str(trace_file(instance))}
    sampled = instance.setting(SAMPLED, "")
    return where | ({SAMPLED: sampled} if sampled else {})
