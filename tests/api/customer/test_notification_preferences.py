"""Customers choose how they are told things, and when not."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.customer.notifications.service import Channel, Kind, notify
from tests.api.customer.conftest import Customer
from tests.api.support import pointers
from tests.databases import Databases

PATH = "/me/notification-preferences"
ALL = {
    "expert_arriving": "sms",
    "visit_reminder": "sms",
    "visit_off": "sms",
    "another_visit": "email",
    "ticket_cancelled": "email",
    "request_refused": "email",
    "survey_invitation": "email",
    "survey_reminder": "email",
    "invoice_paid": "email",
}


async def put(one: Customer, body: Any) -> httpx.Response:
    return await one.http.put(f"/customer{PATH}", json=body, headers=one.headers)


async def tell(databases: Databases, one: Customer, kind: Kind, channel: Channel) -> None:
    role = "customer_from_sysops"
    async with databases.sessions("customer", role) as sessions, sessions.begin() as session:
        await notify(
            session,
            UUID(one.id),
            kind,
            cause="a",
            channel=channel,
            context={},
            now=datetime.now(UTC),
        )


async def test_a_customer_who_chose_nothing_is_told_everything_at_any_hour(ada: Customer) -> None:
    assert (await ada.get(PATH)).json() == {"channels": ALL, "quiet_hours": None}


async def test_what_was_chosen_is_kept_and_replaced(ada: Customer, bob: Customer) -> None:
    channels = ALL | {"visit_off": "email", "survey_invitation": "none"}
    quiet = {"begins": "21:00", "ends": "08:30", "time_zone": "America/New_York"}
    answer = await put(ada, {"channels": channels, "quiet_hours": quiet})
    assert answer.status_code == 200
    assert answer.json() == {"channels": channels, "quiet_hours": quiet}
    assert (await ada.get(PATH)).json() == answer.json()
    least = {"channels": {"expert_arriving": "email", "visit_off": "sms"}}
    answer = await put(ada, least)
    # A reminder goes the way of arrivals, unless it was chosen.
    like_arrivals = {"expert_arriving": "email", "visit_reminder": "email"}
    assert answer.json() == {"channels": ALL | like_arrivals, "quiet_hours": None}
    assert (await bob.get(PATH)).json() == {"channels": ALL, "quiet_hours": None}


async def test_quiet_hours_are_in_the_time_zone_of_the_first_address(ada: Customer) -> None:
    body = {"channels": ALL, "quiet_hours": {"begins": "22:00", "ends": "07:00"}}
    answer = await put(ada, body)
    assert answer.json()["quiet_hours"]["time_zone"] == "America/Chicago"


async def test_the_profile_and_the_preferences_agree_on_the_arrival_channel(ada: Customer) -> None:
    await put(ada, {"channels": ALL | {"expert_arriving": "email"}})
    assert (await ada.get("/me")).json()["arrival_channel"] == "email"
    await ada.patch("/me", {"arrival_channel": "sms"})
    assert (await ada.get(PATH)).json()["channels"]["expert_arriving"] == "sms"


async def test_a_bad_choice_lists_every_error_and_changes_nothing(ada: Customer) -> None:
    channels = ALL | {"expert_arriving": "none", "payment_declined": "none", "invoice_paid": "sms"}
    quiet = {"begins": "24:00", "ends": "8", "time_zone": "Chicago"}
    answer = await put(ada, {"channels": channels, "quiet_hours": quiet})
    assert answer.status_code == 400
    assert pointers(answer) == {
        "/channels/expert_arriving",
        "/channels/payment_declined",
        "/channels/invoice_paid",
        "/quiet_hours/begins",
        "/quiet_hours/ends",
        "/quiet_hours/time_zone",
    }
    never = {"begins": "08:00", "ends": "08:00"}
    answer = await put(ada, {"channels": ALL, "quiet_hours": never})
    assert (answer.status_code, pointers(answer)) == (422, {"/quiet_hours/ends"})
    assert (await ada.get(PATH)).json() == {"channels": ALL, "quiet_hours": None}


async def test_who_is_not_signed_in_has_no_preferences(customer: httpx.AsyncClient) -> None:
    assert (await customer.get(f"/customer{PATH}")).status_code == 401
    assert (await customer.put(f"/customer{PATH}", json={"channels": ALL})).status_code == 401


@pytest.mark.parametrize(
    ("kind", "usual", "told"),
    [
        ("survey_invitation", "email", []),
        ("invoice_paid", "email", ["email"]),
        ("payment_declined", "email", ["email"]),
        ("expert_arriving", "sms", ["sms"]),
        ("visit_off", "sms", ["email"]),
    ],
)
async def test_a_customer_is_told_by_kind_as_chosen(
    ada: Customer, databases: Databases, kind: Kind, usual: Channel, told: list[str]
) -> None:
    await put(ada, {"channels": ALL | {"visit_off": "email", "survey_invitation": "none"}})
    await tell(databases, ada, kind, usual)
    rows = databases.rows("customer", "SELECT kind, channel FROM notification")
    assert rows == [(kind, channel) for channel in told]
