"""An article's Markdown as HTML that any page may show."""

from typing import Final

from markdown_it import MarkdownIt

# CommonMark without what could do harm or load something: HTML that is written in a text stays
# text, pictures are links, and links lead to the web or to a mail address (the library refuses
# `javascript:`, `data:` and the like).
_SAFE: Final = MarkdownIt("commonmark", {"html": False}).disable(
    ["html_block", "html_inline", "image"]
)


def html_of(text: str) -> str:
    """The text as HTML of CommonMark's own elements alone."""
    return str(_SAFE.render(text))
