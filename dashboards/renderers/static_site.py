"""Page model to HTML files that open from disk: one file per page, holding it in every language.

Everything is inside the file but plotly.js, which stands once beside the editions. The same pages give the same bytes.
Knows pages, sections, tables and figures; what they are about it cannot tell.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from dashboards.pages.model import Block, Cell, Column, Details, Figure, Mark, Message, Page, Section, Table, Tile

_HERE = Path(__file__).resolve().parent

# More columns than this do not fit beside a figure.
_NARROW_COLUMNS = 6

_LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


def figure_config(labels: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """How plotly behaves: one button (save as a picture), and no way to send a figure to anybody's cloud."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "locales": {
            language: {"dictionary": {"Download plot as a PNG": texts["download"]}, "format": {}}
            for language, texts in labels.items()
        },
        "modeBarButtons": [["toImage"]],
        "plotlyServerURL": "",
        "responsive": True,
        "showEditInChartStudio": False,
        "showSendToCloud": False,
    }


def render_page(languages: Sequence[Page], default_language: str, plotly_source: str) -> str:
    """One HTML document with the page in each language; `plotly_source` is the script's path from the page."""
    default = next((page for page in languages if page.language == default_language), None)
    if default is None:
        raise ValueError(f"no page in the default language '{default_language}'")
    script = (_HERE / "site.js").read_text(encoding="utf-8")
    style = (_HERE / "site.css").read_text(encoding="utf-8")
    config = figure_config({page.language: page.labels for page in languages})
    bodies = "\n".join(_page(page, languages, page is default) for page in languages)
    return f"""<!DOCTYPE html>
<html lang="{_tag(default)}" data-default="{escape(default.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_content_policy(script)}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(default.title)}</title>
<style>
{style}</style>
<script src="{escape(plotly_source)}"></script>
</head>
<body>
{bodies}
<script type="application/json" id="figure-config">{_json(config)}</script>
<script>{script}</script>
</body>
</html>
"""


def _content_policy(script: str) -> str:
    # The browser itself refuses to fetch from or to send to anywhere else, whatever a library may try.
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'self' file: 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


def _page(page: Page, languages: Sequence[Page], is_default: bool) -> str:
    links = "".join(
        f"<a data-page{' aria-current=page' if link.is_current else ''} "
        f'href="{escape(link.target)}">{escape(link.text)}</a>'
        for link in page.links
    )
    buttons = "".join(
        f'<button type="button" lang="{_tag(other)}" data-switch-to="{escape(other.language)}" '
        f'aria-pressed="{"true" if other is page else "false"}">{escape(other.labels["language_name"])}</button>'
        for other in languages
    )
    facts = "".join(f"<div><dt>{escape(f.label)}</dt><dd>{escape(f.value)}</dd></div>" for f in page.facts)
    badge_class = f"badge tone-{page.badge.tone}"
    if page.badge.link:
        badge = f'<a data-page class="{badge_class}" href="{escape(page.badge.link)}">{escape(page.badge.text)}</a>'
    else:
        badge = f'<span class="{badge_class}">{escape(page.badge.text)}</span>'
    contents = ""
    if len(page.sections) > 1:
        anchors = "".join(
            f'<a href="#{_anchor(page, section)}">{escape(section.title)}</a>' for section in page.sections
        )
        contents = f'<div class="contents"><span>{escape(page.labels["contents"])}</span>{anchors}</div>'
    sections = "\n".join(_section(page, section) for section in page.sections)
    return f"""<div data-language="{escape(page.language)}" lang="{_tag(page)}" data-title="{escape(page.title)}"\
{"" if is_default else " hidden"}>
<div class="bar"><div class="bar-inner"><nav>{links}</nav>\
<div class="switch" role="group" aria-label="{escape(page.labels["switch"])}">{buttons}</div></div></div>
<div class="page">
<header class="head"><div><h1>{escape(page.heading)}</h1><p>{escape(page.subheading)}</p></div>
<dl class="facts">{facts}</dl>{badge}</header>
{contents}
<main>
{sections}
</main>
<footer>{escape(page.footer)}</footer>
</div>
</div>"""


def _section(page: Page, section: Section) -> str:
    parts = [f'<section id="{_anchor(page, section)}"><h2>{escape(section.title)}</h2>']
    if section.intro:
        parts.append(f'<p class="intro">{escape(section.intro)}</p>')
    if section.tiles:
        parts.append('<div class="tiles">' + "".join(_tile(tile) for tile in section.tiles) + "</div>")
    position = 0
    while position < len(section.blocks):
        beside = _tables_beside(section, position)
        blocks = [_block(page, section, position + offset) for offset in range(1 + beside)]
        if beside:
            parts.append(f'<div class="pair">{blocks[0]}<div class="column">{"".join(blocks[1:])}</div></div>')
        else:
            parts.append(f'<div class="whole">{blocks[0]}</div>')
        position += 1 + beside
    parts.append("</section>")
    return "\n".join(parts)


def _tables_beside(section: Section, position: int) -> int:
    """How many of the following blocks stand in the column beside a figure: its tables, as long as they are narrow."""
    if not section.is_paired or not isinstance(section.blocks[position], Figure):
        return 0
    number = 0
    for block in section.blocks[position + 1 :]:
        if not isinstance(block, Table) or len(block.columns) > _NARROW_COLUMNS:
            break
        number += 1
    return number


def _block(page: Page, section: Section, position: int) -> str:
    block: Block = section.blocks[position]
    if isinstance(block, Message):
        return f'<p class="message tone-{block.tone}">{escape(block.text)}</p>'
    if isinstance(block, Table):
        return f'<div class="block">{_table(block)}</div>'
    return _figure(block, f"{_anchor(page, section)}-figure-{position + 1}")


def _figure(figure: Figure, figure_id: str) -> str:
    content = json.loads(figure.figure.to_json(validate=False, engine="json"))
    height = int(content["layout"].get("height", 340))
    data = _json({"data": content["data"], "layout": content["layout"]})
    return f"""<figure class="block"><figcaption><h3>{escape(figure.title)}</h3>\
<p class="definition">{escape(figure.definition)}</p></figcaption>
<div class="figure" id="{figure_id}" role="img" aria-label="{escape(figure.title)}" style="height: {height}px"></div>
<script type="application/json" id="{figure_id}-data">{data}</script>
</figure>"""


def _tile(tile: Tile) -> str:
    unit = f'<span class="unit">{escape(tile.unit)}</span>' if tile.unit else ""
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in tile.notes)
    return (
        f'<div class="tile"><h3>{escape(tile.label)}</h3><div class="value">{escape(tile.value)}{unit}</div>'
        f'{notes}<p class="definition">{escape(tile.definition)}</p></div>'
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.label)}</th>' for column in table.columns)
    body = "\n".join(_row(row, table.columns) for row in table.rows)
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    foot = f"<tfoot>{_row(table.total, table.columns)}</tfoot>" if table.total else ""
    definition = f'<p class="definition">{escape(table.definition)}</p>' if table.definition else ""
    return (
        f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>{foot}</table></div>{definition}"
    )


def _row(cells: Sequence[Cell], columns: Sequence[Column]) -> str:
    written = []
    for position, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        tag = 'th scope="row"' if position == 0 else "td"
        written.append(f"<{tag}{_class(column)}>{_cell(cell)}</{tag[:2]}>")
    return "<tr>" + "".join(written) + "</tr>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Mark):
        return f'<span class="mark tone-{cell.tone}">{escape(cell.text)}</span>'
    if isinstance(cell, Details):
        text = f"<pre>{escape(cell.text)}</pre>" if cell.text else ""
        table = _table(cell.table) if cell.table else ""
        return f"<details><summary>{escape(cell.summary)}</summary>{text}{table}</details>"
    return escape(cell)


def _class(column: Column) -> str:
    return ' class="number"' if column.is_figure else ""


def _anchor(page: Page, section: Section) -> str:
    return escape(f"{page.language}-{section.section_id}")


def _tag(page: Page) -> str:
    return _LANGUAGE_TAGS.get(page.language, page.language)


def _json(content: object) -> str:
    # Inside a script element only "<" can end it; escaped it stays the same JSON.
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c")
