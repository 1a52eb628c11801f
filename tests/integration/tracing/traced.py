"""What a test reads of the spans that its processes have told."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from api.kernel import spans
from api.kernel.spans import Line
from orchestration.local.instance import Instance
from orchestration.local.observing import trace_file
from orchestration.local.traces import spans_of


@dataclass(frozen=True)
class Traced:
    """A data folder of a platform, with the spans of this test among its logs."""

    var: Path

    @property
    def text(self) -> str:
        spans.close()
        return trace_file(Instance(self.var)).read_text()

    def of(self, ticket: UUID) -> list[Line]:
        spans.close()
        return spans_of(Instance(self.var), ticket)
