"""What analytics does with messages, by their source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import api.analytics.tables  # noqa: F401 - all of them, for the keys between them
from api.analytics.surveys.handlers import survey_answered
from api.kernel.inbox import Inbound
from api.messages import SurveyAnswered


@asynccontextmanager
async def inbound(source: str) -> AsyncIterator[Inbound]:
    """The handlers for one source."""
    if source != "customer":
        raise ValueError(f"Analytics hears nothing from {source}.")
    yield Inbound({SurveyAnswered: survey_answered})
