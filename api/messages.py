"""Every channel and its payload: the one page on which two quanta agree.

Fields are only ever added, with a default; receivers ignore what they do not know.
States of one thing carry its `version`: an older version never overwrites a newer one,
so the order of arrival does not matter.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.kernel.messages import Message

TicketStatus = Literal[
    "submitted", "open", "escalated", "assigned", "accepted", "in_progress", "resolved",
    "closed", "cancelled",
]  # fmt: skip
Priority = Literal["urgent", "high", "normal", "low"]
TicketRequestKind = Literal["cancel", "reopen", "reschedule"]
ContractStatus = Literal["active", "suspended", "cancelled"]
BillingInterval = Literal["month", "year"]
QuestionKind = Literal["score", "recommendation", "single_choice", "multiple_choice", "text"]


class Window(msgspec.Struct, frozen=True):
    """A span of time, start included, end excluded."""

    start: datetime
    end: datetime


class ServiceAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the visit is; coordinates in degrees (WGS 84), time zone by its IANA name."""

    line1: str
    line2: str | None = None
    city: str
    state: str
    zip: str
    latitude: float
    longitude: float
    time_zone: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A spare part as an expert names it."""

    name: str
    part_number: str | None = None
    quantity: int = 1


class TicketDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What sysops may change of a ticket beside its status, whole."""

    description: str
    priority: Priority
    preferred_windows: tuple[Window, ...] = ()


class Choice(msgspec.Struct, frozen=True):
    """One of the answers that a question offers: its code for reports, its text for people."""

    code: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a survey. `code` is what its answers are kept and reported under.

    A score is from 1 to 5, a recommendation from 0 to 10; both kinds of choice name `choices`.
    """

    code: str
    kind: QuestionKind
    text: str
    required: bool = False
    choices: list[Choice] = []


DEFAULT_SURVEY_TEMPLATE = "default"
"""The code of the survey template that asks whatever ticket type names none of its own."""
OVERALL_SCORE = "score"
RECOMMENDATION = "would_recommend"
COMMENT = "comment"
"""Questions with these codes mean the same in every template: reports rest on them."""


# customer -> sysops -------------------------------------------------------------------


class CustomerToSysops(Message, frozen=True, kw_only=True):
    source = "customer"
    target = "sysops"
    channel = ""


class TicketCreated(CustomerToSysops, frozen=True, kw_only=True):
    """A customer submitted a ticket; carries what a visit needs and nothing of billing."""

    channel = "ticket_created"

    ticket_id: UUID
    customer_id: UUID
    contract_id: UUID
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    preferred_windows: list[Window]
    submitted_at: datetime


class TicketRequested(CustomerToSysops, frozen=True, kw_only=True):
    """The customer asks for a change that sysops decides; the answer is ticket progress."""

    channel = "ticket_requested"

    ticket_id: UUID
    request_id: UUID
    kind: TicketRequestKind
    reason: str
    preferred_windows: tuple[Window, ...] = ()
    requested_at: datetime


class CustomerChanged(CustomerToSysops, frozen=True, kw_only=True):
    """The customer directory, so that the helpdesk finds a customer before any ticket."""

    channel = "customer_changed"

    customer_id: UUID
    version: int
    full_name: str
    email: str
    phone: str
    addresses: list[ServiceAddress]


class EntitlementChanged(CustomerToSysops, frozen=True, kw_only=True):
    """What a contract entitles to; sysops assigns only under an active one.

    `replaced_by` is set when the contract ended by a change of plan: tickets that were opened
    under it are still served.
    """

    channel = "entitlement_changed"

    contract_id: UUID
    customer_id: UUID
    plan_code: str
    status: ContractStatus
    version: int
    replaced_by: UUID | None = None


class SurveyOutcome(CustomerToSysops, frozen=True, kw_only=True):
    """A survey was answered: the ticket may close, and a low score alerts a manager.

    `ticket_version` is that of the resolution which the survey was about.
    """

    channel = "survey_outcome"

    ticket_id: UUID
    score: int
    answered_at: datetime
    ticket_version: int | None = None


class CustomerUnreached(CustomerToSysops, frozen=True, kw_only=True):
    """Word of a ticket reached its customer by no channel.

    With `call` it is about a visit, and somebody has to call. `code` is the provider's.
    """

    channel = "customer_unreached"

    ticket_id: UUID
    notification_id: UUID
    kind: str
    code: str
    call: bool
    at: datetime


class TicketAttachmentChanged(CustomerToSysops, frozen=True, kw_only=True):
    """A ticket has a photo, or has it no more; its bytes stay in the customer database.

    `version` is 1 for the first and 2 for the last word on it; what is removed has no name.
    """

    channel = "ticket_attachment_changed"

    attachment_id: UUID
    ticket_id: UUID
    version: int
    file_name: str | None
    media_type: str
    size_bytes: int
    at: datetime
    removed: bool = False


class DataRequestByStaff(CustomerToSysops, frozen=True, kw_only=True):
    """An administrator filed or withdrew a data request in a customer's name, for the audit log."""

    channel = "data_request_by_staff"

    customer_id: UUID
    request_id: UUID
    kind: Literal["export", "erasure"]
    act: Literal["filed", "withdrawn"]
    actor_id: UUID
    at: datetime


ATTACHMENT_PASS = "customer/attachment"  # noqa: S105 - what the passes are for
"""The purpose of the passes (`api.kernel.passes`) with which sysops lets staff open a photo at
the customer quantum, at `ATTACHMENT_PATH` with the pass behind it."""
ATTACHMENT_PATH = "/customer/attachment-links"


# sysops -> customer -------------------------------------------------------------------


class SysopsToCustomer(Message, frozen=True, kw_only=True):
    source = "sysops"
    target = "customer"
    channel = ""


class TicketProgress(SysopsToCustomer, frozen=True, kw_only=True):
    """A ticket reached a version; also carries the answer to a customer's request.

    `action` is what happened (`api/sysops/tickets/rules.py`). `expert_name`, `window`,
    `accepted_version` (the version that accepted the visit, which so names it) and `set_out_at`
    are set while a visit is promised (accepted, in progress). Absences count visits for nothing:
    nobody was at home, the expert did not come. `details` come when they have changed, `parts`
    when a visit that used them has ended.
    """

    channel = "ticket_progress"

    ticket_id: UUID
    number: int
    version: int
    status: TicketStatus
    at: datetime
    reason: str | None = None
    expert_name: str | None = None
    window: Window | None = None
    resolution: str | None = None
    request_id: UUID | None = None
    request_accepted: bool | None = None
    allowed: tuple[str, ...] = ()
    action: str | None = None
    accepted_version: int | None = None
    set_out_at: datetime | None = None
    customer_absences: int = 0
    expert_absences: int = 0
    coordinator_calls: bool = False
    details: TicketDetails | None = None
    parts: tuple[Part, ...] = ()


class PhoneTicketCreated(SysopsToCustomer, frozen=True, kw_only=True):
    """The helpdesk took a ticket by phone in the customer's name."""

    channel = "phone_ticket_created"

    ticket_id: UUID
    number: int
    customer_id: UUID
    contract_id: UUID
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    preferred_windows: list[Window]
    submitted_at: datetime
    version: int
    status: TicketStatus


class PlanPublished(SysopsToCustomer, frozen=True, kw_only=True):
    """A support plan as customers may choose it. `price_cents` is per `interval`."""

    channel = "plan_published"

    code: str
    version: int
    name: str
    price_cents: int
    currency: str
    interval: BillingInterval
    sla_hours: int
    device_types: list[str]
    active: bool


class TicketTypePublished(SysopsToCustomer, frozen=True, kw_only=True):
    """A kind of ticket that a customer can open, for one device type."""

    channel = "ticket_type_published"

    code: str
    version: int
    name: str
    device_type: str
    device_name: str
    active: bool
    survey_template: str | None = None


class SurveyTemplatePublished(SysopsToCustomer, frozen=True, kw_only=True):
    """What a customer is asked after a visit. Every version stays: its surveys are read by it."""

    channel = "survey_template_published"

    code: str
    version: int
    heading: str
    questions: list[Question]


# customer -> billing ------------------------------------------------------------------


class CustomerToBilling(Message, frozen=True, kw_only=True):
    source = "customer"
    target = "billing"
    channel = ""


class CardSealed(CustomerToBilling, frozen=True, kw_only=True):
    """A card, sealed with the vault's public key; only the vault can open it.

    The ids in the envelope are sealed inside too, and the vault refuses a box whose ids
    differ. `sealed` is base64 of a libsodium sealed box. The card `replaces` is given up in the
    act that stores this one, and only then.
    """

    channel = "card_sealed"

    card_id: UUID
    customer_id: UUID
    key_id: str
    sealed: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    replaces: UUID | None = None


class CardRemoved(CustomerToBilling, frozen=True, kw_only=True):
    channel = "card_removed"

    card_id: UUID
    customer_id: UUID


class CardChosen(CustomerToBilling, frozen=True, kw_only=True):
    """The card that the customer wants charged from now on."""

    channel = "card_chosen"

    customer_id: UUID
    card_id: UUID
    version: int


class ContractChanged(CustomerToBilling, frozen=True, kw_only=True):
    """A contract as agreed with the customer; tax follows the service address."""

    channel = "contract_changed"

    contract_id: UUID
    customer_id: UUID
    plan_code: str
    status: ContractStatus
    version: int
    effective_on: date
    state: str
    zip: str


# billing -> customer ------------------------------------------------------------------


class BillingToCustomer(Message, frozen=True, kw_only=True):
    source = "billing"
    target = "customer"
    channel = ""


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done about an invoice; `id` names it, `amount_cents` is positive.

    `number` is that of a credit note, `card_id` the card of a payment or refund.
    """

    id: UUID
    kind: Literal["payment", "credit", "credit_note", "refund", "write_off"]
    status: Literal["done", "declined", "under_way", "refused"]
    at: datetime
    amount_cents: int
    number: str | None = None
    applies_to: Literal["invoice", "next_invoice", "refund"] | None = None
    card_id: UUID | None = None


class InvoiceIssued(BillingToCustomer, frozen=True, kw_only=True):
    """An invoice the customer owes; later states of it come with a higher version.

    `due_cents` is what is still to pay (None from a sender that did not tell), `next_try_at` when
    a declined card is tried again by the schedule. When `adjusted`, the status itself was told
    before: only what was done about the invoice since is new.
    """

    channel = "invoice_issued"

    invoice_id: UUID
    customer_id: UUID
    contract_id: UUID
    number: str
    version: int
    status: Literal["issued", "paid", "declined", "credited", "written_off", "void"]
    period_start: date
    period_end: date
    total_cents: int
    currency: str
    lines: list[tuple[str, int]]
    at: datetime
    reason: str | None = None
    due_cents: int | None = None
    settlements: tuple[Settlement, ...] = ()
    next_try_at: datetime | None = None
    adjusted: bool = False


class CreditChanged(BillingToCustomer, frozen=True, kw_only=True):
    """The credit that the customer's next invoices use up."""

    channel = "credit_changed"

    customer_id: UUID
    version: int
    cents: int
    currency: str
    at: datetime


class CardOutcome(BillingToCustomer, frozen=True, kw_only=True):
    """What the vault made of a sealed card; `destroyed` when it was kept long enough."""

    channel = "card_outcome"

    card_id: UUID
    customer_id: UUID
    status: Literal["stored", "refused", "duplicate", "destroyed"]
    reason: str | None = None


class ContractStanding(BillingToCustomer, frozen=True, kw_only=True):
    """Dunning has suspended a contract, or payment has restored it."""

    channel = "contract_standing"

    contract_id: UUID
    standing: Literal["good", "suspended"]
    version: int
    at: datetime


class ContractBilling(BillingToCustomer, frozen=True, kw_only=True):
    """How a contract is billed: not at all while it is `held`, and with which tax.

    `tax_rate_millionths` (7.25 % = 72500) is None where no rate is known for the state.
    """

    channel = "contract_billing"

    contract_id: UUID
    version: int
    held: bool
    tax_rate_millionths: int | None
    at: datetime


# billing -> sysops --------------------------------------------------------------------


class ContractStandingToSysops(Message, frozen=True, kw_only=True):
    """The same standing for sysops: a suspended contract gets no visit."""

    source = "billing"
    target = "sysops"
    channel = "contract_standing"

    contract_id: UUID
    standing: Literal["good", "suspended"]
    version: int
    at: datetime


# sysops -> billing --------------------------------------------------------------------


class PlanPriced(Message, frozen=True, kw_only=True):
    """A support plan as billing charges it. `price_cents` is per `interval`."""

    source = "sysops"
    target = "billing"
    channel = "plan_priced"

    code: str
    version: int
    name: str
    price_cents: int
    currency: str
    interval: BillingInterval
    active: bool


# customer -> analytics ----------------------------------------------------------------


class SurveyAnswered(Message, frozen=True, kw_only=True):
    """A survey's scores and choices; its free text stays in the customer database.

    `choices` are by the code of their question: codes, or the number of a further score.
    """

    source = "customer"
    target = "analytics"
    channel = "survey_answered"

    survey_id: UUID
    ticket_id: UUID
    score: int
    would_recommend: int | None
    has_comment: bool
    answered_at: datetime
    template: str = DEFAULT_SURVEY_TEMPLATE
    template_version: int = 1
    choices: dict[str, list[str]] = msgspec.field(default_factory=dict)


# within a quantum: what leaves the house by mail or SMS -------------------------------


class CustomerNotification(Message, frozen=True, kw_only=True):
    """A notification of the customer database is ready to be sent."""

    source = "customer"
    target = "customer"
    channel = "customer_notification"

    notification_id: UUID


class PasswordResetAsked(Message, frozen=True, kw_only=True):
    """Somebody asked for a new password; where no account has the address, the id is nobody's.

    So asking takes the same steps, and the same time, whether there is an account or not.
    """

    source = "customer"
    target = "customer"
    channel = "password_reset_asked"

    account_id: UUID


class StaffNotification(Message, frozen=True, kw_only=True):
    """A notification of the sysops database is ready to be sent."""

    source = "sysops"
    target = "sysops"
    channel = "staff_notification"

    notification_id: UUID


PAIRS = (
    ("customer", "sysops"),
    ("sysops", "customer"),
    ("customer", "billing"),
    ("billing", "customer"),
    ("billing", "sysops"),
    ("sysops", "billing"),
    ("customer", "analytics"),
    ("customer", "customer"),
    ("sysops", "sysops"),
)
"""The directed pairs that messages travel: one relay process each."""
