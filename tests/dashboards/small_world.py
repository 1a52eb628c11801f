"""Seven tickets, two experts and four invoices: few enough to compute every report by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.dashboards.marts import Row, utc, uuid
from tests.dashboards.small_finance import ANN, BOB, finance
from tests.dashboards.small_knowledge import knowledge

AS_OF = utc("2026-03-31 12:00")  # 07:00 in Texas, 05:00 in Washington
OUTCOMES = {"completed": "resolved", **{it: it for it in ("rejected", "expired", "withdrawn")}}
EVE, WES = uuid(0xE1), uuid(0xE2)  # experts in Texas and in Washington

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def marts() -> dict[str, list[Row]]:
    """The rows of every mart that the reports read."""
    return {**dimensions(), **tickets(), **knowledge(), **finance()}


def dimensions() -> dict[str, list[Row]]:
    return {
        "dim_landed_table": [
            _landed("sysops", "ticket", 2),
            _landed("sysops", "assignment", 3),
            _landed("customer", "ticket", 0),
        ],
        "dim_location": [
            _location("TX", "Texas", "South", "787", 30.3, -97.7),
            _location("WA", "Washington", "West", "981", 47.6, -122.3),
        ],
        "dim_support_plan": [
            {"plan_code": "basic", "plan_name": "Basic", "is_current": True},
            {"plan_code": "pro", "plan_name": "Professional", "is_current": False},
            {"plan_code": "pro", "plan_name": "Pro", "is_current": True},
        ],
        "dim_device_type": [
            {"device_type": "laptop", "device_name": "Laptop"},
            {"device_type": "tv", "device_name": "Television"},
        ],
        "dim_ticket_type": [
            _type("laptop-repair", "Laptop repair", "laptop", "Laptop"),
            _type("tv-repair", "Television repair", "tv", "Television"),
        ],
        "dim_expert": [
            _expert(EVE, "TX-787", "America/Chicago"),
            _expert(WES, "WA-981", "America/Los_Angeles"),
        ],
        "dim_customer": [
            {"customer_id": ANN, "location_key": "TX-787", "state": "TX"},
            {"customer_id": BOB, "location_key": "WA-981", "state": "WA"},
        ],
    }


def _location(
    state: str, name: str, region: str, zip3: str, latitude: float, longitude: float
) -> Row:
    return {
        "location_key": f"{state}-{zip3}",
        "state": state,
        "state_name": name,
        "region": region,
        "zip3": zip3,
        "latitude": latitude,
        "longitude": longitude,
    }


def _landed(source: str, table: str, minutes: int) -> Row:
    return {
        "landed_table": f"{source}.{table}",
        "source": source,
        "table_name": table,
        "as_of": AS_OF + timedelta(minutes=minutes),
    }


def _type(code: str, name: str, device: str, device_name: str) -> Row:
    return {
        "ticket_type": code,
        "ticket_type_name": name,
        "device_type": device,
        "device_name": device_name,
    }


def _expert(expert: Any, location: str, zone: str) -> Row:
    return {
        "expert_id": expert,
        "location_key": location,
        "time_zone": zone,
        "is_active": True,
        "skills": "Computers",
    }


def tickets() -> dict[str, list[Row]]:
    return {
        "fct_ticket": [
            # resolved in time, by one visit
            _ticket(1, "TX", "basic", "laptop", "web", "closed", "2026-03-02 10:00", 96,
                    assigned=1, accepted=1.5, resolved=48, fixed=True),
            # resolved too late, by the second visit, after a rejection
            _ticket(2, "TX", "pro", "tv", "phone", "resolved", "2026-03-09 12:00", 72,
                    assigned=3, accepted=4, resolved=120, fixed=False, rejections=1),
            # resolved in time, then reopened: open, and overdue by now
            _ticket(3, "WA", "basic", "laptop", "web", "open", "2026-03-10 08:00", 72,
                    assigned=2, accepted=2.5, reopened_after=24,
                    unassigned_reason="No expert can come: 2 live too far away."),
            # due in 18 hours, and nobody found; one proposal was left unanswered
            _ticket(4, "WA", "pro", "laptop", "phone", "open", "2026-03-31 06:00", 24,
                    assigned=0.5, expiries=1),
            # an expert comes today, but after the promised time
            _ticket(5, "TX", "basic", "tv", "web", "accepted", "2026-03-30 20:00", 23,
                    assigned=2, accepted=3, window="2026-03-31 18:00"),
            # an expert has not answered in time
            _ticket(6, "TX", "basic", "laptop", "web", "assigned", "2026-03-31 08:00", 96,
                    assigned=2, window="2026-04-01 13:00"),
            _ticket(7, "TX", "basic", "laptop", "web", "cancelled", "2026-03-20 09:00", 96,
                    assigned=1),
        ],
        "fct_assignment": [
            _assignment(1, 1, EVE, "completed", "2026-03-02 11:00", accepted=True),
            _assignment(2, 2, EVE, "rejected", "2026-03-09 15:00"),
            _assignment(3, 2, WES, "completed", "2026-03-10 15:00", accepted=True,
                        outcome="customer_absent"),
            _assignment(4, 2, WES, "completed", "2026-03-12 15:00", accepted=True),
            _assignment(5, 3, WES, "completed", "2026-03-10 10:00", accepted=True),
            _assignment(6, 5, EVE, "accepted", "2026-03-30 22:00", accepted=True,
                        window="2026-03-31 18:00"),
            _assignment(7, 6, EVE, "proposed", "2026-03-31 10:00", window="2026-04-01 13:00"),
            _assignment(8, 4, WES, "expired", "2026-03-31 06:30"),
            _assignment(9, 7, EVE, "withdrawn", "2026-03-20 10:00"),
        ],
        "fct_visit": [
            _visit(1, 1, EVE, 1, "2026-03-03 16:00", "resolved", 10, 60),
            _visit(3, 2, WES, 1, "2026-03-11 17:00", "customer_absent", 30, 40, late=15),
            _visit(4, 2, WES, 2, "2026-03-14 11:00", "resolved", 30, 80),
            _visit(5, 3, WES, 1, "2026-03-11 07:00", "resolved", 20, 60),
        ],
        **surveys(),
    }  # fmt: skip


def _ticket(
    number: int,
    state: str,
    plan: str,
    device: str,
    channel: str,
    status: str,
    submitted: str,
    sla_hours: float,
    *,
    assigned: float,
    accepted: float | None = None,
    resolved: float | None = None,
    reopened_after: float | None = None,
    fixed: bool | None = None,
    window: str | None = None,
    **more: Any,
) -> Row:
    at = utc(submitted)
    resolved_at = _later(at, resolved)
    due = at + timedelta(hours=sla_hours)
    start = utc(window) if window else None
    return {
        "ticket_id": uuid(number), "ticket_number": 100_000 + number,
        "customer_id": ANN if state == "TX" else BOB, "plan_code": plan,
        "location_key": "TX-787" if state == "TX" else "WA-981",
        "ticket_type": f"{device}-repair", "device_type": device, "priority": "normal",
        "channel": channel, "status": status, "version": 1,
        "is_open": status not in {"resolved", "closed", "cancelled"},
        "submitted_at": at, "submitted_on": at.date(), "sla_due_at": due,
        "first_assigned_at": _later(at, assigned), "minutes_to_assign": assigned * 60,
        "first_accepted_at": _later(at, accepted),
        "minutes_to_accept": accepted and accepted * 60,
        "first_resolved_at": _later(at, resolved or reopened_after),
        "resolved_at": resolved_at, "minutes_to_resolve": resolved and resolved * 60,
        "is_sla_met": resolved_at <= due if resolved_at else None,
        "reopens": 1 if reopened_after else 0, "rejections": 0, "expiries": 0,
        "is_first_time_fix": fixed,
        "window_start": start, "window_end": start and start + timedelta(hours=2),
        "survey_score": {1: 5, 2: 2}.get(number),
        **more,
    }  # fmt: skip


def _later(moment: datetime, hours: float | None) -> datetime | None:
    return None if hours is None else moment + timedelta(hours=hours)


def _assignment(
    number: int,
    ticket: int,
    expert: Any,
    status: str,
    proposed: str,
    *,
    accepted: bool = False,
    outcome: str | None = None,
    window: str = "2026-03-03 16:00",
) -> Row:
    at, start = utc(proposed), utc(window)
    return {
        "assignment_id": uuid(0xA0 + number), "ticket_id": uuid(ticket), "expert_id": expert,
        "status": status, "outcome": outcome or OUTCOMES.get(status),
        "window_start": start, "window_end": start + timedelta(hours=2),
        "proposed_at": at, "answer_by": at + timedelta(hours=1), "was_accepted": accepted,
    }  # fmt: skip


def _visit(
    number: int,
    ticket: int,
    expert: Any,
    visit_number: int,
    started: str,
    outcome: str,
    km: float,
    minutes: float,
    late: float = 0,
) -> Row:
    at = utc(started)
    return {
        "visit_id": uuid(0xA0 + number), "ticket_id": uuid(ticket), "expert_id": expert,
        "visit_number": visit_number, "started_at": at,
        "ended_at": at + timedelta(minutes=minutes), "outcome": outcome,
        "minutes_on_site": minutes, "minutes_late": late, "is_on_time": late == 0,
        "travel_km": km,
    }  # fmt: skip


def surveys() -> dict[str, list[Row]]:
    """Three were sent; Ann liked the first visit, and the second not at all."""
    answers = [
        _answer(1, EVE, 5, "2026-03-05 09:00", recommends=10),
        _answer(2, WES, 2, "2026-03-15 09:00", recommends=3),
    ]
    return {
        "fct_survey": [
            _sent(1, EVE, "2026-03-04 12:00", answered=True),
            _sent(2, WES, "2026-03-14 14:00", answered=True),
            _sent(3, WES, "2026-03-11 09:00", answered=False),
        ],
        "fct_survey_response": answers,
        "fct_survey_choice": [
            _choice(answers[0], "liked", "friendly"),
            _choice(answers[0], "liked", "on-time"),
            _choice(answers[1], "liked", "friendly"),
        ],
    }


def _sent(ticket: int, expert: Any, sent: str, *, answered: bool) -> Row:
    at = utc(sent)
    return {
        "survey_id": uuid(0x50 + ticket), "ticket_id": uuid(ticket), "expert_id": expert,
        "sent_at": at, "expires_at": at + timedelta(days=14), "is_answered": answered,
    }  # fmt: skip


def _answer(ticket: int, expert: Any, score: int, answered: str, *, recommends: int) -> Row:
    return {
        "survey_id": uuid(0x50 + ticket), "ticket_id": uuid(ticket), "expert_id": expert,
        "score": score, "is_satisfied": score >= 4, "answered_at": utc(answered),
        "would_recommend": recommends, "has_comment": score < 4,
        "recommendation": "promoter" if recommends >= 9 else "detractor",
        "template": "default", "template_version": 1,
    }  # fmt: skip


def _choice(answer: Row, question: str, choice: str) -> Row:
    told = ("survey_id", "ticket_id", "score", "is_satisfied", "answered_at")
    return {
        "survey_choice_key": f"{answer['survey_id']}-{question}-{choice}",
        "question": question, "choice": choice, "template": "default", "template_version": 1,
        **{name: answer[name] for name in told},
    }  # fmt: skip
