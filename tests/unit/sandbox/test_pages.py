import re
from html import unescape

import httpx
import pytest

from orchestration.local.sandbox.server import Running
from tests.unit.sandbox.actions import charge, mail_to, received, refund, text_to


async def page(http: httpx.AsyncClient, path: str = "/", **query: str) -> str:
    answer = await http.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_an_empty_sandbox_says_so(http: httpx.AsyncClient) -> None:
    text = await page(http)
    assert "No message yet." in text
    assert "No charge yet." in text


async def test_a_message_is_listed_and_opens_with_its_links(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    await mail_to(sandbox, "ann@example.com", subject="Visit done", text="https://squad.test/s/1.")
    link = '<a href="https://squad.test/s/1" rel="noreferrer">https://squad.test/s/1</a>.'
    text = await page(http)
    assert link in text
    match = re.search(r'href="(/messages/\d+)">Visit done', text)
    assert match
    assert link in await page(http, match[1])


async def test_received_content_is_escaped_everywhere(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    attack = '<script>alert("x")</script>'
    await mail_to(sandbox, "ann@example.com", subject=attack, text=f'{attack} https://x.test/"><b>')
    await text_to(http, "+12025550123", attack)
    (message_id,) = [mail["id"] for mail in await received(http, kind="mail")]
    for text in (
        await page(http),
        await page(http, f"/messages/{message_id}"),
        await page(http, to=attack),
    ):
        assert "<script>alert" not in text
        assert "<b>" not in text
        assert attack in unescape(text)


async def test_html_mail_is_shown_apart_and_may_run_and_load_nothing(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    html = "<p>Hi<script>alert(1)</script></p>"
    await mail_to(sandbox, "ann@example.com", html=html)
    (mail,) = await received(http)
    reading = await page(http, f"/messages/{mail['id']}")
    assert "<script>alert" not in reading
    assert f'src="/messages/{mail["id"]}/html"' in reading
    shown = await http.get(f"/messages/{mail['id']}/html")
    policy = shown.headers["content-security-policy"]
    assert html in shown.text
    assert policy.startswith("sandbox ")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


async def test_the_raw_mail_can_be_downloaded(sandbox: Running, http: httpx.AsyncClient) -> None:
    await mail_to(sandbox, "ann@example.com", message_id="<7@example.com>")
    (mail,) = await received(http)
    answer = await http.get(f"/messages/{mail['id']}/source")
    assert "Message-ID: <7@example.com>" in answer.text
    assert "attachment" in answer.headers["content-disposition"]


async def test_the_filter_takes_a_part_of_the_recipient_and_a_kind(
    sandbox: Running, http: httpx.AsyncClient
) -> None:
    await mail_to(sandbox, "ann@example.com", subject="For Ann")
    await mail_to(sandbox, "bob@example.com", subject="For Bob")
    await text_to(http, "+12025550123", "For a phone")
    filtered = await page(http, to="ANN@ex")
    assert "For Ann" in filtered
    assert "For Bob" not in filtered
    assert "For a phone" not in filtered
    assert "For a phone" in await page(http, kind="sms", to="555")
    assert "No message matches." in await page(http, to="nobody")


async def test_older_messages_are_a_link_away(http: httpx.AsyncClient) -> None:
    for number in range(52):
        await text_to(http, "+12025550123", f"text {number:02}")
    newest = await page(http)
    assert "text 51" in newest
    assert "text 01" not in newest
    match = re.search(r'href="(/\?[^"]+)">Older', newest)
    assert match
    older = await page(http, unescape(match[1]))
    assert "text 01" in older
    assert "text 00" in older
    assert "Older" not in older


async def test_charges_are_listed_with_their_outcome_and_no_number(
    http: httpx.AsyncClient,
) -> None:
    made = (await charge(http, "k1", amount=123456)).json()
    await refund(http, made["id"], "r1", 500)
    await charge(http, "k2", "4111111111111111", amount=5)
    await charge(http, "k3", "4000000000009995")
    text = await page(http)
    for expected in ("$1,234.56", "Refunded $5.00", "$0.05", "ending 1111", "Insufficient funds"):
        assert expected in text
    assert "4111111111111111" not in text


async def test_faults_in_force_are_announced(http: httpx.AsyncClient) -> None:
    assert "Faults are switched on" not in await page(http)
    await http.put("/api/faults", json={"payments": {"refuse_rate": 0.25, "delay_ms": 100}})
    text = await page(http)
    assert "Faults are switched on" in text
    assert "100 ms delay, 25 % refused" in text


@pytest.mark.parametrize("path", ["/", "/style.css", "/refresh.js"])
async def test_pages_name_no_other_host(http: httpx.AsyncClient, path: str) -> None:
    assert re.search(r"https?://|src=\"//", await page(http, path)) is None


@pytest.mark.parametrize("part", ["", "/html", "/source"])
async def test_a_message_that_is_gone_is_a_page_not_an_error(
    http: httpx.AsyncClient, part: str
) -> None:
    answer = await http.get(f"/messages/99{part}")
    assert answer.status_code == 404
    assert "No such message" in answer.text
