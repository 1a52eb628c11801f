"""Whatever an article says, its HTML holds CommonMark's elements and nothing that runs."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.sysops.knowledge.markdown import html_of

ELEMENTS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"),
    *("strong", "em", "code", "pre", "a"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}


class Seen(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@given(
    st.text(
        alphabet=st.sampled_from("<>&\"'`*_[]()!#-+ \n\tjavscript:/img=onerx.1~\\")
        | st.characters(),
        max_size=120,
    )
)
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x](data:text/html,x) <javascript:a>")
@example("![x](https://x.example/y.png)")
@example('[x](https://x.example "a\\" onclick=alert(1)")')
@example('```"><script>\nx\n```')
@example("<a href='x' onclick='alert(1)'>x</a>")
def test_no_text_becomes_html_that_could_do_harm(text: str) -> None:
    for element, attributes in Seen(html_of(text)).elements:
        assert element in ELEMENTS
        assert attributes.keys() <= ATTRIBUTES.get(element, set())
        scheme = urlsplit(attributes.get("href") or "").scheme
        assert scheme not in {"javascript", "vbscript", "data", "file"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Hold** the button.", "<p><strong>Hold</strong> the button.</p>\n"),
        ("1. Off\n2. On", "<ol>\n<li>Off</li>\n<li>On</li>\n</ol>\n"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>\n"),
    ],
)
def test_what_an_article_means_stays(text: str, html: str) -> None:
    assert html_of(text) == html
