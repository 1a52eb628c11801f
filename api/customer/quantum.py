"""The customer quantum as a process serves it: accounts, contracts, cards, tickets, surveys."""

from pydantic import HttpUrl, SecretStr

import api.customer.tables  # noqa: F401 - all of them, for the keys between them
from api.customer.accounts.identity_routes import CustomerOidcController, IdentityController
from api.customer.accounts.links import MailedTokens
from api.customer.accounts.mailed_routes import MailedTokenController
from api.customer.accounts.preference_routes import PreferenceController
from api.customer.accounts.routes import AccountController
from api.customer.accounts.session_routes import SessionController
from api.customer.accounts.tables import SignInAttempt
from api.customer.attachments.routes import (
    AttachmentController,
    AttachmentLinkController,
    TicketAttachmentController,
)
from api.customer.balance.routes import BalanceController
from api.customer.cards.routes import CardController
from api.customer.cards.service import CardSealer
from api.customer.contracts.routes import ContractController
from api.customer.data_requests.routes import DataRequestController
from api.customer.data_requests.staff_routes import StaffDataRequestController
from api.customer.notifications.routes import NotificationController
from api.customer.notifications.unsubscribe_routes import UnsubscribeController
from api.customer.notifications.unsubscribing import UnsubscribeLinks
from api.customer.notifications.webhook_routes import ProviderController
from api.customer.statements.routes import StatementController
from api.customer.surveys.links import SurveyLinks
from api.customer.surveys.routes import SurveyController
from api.customer.surveys.staff_routes import SurveyAnswerController, SurveyPreviewController
from api.customer.tickets.routes import TicketController
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.fields import load_places
from api.kernel.limits import Limits
from api.kernel.notifications.webhooks import ProviderCalls
from api.kernel.passes import PassReader
from api.kernel.quantum import Quantum, given
from api.kernel.settings import OidcSettings, ServiceSettings
from api.kernel.sign_in.attempts import provider_sign_in

CONTROLLERS = (
    AccountController,
    SessionController,
    CustomerOidcController,
    IdentityController,
    MailedTokenController,
    PreferenceController,
    ContractController,
    CardController,
    BalanceController,
    TicketController,
    AttachmentController,
    TicketAttachmentController,
    AttachmentLinkController,
    StatementController,
    SurveyController,
    DataRequestController,
    StaffDataRequestController,
    SurveyPreviewController,
    SurveyAnswerController,
    NotificationController,
    ProviderController,
    UnsubscribeController,
)


class QuantumSettings(ServiceSettings, OidcSettings):
    """`signing_key` is the PEM private key that signs customer tokens; the public half checks
    them. `staff_public_key` (PEM) checks the tokens of staff, for whom some routes are, and the
    passes with which staff open photos. `vault_box_public_key` seals cards for the billing
    quantum (base64). `survey_key`, 32 characters or more, signs what mails carry (survey links,
    tokens); the notifier has the same. `sms_webhook_token` is what the SMS provider signs its
    calls with, and `public_base_url` where it, and customers, reach this API. `OidcSettings` name
    the identity provider of customers, if there is one.
    """

    signing_key: SecretStr
    customer_public_key: str
    staff_public_key: str
    vault_box_public_key: str
    survey_key: SecretStr
    sms_webhook_token: SecretStr
    public_base_url: HttpUrl


def quantum(settings: QuantumSettings) -> Quantum:
    """The quantum with its database, its routes and the keys it needs."""
    load_places()
    mails_key = settings.survey_key.get_secret_value()
    webhook_token = settings.sms_webhook_token.get_secret_value()
    return Quantum(
        name="customer",
        engine=create_engine(
            settings.database_url.get_secret_value(),
            name="customer-api",
            pool_size=settings.pool_size,
        ),
        verifier=TokenVerifier(
            "customer",
            {
                CUSTOMER_ISSUER: settings.customer_public_key,
                STAFF_ISSUER: settings.staff_public_key,
            },
        ),
        controllers=CONTROLLERS,
        limits=Limits.of(settings),
        dependencies={
            "signer": given(TokenSigner(CUSTOMER_ISSUER, settings.signing_key.get_secret_value())),
            "sealer": given(CardSealer(settings.vault_box_public_key)),
            "links": given(SurveyLinks(mails_key)),
            "mailed_tokens": given(MailedTokens(mails_key)),
            "unsubscribe_links": given(UnsubscribeLinks(mails_key)),
            "provider_calls": given(ProviderCalls(str(settings.public_base_url), webhook_token)),
            "passes": given(PassReader(STAFF_ISSUER, settings.staff_public_key)),
            "provider_sign_in": provider_sign_in(settings, SignInAttempt),
        },
    )
