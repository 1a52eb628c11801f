"""What sysops does with messages, by their source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import HttpUrl

import api.sysops.tables  # noqa: F401 - all of them, for the keys between them
from api.kernel.inbox import Inbound
from api.kernel.outside.delivery import Sender
from api.kernel.settings import Settings
from api.messages import (
    ContractStandingToSysops,
    CustomerChanged,
    CustomerUnreached,
    DataRequestByStaff,
    EntitlementChanged,
    StaffNotification,
    SurveyOutcome,
    TicketAttachmentChanged,
    TicketCreated,
    TicketRequested,
)
from api.sysops.attachments.handlers import ticket_attachment_changed
from api.sysops.audit.handlers import data_request_by_staff
from api.sysops.notifications.handlers import StaffNotifier
from api.sysops.tickets import handlers, unreached


class NotifierSettings(Settings):
    """Environment: `SQUAD_STAFF_BASE_URL`, where staff and the SMS provider reach this API, and
    `SQUAD_DASHBOARDS_URL`, where managers open the dashboards.
    """

    staff_base_url: HttpUrl
    dashboards_url: HttpUrl


@asynccontextmanager
async def inbound(source: str) -> AsyncIterator[Inbound]:
    """The handlers for one source, with what they need opened."""
    if source == "customer":
        yield Inbound(
            {
                TicketCreated: handlers.ticket_created,
                TicketRequested: handlers.ticket_requested,
                TicketAttachmentChanged: ticket_attachment_changed,
                CustomerChanged: handlers.customer_changed,
                EntitlementChanged: handlers.entitlement_changed,
                SurveyOutcome: handlers.survey_outcome,
                DataRequestByStaff: data_request_by_staff,
                CustomerUnreached: unreached.customer_unreached,
            },
            together={TicketCreated: handlers.tickets_created},
            # How soon a ticket is due follows from the plan that its contract has by then.
            in_order={EntitlementChanged},
        )
    elif source == "billing":
        yield Inbound({ContractStandingToSysops: handlers.contract_standing})
    elif source == "sysops":
        settings = NotifierSettings()  # type: ignore[call-arg]  # read from the environment
        async with Sender.open("api.sysops.notifications") as sender:
            notifier = StaffNotifier(
                sender, str(settings.staff_base_url), str(settings.dashboards_url)
            )
            yield Inbound({StaffNotification: notifier.send}, batch_size=1, workers=2)
    else:
        raise ValueError(f"Sysops hears nothing from {source}.")
