"""Pages of A4 with headings, facts and tables, and the embedded font that has Chinese. Knows no telecoms.

The same content gives the same bytes: the date in a file is the edition's. Of the font only the characters that are used are embedded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout
from fpdf.fonts import FontFace

from orchestration.errors import TollhouseError, UsageError

#: Where systems keep a font with Chinese that may be embedded: the regular weight, and the bold one where there is one.
SYSTEM_FONTS = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc"),
    ("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto/NotoSansCJK-Bold.ttc"),
    (
        "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
    ),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", None),
)
HOW_TO_GET_A_FONT = (
    "install one with `apt-get install fonts-noto-cjk`, or set TOLLHOUSE_PDF_FONT to a TrueType or OpenType file that has Chinese "
    "and may be embedded; XLSX and CSV need no font"
)

_FAMILY = "text"
_CHINESE_SAMPLE = "账单酬金结算"
#: Of a collection of faces the one for simplified Chinese.
_SIMPLIFIED = ("SC", "CN", "GB")
_MARGIN_MM, _FOOT_MM = 16, 16
_TEXT, _SMALL, _HEADING, _TITLE = 9, 7.5, 11.5, 17
_LINE_MM = 4.6
_RULE = (170, 170, 170)
_MUTED = (95, 95, 95)
_HEAD_FILL = (238, 241, 245)
_WARNING = (176, 0, 32)


@dataclass(frozen=True)
class Font:
    """A font file with Chinese: its regular and bold weight, and which face of each is the one for simplified Chinese."""

    regular: Path
    bold: Path
    regular_face: int = 0
    bold_face: int = 0


@dataclass(frozen=True)
class PdfColumn:
    """A column of a table: its head, its share of the width, and whether it stands to the right."""

    head: str
    width: float
    is_figure: bool = False


def find_font(asked: Path | None) -> Font:
    """The font that was asked for, else one of the system. Raises an error that says how to get one."""
    if asked is not None:
        if not asked.is_file():
            raise UsageError(f"TOLLHOUSE_PDF_FONT: {asked} is not there; {HOW_TO_GET_A_FONT}")
        face = _chinese_face(asked)
        if face is None:
            raise UsageError(f"TOLLHOUSE_PDF_FONT: {asked} has no Chinese characters; {HOW_TO_GET_A_FONT}")
        return Font(asked, asked, face, face)
    for regular, bold in SYSTEM_FONTS:
        if Path(regular).is_file():
            heavy = Path(bold) if bold is not None and Path(bold).is_file() else Path(regular)
            face, heavy_face = _chinese_face(Path(regular)), _chinese_face(heavy)
            if face is not None and heavy_face is not None:
                return Font(Path(regular), heavy, face, heavy_face)
    raise TollhouseError(f"a PDF needs a font with Chinese, and none is found on this machine: {HOW_TO_GET_A_FONT}")


@cache
def _chinese_face(path: Path) -> int | None:
    """Which face of a font file has Chinese, the one for simplified Chinese first; None where none has."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError  # type: ignore[import-untyped]

    try:
        with path.open("rb") as file:
            is_collection = file.read(4) == b"ttcf"
        fonts = TTCollection(path, lazy=True).fonts if is_collection else [TTFont(path, lazy=True)]
        able = [
            number
            for number, font in enumerate(fonts)
            if {ord(each) for each in _CHINESE_SAMPLE} <= set(font.getBestCmap())
        ]
        names = {number: str(fonts[number]["name"].getDebugName(4)) for number in able}
    except (TTLibError, OSError, KeyError) as error:
        raise UsageError(f"{path} cannot be read as a font: {error}; {HOW_TO_GET_A_FONT}") from error
    simplified = [number for number in able if set(_SIMPLIFIED) & set(names[number].split())]
    return next(iter([*simplified, *able]), None)


class PdfDocument:
    """A document that is filled from top to bottom; the title, a line of foot and the page number are on every page."""

    def __init__(self, title: str, foot: str, font: Font, as_of: date, *, is_wide: bool = False) -> None:
        self._pdf = _Pages(foot, "landscape" if is_wide else "portrait")
        self._pdf.set_title(title)
        self._pdf.set_creation_date(datetime.combine(as_of, datetime.min.time(), UTC))
        self._pdf.set_margins(_MARGIN_MM, _MARGIN_MM)
        self._pdf.set_auto_page_break(True, _MARGIN_MM + _FOOT_MM / 2)
        self._pdf.add_font(_FAMILY, "", font.regular, collection_font_number=font.regular_face)
        self._pdf.add_font(_FAMILY, "B", font.bold, collection_font_number=font.bold_face)
        self._pdf.set_font(_FAMILY, size=_TEXT)

    def page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def title(self, text: str, below: str = "") -> None:
        """The title of a page, with a smaller line below it."""
        self._line(text, _TITLE, bold=True, height=8.5)
        if below:
            self._line(below, _HEADING, color=_MUTED, height=6)
        self._pdf.ln(1.5)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.line(self._pdf.l_margin, self._pdf.get_y(), self._pdf.w - self._pdf.r_margin, self._pdf.get_y())
        self._pdf.ln(3)

    def heading(self, text: str) -> None:
        """The heading of a table; it stays with what follows."""
        if self._pdf.will_page_break(30):
            self._pdf.add_page()
        self._pdf.ln(3)
        self._line(text, _HEADING, bold=True, height=6.5)
        self._pdf.ln(0.5)

    def text(self, text: str) -> None:
        """A paragraph."""
        self._line(text, _TEXT)

    def note(self, text: str) -> None:
        """A small paragraph."""
        self._line(text, _SMALL, color=_MUTED, height=3.9)

    def warning(self, text: str) -> None:
        """A paragraph that cannot be overlooked."""
        self._line(text, _HEADING, bold=True, color=_WARNING, height=6)
        self._pdf.ln(1)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Labels with their values, one below the other."""
        self._pdf.set_font(_FAMILY, size=_TEXT)
        with self._pdf.table(
            col_widths=(32, 68),
            first_row_as_headings=False,
            borders_layout=TableBordersLayout.NONE,
            line_height=_LINE_MM,
            text_align=(Align.L, Align.L),
            padding=(0.4, 1),
            v_align="T",
        ) as table:
            for label, value in facts:
                row = table.row()
                row.cell(label, style=FontFace(color=_MUTED))
                row.cell(value)
        self._pdf.ln(1)

    def table(
        self, columns: Sequence[PdfColumn], rows: Sequence[Sequence[str]], total: Sequence[str] | None = None
    ) -> None:
        """Rows under heads that come again on every page; the total is bold. Long texts wrap."""
        self._pdf.set_font(_FAMILY, size=_SMALL if len(columns) > 6 else _TEXT)
        self._pdf.set_draw_color(*_RULE)
        alignments = tuple(Align.R if column.is_figure else Align.L for column in columns)
        with self._pdf.table(
            col_widths=tuple(column.width for column in columns),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", fill_color=_HEAD_FILL),
            line_height=_LINE_MM,
            text_align=alignments,
            padding=(0.9, 1.2),
            v_align="T",
        ) as table:
            head = table.row()
            for column, alignment in zip(columns, alignments, strict=True):
                head.cell(column.head, align=alignment)
            for cells in rows:
                table.row(cells)
            if total is not None:
                foot = table.row()
                for cell in total:
                    foot.cell(cell, style=FontFace(emphasis="BOLD"))
        self._pdf.ln(2)

    def content(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    def _line(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        color: tuple[int, int, int] = (0, 0, 0),
        height: float = _LINE_MM,
    ) -> None:
        self._pdf.set_font(_FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(*color)
        self._pdf.multi_cell(0, height, text, align=Align.L, new_x="LMARGIN", new_y="NEXT")
        self._pdf.set_text_color(0, 0, 0)


class _Pages(FPDF):
    """Pages of A4 with a foot."""

    def __init__(self, foot: str, orientation: str) -> None:
        super().__init__(orientation, "mm", "A4")  # type: ignore[arg-type]
        self._foot = foot
        self.set_producer("Tollhouse")

    def footer(self) -> None:
        """The foot of a page: what it is of, and its number."""
        self.set_y(-_FOOT_MM)
        self.set_font(_FAMILY, "", _SMALL)
        self.set_text_color(*_MUTED)
        self.cell(self.epw - 25, 5, self._foot, align=Align.L)
        self.cell(25, 5, f"{self.page_no()} / {{nb}}", align=Align.R)
        self.set_text_color(0, 0, 0)
