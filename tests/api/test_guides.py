"""The requests that the guides tell people to paste are requests that the API takes."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api.app import create_app
from api.kernel.sealing import generate_box_keypair
from api.kernel.validation import list_errors
from tests.api.support import key_pair

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    "README.md",
    *(f"docs/guides/{it.name}" for it in sorted((ROOT / "docs/guides").glob("*.md"))),
]
SOME_ID = str(UUID(int=7))
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
URL = re.compile(
    r"(?:\$(?P<variable>[A-Z]+)|http://127\.0\.0\.1:\d+/(?P<name>[a-z]+))(?P<path>/.*)?"
)
WITH_VALUE = {"-H", "-X", "-d", "-o", "--data-binary", "--data-urlencode"}


@dataclass(frozen=True)
class Paste:
    """One curl command of a document."""

    method: str
    quantum: str
    path: str
    body: str | None


def pastes(document: str) -> Iterator[Paste]:
    """The requests of a document to one of our quanta, placeholders filled in."""
    for block in SHELL.findall((ROOT / document).read_text(encoding="utf-8")):
        yield from requests(block)


def requests(shell: str) -> Iterator[Paste]:
    """The requests to one of our quanta in a piece of shell."""
    lexer = shlex.shlex(shell.replace("\\\n", " "), posix=True, punctuation_chars="()|;")
    lexer.whitespace_split = True
    words = list(lexer)
    starts = [place for place, word in enumerate(words) if word == "curl"]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=False):
        if paste := _paste(words[start + 1 : end]):
            yield paste


def _paste(words: list[str]) -> Paste | None:
    options: dict[str, str] = {}
    url = None
    for option, word in zip(["", *words], words, strict=False):
        if option in WITH_VALUE:
            options[option] = word
        elif url is None:
            url = URL.fullmatch(word)
    if url is None or url["path"] is None:
        return None
    body = options.get("-d")
    return Paste(
        method=options.get("-X", "POST" if body else "GET"),
        quantum=(url["variable"] or url["name"]).lower(),
        path=re.sub(r"/ID\b", f"/{SOME_ID}", url["path"].partition("?")[0]),
        body=_fill_in(body) if body else None,
    )


def _fill_in(body: str) -> str:
    """Placeholders are in capitals."""
    body = re.sub(r'"ID OF [A-Z ]+"', f'"{SOME_ID}"', body)
    return re.sub(r'"THE HASH [A-Z ]+"', f'"{"0" * 64}"', body)


@cache
def application(name: str) -> Litestar:
    """A quantum's application; no database is behind it, and none is asked."""
    module: Any = import_module(f"api.{name}.quantum")
    private, public = key_pair(name)
    settings = module.QuantumSettings(
        database_url="postgresql://nobody@127.0.0.1/nothing",
        port=0,
        signing_key=private,
        customer_public_key=public,
        staff_public_key=public,
        vault_box_public_key=generate_box_keypair().public_key,
        public_base_url="https://support.squad.example",
        survey_key="a survey key of these tests, long enough",
        sms_webhook_token="what the SMS provider signs with",
        payments_webhook_secret="what the payment provider signs with",
        staff_base_url="https://staff.squad.example",
        warehouse_dir=ROOT / "no warehouse",
    )
    return create_app([module.quantum(settings)])


def handler_of(paste: Paste) -> HTTPRouteHandler | None:
    for route in application(paste.quantum).routes:
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", route.path.rstrip("/"))
        if isinstance(route, HTTPRoute) and re.fullmatch(pattern, f"/{paste.quantum}{paste.path}"):
            for handler in route.route_handlers:
                if paste.method in handler.http_methods:
                    return handler
    return None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_request_of_a_guide_has_a_route_that_takes_its_body(document: str) -> None:
    for paste in pastes(document):
        handler = handler_of(paste)
        assert handler is not None, f"{document}: no route for {paste.method} {paste.path}"
        if paste.body is not None and "nobody" not in paste.body:
            field = handler.parsed_data_field
            assert field is not None, f"{document}: {paste.path} takes no body"
            assert list_errors(paste.body.encode(), field.raw) == [], paste.body


def test_the_guides_have_requests_to_look_at() -> None:
    """Or the test above would look at nothing."""
    assert {paste.quantum for it in DOCUMENTS for paste in pastes(it)} >= {"customer", "sysops"}
    assert len([paste for it in DOCUMENTS for paste in pastes(it)]) > 20
