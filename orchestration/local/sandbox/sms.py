"""Twilio's request to send a text message, as far as a sender of plain messages needs it.

    POST /2010-04-01/Accounts/{sid}/Messages.json   form: To, From, Body, StatusCallback;
                                                    basic auth sid:token

Any token but `revoked` is accepted; the user name must be the account of the path, or an API key
(`SK...`). Refusals carry Twilio's error codes; which numbers refuse is in `addresses`. What becomes
of a message is told to its `StatusCallback`, if it has one.
"""

import base64
import binascii
import secrets
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from orchestration.local.sandbox import messages
from orchestration.local.sandbox.addresses import STOPPED, number_refusal, trouble_later
from orchestration.local.sandbox.faults import Fault
from orchestration.local.sandbox.messages import Received
from orchestration.local.sandbox.world import AnyRequest, World, cut

REVOKED_TOKEN = "revoked"  # noqa: S105 - the one token that opens nothing
LONGEST_BODY = 1600
MISSING = {"To": 21604, "From": 21603, "Body": 21602}


class Refusal(Exception):
    """An HTTP status with one of Twilio's error codes."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@post("/2010-04-01/Accounts/{account:str}/Messages.json", status_code=201)
async def receive_sms(
    world: NamedDependency[World], request: AnyRequest, account: FromPath[str]
) -> Response[dict[str, Any]]:
    fault = world.faults.sms
    await world.delay(fault)
    try:
        _check_fault(fault)
        _check_account(request.headers.get("authorization", ""), account)
        form = _form(await request.body())
        await _check_stopped(world, form)
    except Refusal as refusal:
        return Response(
            {"code": refusal.code, "message": refusal.message, "status": refusal.status},
            status_code=refusal.status,
        )
    sid = f"SM{secrets.token_hex(16)}"
    received = Received(
        kind="sms",
        sender=form["From"],
        recipient=form["To"],
        subject="",
        text=form["Body"],
        html=None,
        message_id=sid,
    )
    await world.storage.run(lambda db: messages.add(db, received))
    if url := form.get("StatusCallback"):
        world.callbacks.report(url, _stages(sid, account, form), world.faults.reports)
    if fault.drops():
        cut(request)
    return Response(_accepted(sid, account, form), status_code=201)


def _check_fault(fault: Fault) -> None:
    if fault.refuses():
        raise Refusal(503, 20503, "Switched on in /api/faults.")


def _check_account(authorization: str, account: str) -> None:
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = token = ""
    known = user == account or user.startswith("SK")
    if scheme.lower() != "basic" or not known or token in {"", REVOKED_TOKEN}:
        raise Refusal(401, 20003, "Authenticate")


async def _check_stopped(world: World, form: dict[str, str]) -> None:
    stopped = await world.storage.run(lambda db: messages.is_stopped(db, form["To"], form["From"]))
    if stopped:
        raise Refusal(400, STOPPED.code, f"The number {form['To']} {STOPPED.answer}")


def _form(body: bytes) -> dict[str, str]:
    fields = {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}
    for name, code in MISSING.items():
        if not fields.get(name):
            raise Refusal(400, code, f"A '{name}' is required.")
    if refusal := number_refusal(fields["To"]):
        raise Refusal(400, refusal.code, f"The 'To' number {fields['To']} {refusal.answer}")
    if len(fields["Body"]) > LONGEST_BODY:
        raise Refusal(400, 21617, f"The body exceeds {LONGEST_BODY} characters.")
    return fields


def _stages(sid: str, account: str, form: dict[str, str]) -> list[dict[str, str]]:
    """What becomes of a message, as its reports say it."""
    trouble = trouble_later(form["To"])
    about = {"AccountSid": account, "MessageSid": sid, "To": form["To"], "From": form["From"]}
    last = {"MessageStatus": "undelivered" if trouble else "delivered"}
    if trouble:
        last["ErrorCode"] = str(trouble.code)
    return [{**about, "MessageStatus": "sent"}, {**about, **last}]


def _accepted(sid: str, account: str, form: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": account,
        "status": "queued",
        "to": form["To"],
        "from": form["From"],
        "body": form["Body"],
        "date_created": formatdate(),
        "error_code": None,
        "error_message": None,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
    }
