"""The published editions, and two of them compared: which tables changed, which money changed, and what came in between.

The editions are read by orchestration/publishing/reading.py. For viewers of the whole branch only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.columns import column, mart_title
from dashboards.pages.frame import DICTIONARY, how, list_filter, missing_marts
from dashboards.pages.model import Block, Cell, Column, Content, Linked, Mark, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head
from dashboards.params import Params
from dashboards.view import Row, View
from orchestration.access.roles import Role
from orchestration.publishing.manifest import DamagedEdition, EditionError, ListedMart
from orchestration.publishing.reading import EditionFolder, edition_folders, missing_files, read_edition

EDITIONS_WITH_ROWS = 6
_SEVERITIES = ("critical", "error", "warn")
_MONEY = ("receivable", "received", "open_amount", "provisional_amount")


@dataclass(frozen=True)
class _Found:
    """A folder of an edition: what is in it, or in a sentence why it cannot be read."""

    name: str
    edition: EditionFolder | None
    fault: str = ""


def editions(view: View, params: Params) -> Content:
    """All editions; with `with`, what differs between this one and that."""
    t = params.t
    if not view.viewer.scope.is_whole_branch:
        return Content((Section("editions", "", blocks=(Message(t("edition_list.whole_branch_only"), "warning"),)),))
    found = [_found(folder, view.published, t) for _, folder in reversed(edition_folders(view.published).items())]
    others = [each.name for each in found if each.name != view.name]
    compared = params.one_of("with", tuple(others))
    filters = (
        list_filter(params, "editions", "with", [(name, name) for name in others], t("edition_list.no_comparison")),
    )
    sections = (_list(view, found, t), _rows_by_mart(found, t))
    if compared is None:
        return Content(sections, filters)
    by_name = {each.name: each for each in found}
    return Content((*_comparison(view, by_name.get(view.name), by_name[compared], t), *sections), filters)


def _found(folder: Path, published: Path, t: Translate) -> _Found:
    try:
        edition = read_edition(folder, published)
        # Pages that are gone do not keep the figures from being compared.
        gone = [path for path in missing_files(edition) if path.suffix == ".parquet"]
    except DamagedEdition as error:
        return _Found(folder.name, None, t("edition_list.damaged", file=error.path.name, why=error.why))
    except OSError as error:
        return _Found(folder.name, None, t("edition_list.damaged", file=folder.name, why=error.strerror or ""))
    if gone:
        return _Found(folder.name, None, t("edition_list.files_gone", count=formats.count(len(gone))))
    return _Found(folder.name, edition)


def _list(view: View, found: Sequence[_Found], t: Translate) -> Section:
    table = Table(
        columns=(
            Column(t("edition_list.edition")),
            Column(t("edition_list.as_of"), "day"),
            Column(t("edition_list.built_at")),
            Column(t("edition_list.revision"), "count"),
            Column(t("edition_list.gates"), "count"),
            *(Column(t(f"edition_list.failed_{severity}"), "count") for severity in _SEVERITIES),
            Column(t("edition_list.marts"), "count"),
            Column(t("edition_list.rows"), "count"),
            Column(t("edition_list.state")),
        ),
        rows=tuple(_edition_row(view, each, t) for each in found),
        title=t("edition_list.table"),
        definition=t("edition_list.definition"),
        name="editions",
    )
    return Section("editions", t("edition_list.title"), t("edition_list.intro"), blocks=(table,), is_paired=False)


def _edition_row(view: View, each: _Found, t: Translate) -> tuple[Cell, ...]:
    is_this = each.name == view.name
    name: Cell = each.name if is_this else Linked(each.name, Target.to("editions", **{"with": each.name}))
    if each.edition is None:
        return (each.name, *((None,) * 9), Mark(each.fault, "bad"))
    manifest = each.edition.manifest
    failed = [gate for gate in manifest.gates if not gate.success]
    return (
        name,
        manifest.as_of,
        formats.moment(manifest.built_at, manifest.time_zone),
        manifest.revision,
        len(manifest.gates),
        *(sum(1 for gate in failed if gate.severity == severity) for severity in _SEVERITIES),
        len(manifest.marts),
        sum(_rows(mart) for mart in manifest.marts.values()),
        t("edition_list.this") if is_this else t("edition_list.readable"),
    )


def _rows(mart: ListedMart) -> int:
    return sum(file.rows or 0 for file in mart.files)


def _rows_by_mart(found: Sequence[_Found], t: Translate) -> Section:
    shown = [each.edition for each in found if each.edition is not None][:EDITIONS_WITH_ROWS]
    marts = sorted({mart for edition in shown for mart in edition.manifest.marts})
    table = Table(
        columns=(
            Column(t("edition_list.mart")),
            Column(t("edition_list.mart_title")),
            *(Column(edition.edition, "count") for edition in shown),
        ),
        rows=tuple(
            (
                _in_dictionary(mart),
                _title(mart, t),
                *(_rows(edition.manifest.marts[mart]) if mart in edition.manifest.marts else None for edition in shown),
            )
            for mart in marts
        ),
        title=t("edition_list.rows_by_mart"),
        definition=t("edition_list.rows_by_mart_definition", count=formats.count(len(shown))),
        name="rows_by_table",
    )
    return Section("rows", t("edition_list.rows_by_mart"), blocks=(table,), is_paired=False)


def _title(mart: str, t: Translate) -> str:
    try:
        return mart_title(mart, t.language)
    except KeyError:  # an edition of another version of the product may have other tables
        return mart


def _in_dictionary(mart: str) -> Linked:
    return Linked(mart, Target.to(DICTIONARY, mart=mart))


def _comparison(view: View, this: _Found | None, other: _Found, t: Translate) -> tuple[Section, ...]:
    title = t("edition_list.comparison", this=view.name, other=other.name)
    if this is None or this.edition is None or other.edition is None:
        fault = other.fault or (t("edition_list.pruned") if this is None else this.fault)
        return (Section("comparison", title, blocks=(Message(fault, "bad"),)),)
    try:
        with View(other.edition, view.viewer) as before:
            return (
                _why(view, before, title, t),
                _figures(view, before, t),
                _changed_marts(this.edition, other.edition, t),
            )
    except EditionError as error:
        text = t("edition_list.cannot_compare", other=other.name, error=str(error))
        return (Section("comparison", title, blocks=(Message(text, "bad"),)),)


def _why(view: View, before: View, title: str, t: Translate) -> Section:
    """What happened between the two: dates, files, closed periods, re-ratings."""
    reasons = []
    if view.as_of != before.as_of:
        reasons.append(t("edition_list.why_as_of", before=formats.day(before.as_of), now=formats.day(view.as_of)))
    for code, state in sorted(view.periods.items()):
        was = before.periods.get(code)
        if was is not None and was != state:
            words = {"before": t.code("period_state", was), "now": t.code("period_state", state)}
            reasons.append(t("edition_list.why_state", period=code, **words))
        elif was is None:
            reasons.append(t("edition_list.why_new_period", period=code))
    if not (view.lacks("rerating_totals") or before.lacks("rerating_totals")):
        known = {row["rerate_id"] for row in before.query("rerating_totals")}
        for row in view.query("rerating_totals"):
            if row["rerate_id"] not in known:
                days = {"first_day": formats.day(row["first_day"]), "last_day": formats.day(row["last_day"])}
                reasons.append(t("edition_list.why_rerating", rerate=row["rerate_id"], why=row["why"] or "–", **days))
    blocks: list[Block] = [_reason_table(reasons, t)] if reasons else [Message(t("edition_list.why_nothing"))]
    blocks.append(_changed_files(view, before, t))
    return Section("comparison", title, t("edition_list.comparison_intro"), blocks=tuple(blocks), is_paired=False)


def _reason_table(reasons: Sequence[str], t: Translate) -> Table:
    return Table(
        columns=(Column(t("edition_list.reason")),),
        rows=tuple((reason,) for reason in reasons),
        title=t("edition_list.reasons"),
        name="reasons",
    )


def _changed_files(view: View, before: View, t: Translate) -> Block:
    absent = missing_marts(view, t, "files_by_day") or missing_marts(before, t, "files_by_day")
    if absent is not None:
        return absent
    measures = ("files", "read_records", "rated")
    now, earlier = (
        {(row["file_kind"], row["file_date"], row["file_status"]): row for row in each.query("files_by_day")}
        for each in (view, before)
    )
    keys = sorted({*now, *earlier}, key=lambda key: (key[0], key[1] or date.min, key[2]))
    changed = []
    for key in keys:
        pairs = [(_measure(earlier.get(key), name), _measure(now.get(key), name)) for name in measures]
        if any(was != has for was, has in pairs):
            changed.append((key, pairs))
    if not changed:
        return Message(t("edition_list.no_new_files"))
    labels = (t("edition_list.files"), t("edition_list.records"), t("edition_list.rated"))
    sums = [(sum(pairs[i][0] for _, pairs in changed), sum(pairs[i][1] for _, pairs in changed)) for i in range(3)]
    return Table(
        columns=(
            head("file_reconciliation", "file_kind", t),
            head("file_reconciliation", "file_date", t),
            head("file_reconciliation", "file_status", t),
            *(
                Column(t("edition_list.change_of", what=label, when=t(f"edition_list.{when}")), "count")
                for label in labels
                for when in ("before", "now", "difference")
            ),
        ),
        rows=tuple(
            (
                t.code("file_kind", kind),
                day,
                t.code("file_status", status),
                *(figure for was, has in pairs for figure in (was, has, has - was)),
            )
            for (kind, day, status), pairs in changed
        ),
        title=t("edition_list.changed_files"),
        definition=t("edition_list.changed_files_definition"),
        total=(t("site.total"), None, None, *(figure for was, has in sums for figure in (was, has, has - was))),
        name="changed_files",
        how=how(t, "files_by_day"),
    )


def _measure(row: Row | None, name: str) -> int:
    return 0 if row is None else int(row[name])


def _figures(view: View, before: View, t: Translate) -> Section:
    title = t("edition_list.figures")
    absent = missing_marts(view, t, "periods_with_figures") or missing_marts(before, t, "periods_with_figures")
    if absent is not None:
        return Section("figures", title, blocks=(absent,))
    now, earlier = (
        {row["billing_period"]: row for row in each.query("periods_with_figures")} for each in (view, before)
    )
    # Where one of them lacks the table, no money has changed.
    has_commission = not (view.lacks("commission_by_period") or before.lacks("commission_by_period"))
    commission_now, commission_before = (_commission(each) if has_commission else {} for each in (view, before))
    zero = Decimal("0.00")
    money: list[tuple[Cell, ...]] = []
    calls: list[tuple[Cell, ...]] = []
    for period in sorted({*now, *earlier, *commission_now, *commission_before}):
        pairs = [
            (t(f"edition_list.figure_{name}"), _amount(earlier.get(period), name), _amount(now.get(period), name))
            for name in _MONEY
        ]
        pairs.append(
            (t("edition_list.figure_commission"), commission_before.get(period, zero), commission_now.get(period, zero))
        )
        money.extend((period, label, was, has, has - was) for label, was, has in pairs if was != has)
        for name in ("bills", "calls"):
            was, has = _measure(earlier.get(period), name), _measure(now.get(period), name)
            if was != has:
                calls.append((period, t(f"edition_list.figure_{name}"), was, has, has - was))
    blocks: list[Block] = []
    for rows, kind, name in ((money, "money", "changed_money"), (calls, "count", "changed_counts")):
        if not rows:
            blocks.append(Message(t(f"edition_list.no_{name}")))
            continue
        unit = t("unit.yuan") if name == "changed_money" else ""
        blocks.append(
            Table(
                columns=(
                    head("billing_periods", "billing_period", t),
                    Column(t("edition_list.figure")),
                    *(
                        Column(t(f"edition_list.{when}"), "money" if kind == "money" else "count", unit)
                        for when in ("before", "now", "difference")
                    ),
                ),
                rows=tuple(rows),
                title=t(f"edition_list.{name}"),
                definition=t(f"edition_list.{name}_definition"),
                name=name,
                how=how(t, "periods_with_figures", "commission_by_period")
                if name == "changed_money"
                else how(t, "periods_with_figures"),
            )
        )
    return Section("figures", title, t("edition_list.figures_intro"), blocks=tuple(blocks), is_paired=False)


def _amount(row: Row | None, name: str) -> Decimal:
    return Decimal("0.00") if row is None else row[name]


def _commission(view: View) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in view.query("commission_by_period", agent=None):
        sums[row["settlement_period"]] = sums.get(row["settlement_period"], Decimal(0)) + row["amount"]
    return sums


def _changed_marts(this: EditionFolder, other: EditionFolder, t: Translate) -> Section:
    now, before = this.manifest.marts, other.manifest.marts
    names = sorted({*now, *before})
    changed = [name for name in names if _hashes(now.get(name)) != _hashes(before.get(name))]
    title = t("edition_list.changed_marts")
    if not changed:
        return Section("marts", title, blocks=(Message(t("edition_list.same_marts")),))
    by_rows = Table(
        columns=(
            Column(t("edition_list.mart")),
            Column(t("edition_list.mart_title")),
            Column(t("edition_list.change")),
            *(
                Column(
                    t("edition_list.change_of", what=t("edition_list.rows"), when=t(f"edition_list.{when}")), "count"
                )
                for when in ("before", "now", "difference")
            ),
        ),
        rows=tuple(_mart_row(name, before.get(name), now.get(name), t) for name in changed),
        title=t("edition_list.by_rows"),
        definition=t(
            "edition_list.by_rows_definition", changed=formats.count(len(changed)), all=formats.count(len(names))
        ),
        name="changed_tables",
    )
    totals = [row for name in changed for row in _total_rows(name, before.get(name), now.get(name), t)]
    by_totals: Block = (
        Table(
            columns=(
                Column(t("edition_list.mart")),
                Column(t("edition_list.control_total")),
                *(Column(t(f"edition_list.{when}")) for when in ("before", "now", "difference")),
            ),
            rows=tuple(totals),
            title=t("edition_list.by_totals"),
            definition=t("edition_list.by_totals_definition"),
            name="changed_totals",
        )
        if totals
        else Message(t("edition_list.same_totals"))
    )
    return Section("marts", title, blocks=(by_rows, by_totals), is_paired=False)


def _hashes(mart: ListedMart | None) -> tuple[str, ...]:
    return () if mart is None else tuple(sorted(file.sha256 for file in mart.files))


def _mart_row(name: str, before: ListedMart | None, now: ListedMart | None, t: Translate) -> tuple[Cell, ...]:
    if before is None or now is None:
        change = t("edition_list.only_now" if before is None else "edition_list.only_before")
        return (
            _in_dictionary(name),
            _title(name, t),
            change,
            *(None if mart is None else _rows(mart) for mart in (before, now)),
            None,
        )
    was, has = _rows(before), _rows(now)
    change = t("edition_list.other_rows" if was == has else "edition_list.other_row_count")
    return (_in_dictionary(name), _title(name, t), change, was, has, has - was)


def _total_rows(name: str, before: ListedMart | None, now: ListedMart | None, t: Translate) -> list[tuple[Cell, ...]]:
    """The control totals that differ, as the manifests have them. The number of rows stands in a table of its own."""
    if before is None or now is None:
        return []
    rows: list[tuple[Cell, ...]] = []
    for total in sorted({*before.totals, *now.totals} - {"rows"}):
        was, has = before.totals.get(total), now.totals.get(total)
        if was != has:
            rows.append((name, _total_label(name, total, t), was, has, _difference(was, has)))
    return rows


def _total_label(mart: str, total: str, t: Translate) -> str:
    try:
        return column(mart, total).label(t.language)
    except KeyError:  # an edition of another version of the product may have other columns
        return total


def _difference(was: str | None, has: str | None) -> str | None:
    if was is None or has is None:
        return None
    try:
        difference = Decimal(has) - Decimal(was)
    except InvalidOperation:
        return None
    return f"{difference:+f}" if difference.is_finite() else None


EDITIONS = PageSpec(
    "editions",
    "analysts",
    editions,
    queries=("billing_periods", "commission_by_period", "files_by_day", "periods_with_figures", "rerating_totals"),
    params=("with",),
    also=frozenset({Role.FINANCE}),
    # Other editions come and go: the page is for those who ask a server, and not for files that stay as they are.
    reads_branch_files=True,
    variants=lambda _: [],
)
