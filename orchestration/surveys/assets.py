"""The reminder of a survey, as Dagster runs it: every hour, once a survey."""

import asyncio
from collections.abc import Iterator

import dagster as dg
from pydantic import SecretStr

from api.customer.surveys.reminders import remind
from api.kernel import clock, tracing
from api.kernel.database import database
from api.kernel.settings import Settings
from orchestration.definitions.common import OWNER, cron, scheduled_job

REMINDERS = dg.AssetKey(["operations", "survey_reminders"])


class SurveySettings(Settings):
    """`surveyor_url` logs in to the customer database as the role `surveyor`."""

    surveyor_url: SecretStr


async def _remind() -> dict[str, int]:
    with tracing.job("survey_reminders_job"):
        return await _remind_all()


async def _remind_all() -> dict[str, int]:
    settings = SurveySettings()  # type: ignore[call-arg]  # read from the environment
    decided = reminded = 0
    async with database(settings.surveyor_url.get_secret_value(), name="surveys") as sessions:
        while True:
            async with sessions.begin() as session:
                portion, told = await remind(session, clock.now())
            if not portion:
                return {"decided": decided, "reminded": reminded}
            decided += portion
            reminded += told


@dg.asset(
    key=REMINDERS,
    group_name="operations",
    description="Customers who have not answered a survey for five days, reminded once by e-mail.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    deps=[dg.AssetKey(["customer", "survey"])],
)
def survey_reminders() -> Iterator[dg.MaterializeResult[None]]:
    """Decides in portions; each is a transaction with its mails in the queue."""
    yield dg.MaterializeResult(metadata=dict(asyncio.run(_remind())))


defs = dg.Definitions.merge(
    dg.Definitions(assets=[survey_reminders]),
    scheduled_job(
        "survey_reminders_job",
        dg.AssetSelection.assets(REMINDERS),
        cron("survey_reminders", "7 * * * *"),
        description="Remind customers once of surveys that they have not answered.",
    ),
)
