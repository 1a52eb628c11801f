"""One new ticket through its whole life, by the public HTTP API and the real schedules alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from orchestration.local.demo.logins import OFFICE, PASSWORD
from orchestration.local.demo.patience import PatientClient, Seen
from orchestration.local.instance import Instance
from orchestration.local.wiring import API_PORTS, SANDBOX_PORT

CARD = "4242424242424242"
ZIP = "10001"
PLAN = "premium-month"
TICKET_TYPE = "laptop-hardware"


@dataclass(frozen=True)
class Services:
    """Where the platform's services listen: base URLs without a slash at the end."""

    customer: str
    sysops: str
    billing: str
    analytics: str
    sandbox: str

    @classmethod
    def of(cls, instance: Instance) -> Self:
        ports = {**API_PORTS, "sandbox": SANDBOX_PORT}
        names = ("customer", "sysops", "billing", "analytics", "sandbox")
        return cls(**{name: f"http://127.0.0.1:{instance.port(ports[name])}" for name in names})


@dataclass(frozen=True)
class Step:
    """A step that was observed, and how long it took."""

    name: str
    seconds: float


@dataclass
class Journey:
    """Drives the ticket; `steps` grows as they are observed. Raises StepFailed."""

    services: Services
    show: Callable[[Step], None]
    patience: float = 150.0
    """The longest that a step waits for a scheduled job, in seconds."""
    steps: list[Step] = field(default_factory=list)
    ticket_id: str | None = None

    def __post_init__(self) -> None:
        self._http = PatientClient()
        self._email = f"dana-{time.time_ns() // 1_000_000}@example.com"
        self._tokens: dict[str, str] = {}
        self._since = datetime.now(UTC).isoformat()

    def run(self) -> None:
        """All steps, in order."""
        try:
            contract = self._become_a_customer()
            ticket = self._submit(contract)
            visit, expert = self._get_an_expert(ticket)
            self._do_the_visit(ticket, visit, expert)
            self._answer_the_survey(ticket)
            self._find_it_in_the_reports(ticket)
        finally:
            self._http.close()

    # the parts of the journey ---------------------------------------------------------

    def _become_a_customer(self) -> dict[str, str]:
        api = f"{self.services.customer}/customer"
        self._step("customer registered and signed in", self._customer_token, self._register)
        address = self._step("service address known", self._address)
        self._step(
            "card stored in the vault",
            lambda: self._first(f"{api}/cards", lambda card: card["status"] == "stored"),
            lambda: None if self._first(f"{api}/cards") else self._post(f"{api}/cards", _card()),
        )
        return self._step(
            "support plan chosen",
            lambda: self._first(f"{api}/contracts"),
            lambda: self._post(
                f"{api}/contracts", {"plan_code": PLAN, "address_id": address["id"]}
            ),
        )

    def _submit(self, contract: dict[str, str]) -> str:
        api = f"{self.services.customer}/customer/tickets"
        body = {
            "contract_id": contract["id"],
            "address_id": contract["address_id"],
            "ticket_type": TICKET_TYPE,
            "description": "The laptop does not start any more.",
        }
        ticket = self._step("ticket submitted", self._first_ticket, lambda: self._post(api, body))
        self.ticket_id = ticket["id"]
        self._step("ticket received by sysops", lambda: self._ticket_in("open", "assigned"))
        return ticket["id"]

    def _get_an_expert(self, ticket: str) -> tuple[str, dict[str, str]]:
        detail = f"{self.services.sysops}/sysops/tickets/{ticket}"

        def proposed() -> tuple[dict[str, Any], str] | None:
            seen = self._http.get(detail, token=self._staff("helpdesk"))
            live = [a for a in (seen or {}).get("assignments", []) if a["status"] == "proposed"]
            return (live[0], f"ticket {seen['ticket']['number']}") if live else None

        expert, number = self._step("expert assigned by the scheduled job", proposed)
        self._step(
            "expert told by SMS", lambda: self._message(expert["expert_phone"], "sms", number)
        )
        return expert["id"], expert

    def _do_the_visit(self, ticket: str, visit: str, expert: dict[str, str]) -> None:
        visits = f"{self.services.sysops}/sysops/visits/{visit}"
        email = expert["expert_email"]

        def act(action: str, **body: object) -> Callable[[], object]:
            def post() -> object:
                token = self._token(email, "sysops")
                return self._http.call("POST", f"{visits}/{action}", token=token, json=body or None)

            return post

        del ticket
        self._step(
            "accepted by the expert, and promised to the customer",
            lambda: self._ticket_in("accepted"),
            act("accept"),
        )
        self._step(
            "customer told who comes and when",
            lambda: self._message(self._phone(), "sms", expert["expert_name"]),
        )
        # Nobody waits for the window here: the customer, who is this program, has agreed.
        start = act("start", agreed_with_customer=True)

        def begin() -> object:
            self._end_other_work(email, visit)
            return start()

        self._step("work started", lambda: self._ticket_in("in_progress"), begin)
        self._step(
            "resolved, and the customer's side knows",
            lambda: self._ticket_in("resolved"),
            act("complete", resolution="New battery; everything works again."),
        )

    def _end_other_work(self, email: str, visit: str) -> None:
        """In the hours of work the demo world's experts are at somebody's, and nobody is at two."""
        visits, token = f"{self.services.sysops}/sysops/visits", self._token(email, "sysops")
        for other in self._http.get(visits, token=token) or []:
            if other["ticket_status"] == "in_progress" and other["id"] != visit:
                done = {"resolution": "Works again."}
                self._http.call("POST", f"{visits}/{other['id']}/complete", token=token, json=done)

    def _answer_the_survey(self, ticket: str) -> None:
        link = self._step("survey link received by e-mail", self._survey_link)
        form = f"{self.services.customer}{urlsplit(link).path}"
        answer = {"score": "5", "would_recommend": "10", "comment": "Quick and friendly."}
        self._step(
            "survey answered, and the ticket closed",
            lambda: self._ticket_in("closed"),
            lambda: self._http.call("POST", form, data=answer),
        )
        del ticket

    def _find_it_in_the_reports(self, ticket: str) -> None:
        url = f"{self.services.analytics}/analytics/tickets/{ticket}"

        def published() -> dict[str, Any] | None:
            seen = self._http.get(url, token=self._staff("manager"))
            right = seen and seen["status"] == "closed" and seen["survey_score"] == 5
            return seen if right else None

        self._step("in the published mart, seen through the report API", published)

    # what the parts are made of -------------------------------------------------------

    def _step(
        self,
        name: str,
        observe: Callable[[], Seen | None],
        act: Callable[[], object] | None = None,
    ) -> Seen:
        started = time.monotonic()
        seen = self._http.until(observe, act, self.patience)
        step = Step(name, round(time.monotonic() - started, 2))
        self.steps.append(step)
        self.show(step)
        return seen

    def _register(self) -> object:
        body = {
            "email": self._email,
            "password": PASSWORD,
            "full_name": "Dana Reyes",
            "phone": self._phone(),
            "address": {"line1": "350 5th Avenue", "city": "New York", "zip": ZIP},
        }
        return self._http.call("POST", f"{self.services.customer}/customer/accounts", json=body)

    def _phone(self) -> str:
        """A number of the range that is kept for fiction (555-0100 to 0199)."""
        return f"+1212555{100 + int(self._email[5:-12]) % 100:04d}"

    def _customer_token(self) -> str | None:
        return self._token(self._email, "customer")

    def _staff(self, role: str) -> str | None:
        return self._token(next(one.email for one in OFFICE if one.role == role), "sysops")

    def _token(self, email: str, quantum: str) -> str | None:
        """An access token, kept: signing in is slow by design. None while nobody answers."""
        if email not in self._tokens:
            base = self.services.customer if quantum == "customer" else self.services.sysops
            body = {"email": email, "password": PASSWORD}
            answer = self._http.call("POST", f"{base}/{quantum}/sessions", json=body)
            if answer is None or not answer.is_success:
                return None
            self._tokens[email] = answer.json()["access_token"]
        return self._tokens[email]

    def _post(self, url: str, body: dict[str, Any]) -> object:
        return self._http.call("POST", url, token=self._customer_token(), json=body)

    def _first(
        self, url: str, wanted: Callable[[dict[str, str]], bool] = lambda _: True
    ) -> dict[str, str] | None:
        found = self._http.get(url, token=self._customer_token())
        return next((item for item in found or [] if wanted(item)), None)

    def _address(self) -> dict[str, str] | None:
        return self._first(f"{self.services.customer}/customer/me/addresses")

    def _first_ticket(self) -> dict[str, str] | None:
        url = f"{self.services.customer}/customer/tickets"
        page = self._http.get(url, token=self._customer_token())
        return next(iter(page["items"]), None) if page else None

    def _ticket_in(self, *statuses: str) -> dict[str, Any] | None:
        url = f"{self.services.customer}/customer/tickets/{self.ticket_id}"
        seen: dict[str, Any] | None = self._http.get(url, token=self._customer_token())
        return seen if seen and seen["status"] in statuses else None

    def _message(self, to: str, kind: str, words: str) -> dict[str, Any] | None:
        found: dict[str, list[dict[str, Any]]] | None = self._http.get(
            f"{self.services.sandbox}/api/messages", to=to, kind=kind, since=self._since
        )
        messages = found["messages"] if found else []
        return next((message for message in messages if words in message["text"]), None)

    def _survey_link(self) -> str | None:
        mail = self._message(self._email, "mail", "/surveys/")
        links = [link for link in (mail or {}).get("links", []) if "/surveys/" in link]
        return links[0] if links else None


def _card() -> dict[str, Any]:
    return {"number": CARD, "exp_month": 12, "exp_year": time.gmtime().tm_year + 3}
