"""The customer quantum as a process serves it: accounts, contracts, cards, tickets, surveys."""

from pydantic import SecretStr

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
from api.customer.statements.routes import StatementController
from api.customer.surveys.links import SurveyLinks
from api.customer.surveys.routes import SurveyController
from api.customer.surveys.staff_routes import SurveyAnswerController, SurveyPreviewController
from api.customer.tickets.routes import TicketController
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.fields import load_places
from api.kernel.limits import Limits
from api.kernel.passes import PassReader
from api.kernel.quantum import Quantum
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
    SurveyPreviewController,
    SurveyAnswerController,
)


class QuantumSettings(ServiceSettings, OidcSettings):
    """`signing_key` is the PEM private key that signs customer tokens; the public half checks
    them. `staff_public_key` (PEM) checks the tokens of staff, for whom some routes are, and the
    passes with which staff open photos. `vault_box_public_key` seals cards for the billing
    quantum (base64). `survey_key`, 32 characters or more, signs what mails carry (survey links,
    tokens); the notifier has the same. `OidcSettings` name the identity provider of customers,
    if there is one.
    """

    signing_key: SecretStr
    customer_public_key: str
    staff_public_key: str
    vault_box_public_key: str
    survey_key: SecretStr


def quantum(settings: QuantumSettings) -> Quantum:
    """The quantum with its database, its routes and the keys it needs."""
    load_places()
    signer = TokenSigner(CUSTOMER_ISSUER, settings.signing_key.get_secret_value())
    sealer = CardSealer(settings.vault_box_public_key)
    links = SurveyLinks(settings.survey_key.get_secret_value())
    mailed_tokens = MailedTokens(settings.survey_key.get_secret_value())

    passes = PassReader(STAFF_ISSUER, settings.staff_public_key)

    async def provide_passes() -> PassReader:
        return passes

    async def provide_mailed_tokens() -> MailedTokens:
        return mailed_tokens

    async def provide_links() -> SurveyLinks:
        return links

    async def provide_signer() -> TokenSigner:
        return signer

    async def provide_sealer() -> CardSealer:
        return sealer

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
            "signer": provide_signer,
            "sealer": provide_sealer,
            "links": provide_links,
            "mailed_tokens": provide_mailed_tokens,
            "passes": provide_passes,
            "provider_sign_in": provider_sign_in(settings, SignInAttempt),
        },
    )
