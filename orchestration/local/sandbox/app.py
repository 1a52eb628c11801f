"""The sandbox's HTTP application."""

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

from orchestration.local.sandbox.inbox import health, inbox_router
from orchestration.local.sandbox.pages import page_handlers
from orchestration.local.sandbox.payments import Payments
from orchestration.local.sandbox.problems import answer_problem
from orchestration.local.sandbox.replies import reply_on_page
from orchestration.local.sandbox.sms import receive_sms
from orchestration.local.sandbox.world import World


def create_app(world: World) -> Litestar:
    return Litestar(
        route_handlers=[health, inbox_router, Payments, receive_sms, reply_on_page, *page_handlers],
        dependencies={"world": Provide(lambda: world, sync_to_thread=False)},
        exception_handlers={HTTPException: answer_problem},
        # Its interface is other companies' and small: it is described where it is written.
        openapi_config=None,
        logging_config=None,
    )
