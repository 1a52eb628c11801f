"""What the customer quantum does with messages, by their source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import HttpUrl, SecretStr

import api.customer.tables  # noqa: F401 - all of them, for the keys between them
from api.customer.accounts.handlers import PasswordResets
from api.customer.accounts.links import MailedTokens
from api.customer.cards.handlers import card_outcome
from api.customer.contracts.handlers import (
    contract_billing,
    contract_standing,
    plan_published,
    ticket_type_published,
)
from api.customer.notifications.handlers import CustomerNotifier
from api.customer.statements.handlers import credit_changed, invoice_issued
from api.customer.surveys.handlers import survey_template_published
from api.customer.tickets.handlers import phone_ticket_created, ticket_progress
from api.kernel.inbox import Inbound
from api.kernel.outside.delivery import Sender
from api.kernel.settings import Settings
from api.messages import (
    CardOutcome,
    ContractBilling,
    ContractStanding,
    CreditChanged,
    CustomerNotification,
    InvoiceIssued,
    PasswordResetAsked,
    PhoneTicketCreated,
    PlanPublished,
    SurveyTemplatePublished,
    TicketProgress,
    TicketTypePublished,
)


class NotifierSettings(Settings):
    """Environment: `SQUAD_SURVEY_KEY`, the one of the customer API, and
    `SQUAD_PUBLIC_BASE_URL`, where customers reach that API (links in mails begin with it).
    """

    survey_key: SecretStr
    public_base_url: HttpUrl


@asynccontextmanager
async def inbound(source: str) -> AsyncIterator[Inbound]:
    """The handlers for one source, with what they need opened.

    Only the quantum's own relay reaches outside, and needs settings for mail and SMS.
    """
    if source == "sysops":
        yield Inbound(
            {
                TicketProgress: ticket_progress,
                PhoneTicketCreated: phone_ticket_created,
                PlanPublished: plan_published,
                TicketTypePublished: ticket_type_published,
                SurveyTemplatePublished: survey_template_published,
            }
        )
    elif source == "billing":
        yield Inbound(
            {
                InvoiceIssued: invoice_issued,
                CardOutcome: card_outcome,
                ContractStanding: contract_standing,
                ContractBilling: contract_billing,
                CreditChanged: credit_changed,
            }
        )
    elif source == "customer":
        settings = NotifierSettings()  # type: ignore[call-arg]  # read from the environment
        key = settings.survey_key.get_secret_value()
        async with Sender.open("api.customer.notifications") as sender:
            notifier = CustomerNotifier(sender, key, str(settings.public_base_url))
            resets = PasswordResets(MailedTokens(key))
            yield Inbound(
                {CustomerNotification: notifier.send, PasswordResetAsked: resets.send},
                batch_size=1,
                workers=4,
            )
    else:
        raise ValueError(f"The customer quantum hears nothing from {source}.")
