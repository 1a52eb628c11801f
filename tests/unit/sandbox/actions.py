"""What tests do to the sandbox, as a merchant or a mail program would."""

import smtplib
from asyncio import to_thread
from email.message import EmailMessage
from typing import Any

import httpx

from orchestration.local.sandbox.server import Running

GOOD_CARD = "4242424242424242"


def body(number: str = GOOD_CARD, amount: int = 1999, **changes: Any) -> dict[str, Any]:
    card = {"number": number, "exp_month": 12, "exp_year": 2099}
    return {"amount": amount, "currency": "USD", "reference": "INV-1", "card": card, **changes}


async def charge(
    http: httpx.AsyncClient, key: str, number: str = GOOD_CARD, amount: int = 1999
) -> httpx.Response:
    return await http.post(
        "/payments/charges", json=body(number, amount), headers={"Idempotency-Key": key}
    )


async def refund(http: httpx.AsyncClient, charge_id: str, key: str, amount: int) -> httpx.Response:
    return await http.post(
        f"/payments/charges/{charge_id}/refunds",
        json={"amount": amount},
        headers={"Idempotency-Key": key},
    )


async def charges(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await http.get("/api/charges")
    found: list[dict[str, Any]] = answer.raise_for_status().json()["charges"]
    return found


async def received(http: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await http.get("/api/messages", params=query)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
    return found


async def text_to(http: httpx.AsyncClient, to: str, text: str = "Hello") -> httpx.Response:
    return await http.post(
        "/2010-04-01/Accounts/AC1/Messages.json",
        data={"To": to, "From": "+12025550100", "Body": text},
        auth=("AC1", "token"),
    )


async def mail_to(
    sandbox: Running,
    to: str,
    *,
    subject: str = "Hello",
    text: str = "Hello",
    html: str | None = None,
    message_id: str = "<1@example.com>",
) -> None:
    mail = EmailMessage()
    mail["From"] = "Support <support@example.com>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = message_id
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    await to_thread(_send, sandbox, mail)


def _send(sandbox: Running, mail: EmailMessage) -> None:
    with smtplib.SMTP(sandbox.host, sandbox.smtp_port, local_hostname="test", timeout=30) as client:
        client.send_message(mail)
