"""A statement printed as a PDF. Its libraries are heavy: import it where one is asked for."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout
from fpdf.fonts import FontFace

from api.customer.statements.documents import ISSUER, Document, Row

FONT: Final = "Roboto"
GREY: Final = (95, 99, 104)
WIDTHS: Final = (58, 24, 18)
NO_RULES: Final = TableBordersLayout.SINGLE_TOP_LINE


def printed(document: Document) -> bytes:
    """The PDF, one page or more of US Letter. A fifth of a second of work: not for the event
    loop.
    """
    page = _Paper(format="letter", unit="mm")
    page.set_title(f"Statement {document.number}")
    page.set_author(ISSUER[0])
    page.set_lang("en-US")
    page.set_margins(20, 18)
    page.set_auto_page_break(auto=True, margin=20)
    for style, file in (("", "Roboto-Regular.ttf"), ("B", "Roboto-Bold.ttf")):
        page.add_font(FONT, style, _font(file))
    page.add_page()
    page.head(document)
    page.listing("What was billed", document.lines, ("Total", document.total))
    if document.settlements:
        page.listing("Payments and credits", document.settlements, None)
    page.due(document.due)
    return bytes(page.output())


def _font(file: str) -> Path:
    """The font's file, without running the package that carries it."""
    spec = find_spec("font_roboto")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The package font-roboto is not installed.")
    return Path(spec.submodule_search_locations[0]) / "files" / file


class _Paper(FPDF):
    """The parts of a statement, from top to bottom."""

    def footer(self) -> None:
        self.set_y(-15)
        self._write(f"Page {self.page_no()} of {{nb}}", 8, color=GREY, align=Align.C)

    def head(self, document: Document) -> None:
        self._write(ISSUER[0], 18, bold=True)
        self._write(ISSUER[1], 10, color=GREY)
        self.ln(8)
        self._write(f"Statement {document.number}", 14, bold=True)
        self._write(f"Issued {document.issued}, for {document.period}", 10, color=GREY)
        self._write(document.status, 10, bold=True)
        if document.reason:
            self._write(document.reason, 10)
        self.ln(5)
        for line in (document.name, *document.address):
            self._write(line, 10)
        self.ln(5)

    def listing(self, title: str, rows: Sequence[Row], total: tuple[str, str] | None) -> None:
        self._write(title, 11, bold=True)
        self.ln(1)
        self.set_font(FONT, "", 10)
        with self.table(
            col_widths=WIDTHS,
            text_align=(Align.L, Align.L, Align.R),
            borders_layout=NO_RULES,
            first_row_as_headings=False,
            line_height=6,
        ) as table:
            for it in rows:
                table.row((it.text, it.when, it.amount))
            if total is not None:
                table.row((total[0], "", total[1]), style=FontFace(emphasis="B"))
        self.ln(6)

    def due(self, amount: str) -> None:
        self._write(f"Still to pay: {amount}", 13, bold=True, align=Align.R)

    def _write(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        color: tuple[int, int, int] = (0, 0, 0),
        align: Align = Align.L,
    ) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*color)
        self.multi_cell(0, size * 0.5, text, align=align, new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)
