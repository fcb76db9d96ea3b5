"""The rows of a sheet, read from the edition in batches: as they are in the marts, and as typed columns with heads in a language.

In files for people an id of a unit, outlet, agent or bill item stands beside its name, a code is in words, a sentence of the product is
translated. Every batch is counted and summed on its way, so that the control totals are of exactly the rows that were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboards.i18n import Translate
from dashboards.i18n.columns import ColumnText, column, mart_title
from dashboards.i18n.sentences import sentence
from dashboards.pages.frame import name_of
from dashboards.pages.model import Kind
from dashboards.pages.tables import KINDS
from dashboards.renderers.file_cells import file_value
from dashboards.scope import masked_columns
from dashboards.view import View
from orchestration.access.roles import Role, Viewer
from orchestration.errors import TollhouseError
from orchestration.finance_files.declarations import Sheet

if TYPE_CHECKING:
    import pyarrow

#: A batch of so many rows is in memory at once.
BATCH_ROWS = 10_000

#: Whose masks a file for others has: numbers, names and bank accounts are shortened as for an engineer on the pages.
_MASKED_FOR = Viewer(Role.ENGINEER)

Values = list[Any]


@dataclass(frozen=True)
class FileColumn:
    """A column of a file for people: the mart's column that it is of, its head, its kind, and how its values come from a batch."""

    name: str
    head: str
    kind: Kind
    values: Callable[[Mapping[str, Values]], Values]
    is_id: bool = False  # the id of a member whose name is the next column

    @property
    def is_figure(self) -> bool:
        """Whether it holds quantities, which stand to the right."""
        return self.kind in ("money", "amount", "count", "decimal", "percent", "points")


@dataclass
class SheetRows:
    """The rows of one sheet with the counts of those that were read: `rows` and `totals` are complete when all were."""

    view: View
    sheet: Sheet
    t: Translate
    parameters: Mapping[str, object]
    masked: bool = False
    is_paper: bool = False  # the columns that a PDF has room for, names without their ids
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)  # of columns whose values are keys to them
    rows: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lacking = self.view.lacking(self.sheet.reads)
        if lacking:
            raise TollhouseError(
                f"edition {self.view.name} has no {', '.join(lacking)}: it is of an earlier version; `tollhouse run` publishes a new one"
            )
        known = {**self.parameters, **self.sheet.fixed}
        self._own_parameters = {name: known[name] for name in self.sheet.parameters}
        self._stream = self.view.stream(self._sql(), f"sheet {self.sheet.name}", self._own_parameters, BATCH_ROWS)
        self.totals = {name: Decimal(0) for name in self.sheet.sums}

    @property
    def title(self) -> str:
        """The title of the sheet in the language of the file."""
        if self.sheet.code is not None:
            return self.t.code(*self.sheet.code)
        return self.t(self.sheet.title) if self.sheet.title else mart_title(self.sheet.mart, self.t.language)

    @property
    def schema(self) -> pyarrow.Schema:
        """The columns as they are in the marts, with their types."""
        return self._stream.schema

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The rows as they are in the marts. Raises TollhouseError where fewer came than the query has."""
        import pyarrow.compute

        for batch in self._stream:
            self.rows += batch.num_rows
            for name in self.sheet.sums:
                found = pyarrow.compute.sum(batch.column(name)).as_py()
                self.totals[name] += Decimal(0 if found is None else found)
            yield batch
        self._check_rows()

    def columns(self) -> list[FileColumn]:
        """The columns of a file for people."""
        made = [each for name in self._stream.columns for each in self._file_columns(name)]
        if not self.is_paper:
            return made
        asked = self.sheet.on_paper or self._stream.columns
        return [each for name in asked for each in made if each.name == name and not each.is_id]

    def columns_of_batches(self) -> Iterator[list[Values]]:
        """The values of the columns, a list per column, batch after batch."""
        columns = self.columns()
        for batch in self.batches():
            found = batch.to_pydict()
            yield [each.values(found) for each in columns]

    def _sql(self) -> str:
        if not self.masked:
            return self.sheet.sql
        reader = self.view.stream(self.sheet.sql, f"sheet {self.sheet.name}", self._own_parameters, 1)
        masks = masked_columns(self.sheet.mart, reader.columns, _MASKED_FOR)
        replaced = ", ".join(f"{expression} as {name}" for name, expression in masks.items())
        return f"select * replace ({replaced}) from ({self.sheet.sql}\n)" if replaced else self.sheet.sql

    def count(self) -> int:
        """How many rows the query has, without reading them."""
        counted = self.view.stream(
            f"select count(*) as found from ({self.sheet.sql}\n)",
            f"count of {self.sheet.name}",
            self._own_parameters,
            1,
        )
        (found,) = (number for batch in counted for number in batch.column("found").to_pylist())
        return int(found)

    def _check_rows(self) -> None:
        expected = self.count()
        if expected != self.rows:
            raise TollhouseError(
                f"sheet {self.sheet.name}: {self.rows} rows were read and edition {self.view.name} has {expected}; "
                "nothing is written, see `tollhouse doctor --deep`"
            )

    def _file_columns(self, name: str) -> Iterator[FileColumn]:
        if name in self.sheet.made:
            kind, key = self.sheet.made[name]
            values = _each(name, self.words[name]) if name in self.words else _plain(name, kind, self.t)
            yield FileColumn(name, self._head(self.t(key), kind), kind, values)
            return
        text = column(self.sheet.others.get(name, self.sheet.mart), name)
        label = text.label(self.t.language)
        if text.kind == "member":
            yield FileColumn(name, self.t("site.id_of", label=label), "text", _plain(name, "text", self.t), is_id=True)
            yield FileColumn(name, label, "text", partial(_members, self.view, self.t, name))
        elif text.dimension is not None:
            yield FileColumn(name, self.t("site.id_of", label=label), "text", _plain(name, "text", self.t), is_id=True)
            yield FileColumn(name, label, "text", _each(name, _once(partial(self._name, text.dimension))))
        else:
            kind = KINDS.get(text.kind, "text")
            unit = text.unit_label(self.t.language)
            head = label + (self.t("labels.in_unit", unit=unit) if unit else "")
            yield FileColumn(name, head, kind, self._values(name, text, kind))

    def _head(self, label: str, kind: Kind) -> str:
        return label + (self.t("labels.in_unit", unit=self.t("unit.yuan")) if kind in ("money", "amount") else "")

    def _values(self, name: str, text: ColumnText, kind: Kind) -> Callable[[Mapping[str, Values]], Values]:
        if text.group is not None:
            group = text.group
            return _each(name, _once(lambda value: None if value is None else self.t.code(group, str(value))))
        if text.kind == "sentence":
            return _each(name, lambda value: None if value is None else sentence(self.t.language, str(value)))
        return _plain(name, kind, self.t)

    def _name(self, dimension: str, member: str | None) -> str:
        return name_of(self.view, dimension, member, self.t)


def _plain(name: str, kind: Kind, t: Translate) -> Callable[[Mapping[str, Values]], Values]:
    """The values as they are, or rounded and worded as the kind has it in files."""
    if kind in ("decimal", "percent", "points", "hour", "flag"):
        return _each(name, lambda value: file_value(value, kind, t))
    return lambda found: found[name]


def _each(name: str, convert: Callable[[Any], Any]) -> Callable[[Mapping[str, Values]], Values]:
    return lambda found: [convert(value) for value in found[name]]


def _once(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, converting each value once: a column of names or codes has few."""
    known: dict[Any, Any] = {}

    def look_up(value: Any) -> Any:
        if value not in known:
            known[value] = convert(value)
        return known[value]

    return look_up


def _members(view: View, t: Translate, name: str, found: Mapping[str, Values]) -> Values:
    return [
        name_of(view, dimension, member, t) for dimension, member in zip(found["dimension"], found[name], strict=True)
    ]
