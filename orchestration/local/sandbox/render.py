"""From received data to HTML: every value is escaped, links in text become links."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from orchestration.local.sandbox.messages import LINK, SENTENCE_END

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def linked(text: str) -> Markup:
    """Escaped text in which each http(s) address is a link."""
    parts: list[Markup] = []
    position = 0
    for match in LINK.finditer(text):
        address = match.group().rstrip(SENTENCE_END)
        parts.append(escape(text[position : match.start()]))
        parts.append(Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address))
        position = match.start() + len(address)
    parts.append(escape(text[position:]))
    return Markup().join(parts)


def moment(when: datetime) -> Markup:
    """Date and time of day in UTC, to the second."""
    return Markup('<time datetime="{}">{}</time>').format(
        when.isoformat(), f"{when:%b} {when.day}, {when:%H:%M:%S} UTC"
    )


def money(cents: int, currency: str) -> str:
    amount = f"{cents // 100:,}.{cents % 100:02}"
    return f"{SIGNS[currency]}{amount}" if currency in SIGNS else f"{amount} {currency}"


def words(code: str) -> str:
    """`insufficient_funds` as `insufficient funds`."""
    return code.replace("_", " ")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"linked": linked, "moment": moment, "money": money, "words": words}
    return environment


TEMPLATES = _environment()
