"""The management report: the summaries of all pages on paper, for a meeting.

Its libraries are heavy: import it where one is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout

from dashboards import words
from warehouse.reports import Column, Table

FONT: Final = "Roboto"
GREY: Final = (95, 99, 104)
WIDTHS: Final = (50, 25, 25)
LABELS: Final = {
    "mrr": "MRR", "arpu": "ARPU", "sla": "SLA", "p90": "90th percentile", "24h": "in 24 h",
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A summary of one row; `before` is the same for the time that it is compared with.

    `now_words` and `then_words` say which times these are.
    """

    title: str
    now: Table
    now_words: str
    before: Table | None = None
    then_words: str = ""


def printed(sections: Sequence[Section], lines: Sequence[str]) -> bytes:
    """The PDF, US Letter; `lines` say below the title what it is of, and as of when."""
    page = _Paper(format="letter", unit="mm")
    page.set_title("Management report")
    page.set_lang("en-US")
    page.set_margins(20, 18)
    page.set_auto_page_break(auto=True, margin=20)
    folder = _fonts()
    for style, file in (("", "Roboto-Regular.ttf"), ("B", "Roboto-Bold.ttf")):
        page.add_font(FONT, style, folder / file)
    page.add_page()
    page.say("Sysops Squad: management report", 18, bold=True)
    for line in lines:
        page.say(line, 10, colour=GREY)
    for section in sections:
        page.section(section)
    return bytes(page.output())


def label(name: str, unit: str) -> str:
    """A column's name as people read it."""
    plain = name.removesuffix("share" if unit == "share" else unit).strip("_")
    found = [LABELS.get(word, word) for word in plain.split("_") if word]
    text = " ".join(found) or name
    return text[:1].upper() + text[1:]


def value(column: Column, it: Any) -> str:
    """A number as the pages show it."""
    if it is None:
        return words.NOTHING
    shown = {
        "cents": words.money, "share": words.share, "hours": words.hours, "km": words.kilometres,
    }.get(column.unit)  # fmt: skip
    if shown is not None:
        return shown(it)
    if column.unit == "minutes":
        return words.hours(it / 60)
    if isinstance(it, bool) or not isinstance(it, int | float):
        return str(it)
    return words.count(it) if isinstance(it, int) else words.decimal(it)


def _fonts() -> Path:
    """The folder of the fonts, without running the package that carries them."""
    spec = find_spec("font_roboto")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The package font-roboto is not installed.")
    return Path(spec.submodule_search_locations[0]) / "files"


class _Paper(FPDF):
    def footer(self) -> None:
        self.set_y(-15)
        self.say(f"Page {self.page_no()} of {{nb}}", 8, colour=GREY, align=Align.C)

    def section(self, section: Section) -> None:
        """A table with a line a figure."""
        self.ln(5)
        self.say(section.title, 13, bold=True)
        self.ln(1)
        (now,) = section.now.rows
        then = section.before.rows[0] if section.before else [None] * len(now)
        self.set_font(FONT, "", 10)
        with self.table(
            col_widths=WIDTHS,
            text_align=(Align.L, Align.R, Align.R),
            borders_layout=TableBordersLayout.SINGLE_TOP_LINE,
            line_height=6,
        ) as table:
            table.row(("", section.now_words, section.then_words))
            for column, mine, theirs in zip(section.now.columns, now, then, strict=True):
                before = value(column, theirs) if section.before else ""
                table.row((label(column.name, column.unit), value(column, mine), before))

    def say(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = (0, 0, 0),
        align: Align = Align.L,
    ) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, text, align=align, new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)
