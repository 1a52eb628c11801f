"""What a person reads: the messages that left the platform, and the charges it made.

Pages load nothing from elsewhere and work without JavaScript; a small script only refreshes the
list. HTML mail is shown in a frame that may not run scripts, submit forms or load anything.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from orchestration.local.sandbox import charges, messages
from orchestration.local.sandbox.addresses import (
    REFUSING_MAILBOXES,
    REFUSING_NUMBERS,
    UNREACHED_NUMBERS,
)
from orchestration.local.sandbox.cards import SPECIAL_CARDS
from orchestration.local.sandbox.faults import Fault, Faults, ReportFault
from orchestration.local.sandbox.messages import Query
from orchestration.local.sandbox.render import TEMPLATES
from orchestration.local.sandbox.world import World

PAGE_SIZE = 50
STATIC = Path(__file__).with_name("static")
OWN_PARTS_ONLY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:;"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HARMLESS_MAIL = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@get("/")
async def overview(
    world: NamedDependency[World],
    to: FromQuery[str] = "",
    kind: FromQuery[Literal["", "mail", "sms"]] = "",
    before: FromQuery[int | None] = None,
) -> Response[str]:
    """`to` is any part of the recipient, `before` the id below which the list begins."""
    wanted = to.strip()
    query = Query(
        containing=wanted or None, kind=kind or None, before_id=before, limit=PAGE_SIZE + 1
    )
    found, made = await world.storage.run(
        lambda db: (messages.search(db, query), charges.latest(db, PAGE_SIZE))
    )
    return _page(
        "overview.html",
        messages=found[:PAGE_SIZE],
        older=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        charges=made,
        to=wanted,
        kind=kind,
        before=before,
        faults=_in_force(world.faults),
        cards=SPECIAL_CARDS,
        mailboxes=REFUSING_MAILBOXES,
        numbers=REFUSING_NUMBERS,
        unreached=UNREACHED_NUMBERS,
    )


@get("/messages/{message_id:int}")
async def read_message(world: NamedDependency[World], message_id: FromPath[int]) -> Response[str]:
    message = await world.storage.run(lambda db: messages.find(db, message_id))
    if message is None:
        return _page("missing.html", status=404)
    return _page("message.html", message=message)


@get("/messages/{message_id:int}/html")
async def show_html(world: NamedDependency[World], message_id: FromPath[int]) -> Response[str]:
    """The mail's own HTML, for the frame; links open in a new window."""
    message = await world.storage.run(lambda db: messages.find(db, message_id))
    if message is None or message.html is None:
        return _page("missing.html", status=404)
    headers = {"Content-Security-Policy": HARMLESS_MAIL, "Referrer-Policy": "no-referrer"}
    return Response(
        f'<base target="_blank">{message.html}', media_type="text/html", headers=headers
    )


@get("/messages/{message_id:int}/source")
async def download_source(
    world: NamedDependency[World], message_id: FromPath[int]
) -> Response[bytes] | Response[str]:
    """The raw mail, for a mail program."""
    source = await world.storage.run(lambda db: messages.source_of(db, message_id))
    if source is None:
        return _page("missing.html", status=404)
    headers = {"Content-Disposition": f'attachment; filename="message-{message_id}.eml"'}
    return Response(source, media_type="message/rfc822", headers=headers)


@get("/style.css")
async def style() -> Response[str]:
    return _static("style.css", "text/css")


@get("/refresh.js")
async def script() -> Response[str]:
    return _static("refresh.js", "text/javascript")


def _page(template: str, *, status: int = 200, **values: Any) -> Response[str]:
    headers = {"Content-Security-Policy": OWN_PARTS_ONLY, "Referrer-Policy": "no-referrer"}
    content = TEMPLATES.get_template(template).render(values)
    return Response(content, status_code=status, media_type="text/html", headers=headers)


def _static(name: str, media_type: str) -> Response[str]:
    content = (STATIC / name).read_text(encoding="utf-8")
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})


def _in_force(faults: Faults) -> dict[str, str]:
    """Doors with trouble, and their trouble in words."""
    doors = {"Mail": faults.mail, "Text messages": faults.sms, "Payments": faults.payments}
    found = {name: _in_words(fault) for name, fault in doors.items() if fault != Fault()}
    if faults.reports != ReportFault():
        found["Reports on text messages"] = _reports_in_words(faults.reports)
    return found


def _in_words(fault: Fault) -> str:
    troubles = {
        f"{fault.delay_ms} ms delay": fault.delay_ms,
        f"{fault.refuse_rate * 100:g} % refused": fault.refuse_rate,
        f"{fault.drop_rate * 100:g} % done but not answered": fault.drop_rate,
    }
    return _listed(troubles)


def _reports_in_words(fault: ReportFault) -> str:
    return _listed(
        {
            f"{fault.delay_ms} ms delay": fault.delay_ms,
            f"{fault.lose_rate * 100:g} % lost": fault.lose_rate,
            f"{fault.repeat_rate * 100:g} % repeated": fault.repeat_rate,
            f"{fault.reorder_rate * 100:g} % last first": fault.reorder_rate,
        }
    )


def _listed(troubles: Mapping[str, float]) -> str:
    return ", ".join(words for words, amount in troubles.items() if amount)


page_handlers = [overview, read_message, show_html, download_source, style, script]
