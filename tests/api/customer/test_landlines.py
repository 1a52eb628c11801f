"""A number that takes no text messages is told of arrivals by e-mail."""

import httpx

from tests.api.customer.conftest import PASSWORD, Customer, join, registration
from tests.api.support import bearer, pointers

LANDLINE = "+442079460018"
PREFERENCES = "/me/notification-preferences"


async def settled_at_a_landline(customer: httpx.AsyncClient) -> Customer:
    body = registration(phone=LANDLINE)
    account = await customer.post("/customer/accounts", json=body)
    assert account.json()["arrival_channel"] == "email"
    credentials = {"email": body["email"], "password": PASSWORD}
    session = await customer.post("/customer/sessions", json=credentials)
    return Customer(customer, account.json()["id"], bearer(session.json()["access_token"]))


async def test_who_registers_with_a_landline_is_told_by_mail_and_cannot_choose_texts(
    customer: httpx.AsyncClient,
) -> None:
    one = await settled_at_a_landline(customer)
    channels = (await one.get(PREFERENCES)).json()["channels"]
    assert channels["expert_arriving"] == channels["visit_reminder"] == "email"
    wanted = channels | {"visit_off": "sms", "visit_reminder": "sms"}
    body = {"channels": wanted, "quiet_hours": {"begins": "08:00", "ends": "08:00"}}
    answer = await one.http.put(f"/customer{PREFERENCES}", json=body, headers=one.headers)
    assert (answer.status_code, pointers(answer)) == (
        422,
        {"/channels/visit_off", "/channels/visit_reminder", "/quiet_hours/ends"},
    )
    answer = await one.patch("/me", {"arrival_channel": "sms"})
    assert (answer.status_code, pointers(answer)) == (422, {"/arrival_channel"})
    answer = await one.patch("/me", {"arrival_channel": "sms", "phone": "+12125550123"})
    assert answer.json()["arrival_channel"] == "sms"


async def test_who_gets_texts_changes_to_a_landline_only_with_the_channel(
    customer: httpx.AsyncClient,
) -> None:
    one = await join(customer)
    answer = await one.patch("/me", {"phone": LANDLINE})
    assert (answer.status_code, pointers(answer)) == (422, {"/phone"})
    answer = await one.patch("/me", {"phone": LANDLINE, "arrival_channel": "email"})
    assert (answer.json()["phone"], answer.json()["arrival_channel"]) == (LANDLINE, "email")
