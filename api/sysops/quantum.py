"""The sysops quantum as a process serves it: tickets, experts, catalogue, knowledge, staff."""

from litestar import Router
from pydantic import HttpUrl, SecretStr

import api.sysops.tables  # noqa: F401 - all of them, for the keys between them
from api.kernel.auth import CUSTOMER_ISSUER, STAFF_ISSUER, TokenSigner, TokenVerifier
from api.kernel.database import create_engine
from api.kernel.fields import load_places
from api.kernel.limits import Limits
from api.kernel.notifications.webhooks import ProviderCalls
from api.kernel.passes import PassMaker
from api.kernel.quantum import Quantum, given
from api.kernel.settings import OidcSettings, ServiceSettings
from api.kernel.sign_in.attempts import provider_sign_in
from api.sysops.assignment.backtest_routes import BacktestController
from api.sysops.assignment.hand_routes import HandController
from api.sysops.assignment.option_routes import OptionController
from api.sysops.assignment.policy_routes import PolicyController
from api.sysops.assignment.run_routes import ExplanationController, RunController
from api.sysops.attachments.routes import TicketPhotoController
from api.sysops.attachments.service import PhotoLinks
from api.sysops.audit.routes import AuditController
from api.sysops.catalogue.routes import CatalogueController
from api.sysops.catalogue.survey_template_routes import SurveyTemplateController
from api.sysops.customers.routes import CustomerController
from api.sysops.experts.routes import ExpertController
from api.sysops.holidays.routes import HolidayController
from api.sysops.knowledge.audience_routes import ArticleAudienceController
from api.sysops.knowledge.customer_routes import HelpController
from api.sysops.knowledge.routes import STEPS, ArticleController
from api.sysops.knowledge.search_routes import ArticleSearchController
from api.sysops.knowledge.use_routes import ArticleUseController
from api.sysops.notifications.routes import StaffNotificationController
from api.sysops.notifications.webhook_routes import ProviderController
from api.sysops.search import indexing
from api.sysops.search.routes import TicketSearchController
from api.sysops.staff.account_routes import AccountController, PasswordController
from api.sysops.staff.identity_routes import StaffOidcController
from api.sysops.staff.routes import StaffController
from api.sysops.staff.session_routes import SessionController
from api.sysops.staff.standing import still_valid
from api.sysops.staff.tables import SignInAttempt
from api.sysops.tickets.desk_routes import DeskController
from api.sysops.tickets.routes import TicketController
from api.sysops.tickets.visit_list_routes import VisitListController
from api.sysops.tickets.visit_routes import VisitController
from api.sysops.watching import service as watching

CONTROLLERS = (
    StaffController,
    SessionController,
    StaffOidcController,
    PasswordController,
    AccountController,
    ExpertController,
    TicketSearchController,
    CustomerController,
    TicketController,
    DeskController,
    OptionController,
    ExplanationController,
    HandController,
    VisitListController,
    VisitController,
    TicketPhotoController,
    CatalogueController,
    SurveyTemplateController,
    PolicyController,
    RunController,
    BacktestController,
    HolidayController,
    ArticleController,
    *STEPS,
    ArticleSearchController,
    ArticleUseController,
    ArticleAudienceController,
    HelpController,
    AuditController,
    StaffNotificationController,
    ProviderController,
)


class QuantumSettings(ServiceSettings, OidcSettings):
    """`signing_key` is the PEM private key that signs staff tokens; the public half checks them.
    `customer_public_key` checks the tokens of customers, for the articles that are theirs.

    `public_base_url` is where people reach the customer API; links to photos begin with it.
    `sms_webhook_token` is what the SMS provider signs its calls with, and `staff_base_url` where
    it, and staff, reach this API. `OidcSettings` name the identity provider of staff, if there is
    one.
    """

    signing_key: SecretStr
    staff_public_key: str
    customer_public_key: str
    public_base_url: HttpUrl
    sms_webhook_token: SecretStr
    staff_base_url: HttpUrl


def quantum(settings: QuantumSettings) -> Quantum:
    """The quantum with its database, its routes and the keys it needs."""
    load_places()
    signing_key = settings.signing_key.get_secret_value()
    photo_links = PhotoLinks(PassMaker(STAFF_ISSUER, signing_key), str(settings.public_base_url))
    webhook_token = settings.sms_webhook_token.get_secret_value()
    return Quantum(
        name="sysops",
        engine=create_engine(
            settings.database_url.get_secret_value(),
            name="sysops-api",
            pool_size=settings.pool_size,
        ),
        verifier=TokenVerifier(
            "sysops",
            {
                STAFF_ISSUER: settings.staff_public_key,
                CUSTOMER_ISSUER: settings.customer_public_key,
            },
        ),
        controllers=[Router(path="/", route_handlers=CONTROLLERS, guards=[still_valid])],
        limits=Limits.of(settings),
        dependencies={
            "signer": given(TokenSigner(STAFF_ISSUER, signing_key)),
            "provider_calls": given(ProviderCalls(str(settings.staff_base_url), webhook_token)),
            "photo_links": given(photo_links),
            "provider_sign_in": provider_sign_in(settings, SignInAttempt),
        },
        background=[indexing.keep, watching.listen],
    )
