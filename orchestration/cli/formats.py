"""`tollhouse formats`: the declared formats of call files, how a file reads by one, and schemas of declarations for editors.

Needs no state and changes none.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, count, day, path
from orchestration.errors import TollhouseError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

_DECLARATIONS = ("cdr", "bank", "sources")


def add_commands(commands: Any) -> None:
    """Add formats with list, check and schema."""
    formats = add_command(
        commands, "formats", "the formats of call files: list them, try one on a file, help editors", _list
    )
    actions = formats.add_subparsers(metavar="ACTION")
    add_command(actions, "list", "list the declared formats", _list)
    check = add_command(actions, "check", "show the first records of a call file as a format reads them", _check)
    check.add_argument("file", metavar="FILE", type=path, help="a call file, plain, .gz or .zst")
    check.add_argument("--format", required=True, metavar="NAME", help="a declared format, or a declaration's file.yml")
    check.add_argument("--switch", default="SWITCH", metavar="SWITCH_ID", help="as whose file to read it")
    check.add_argument("--date", type=day, metavar="DATE", help="the file's day (default: that in its name)")
    check.add_argument("--first", type=count, default=10, metavar="N", help="how many records and faults (default 10)")
    schema = add_command(actions, "schema", "print the JSON Schema of a declaration, which editors check by", _schema)
    schema.add_argument("declaration", choices=_DECLARATIONS, help="a call format, a bank's format, or sources.yml")


def _list(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.ingestion.cdr.formats.registry import FORMATS_FOLDER, declared_formats, load_cdr_format

    found = [load_cdr_format(name) for name in declared_formats()]
    facts = [{"name": f.name, "layout": f.layout, "description": f.description, "file": str(f.path)} for f in found]

    def show(console: Console) -> None:
        print_table(console, ["name", "layout", "description"], [[f.name, f.layout, f.description] for f in found])
        console.print(f"declared in {FORMATS_FOLDER}")

    return Answer({"formats": facts}, show)


def _schema(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.ingestion.declaration_schemas import json_schema, schema_text

    def show(console: Console) -> None:
        console.file.write(schema_text(arguments.declaration))

    return Answer(json_schema(arguments.declaration), show)


def _check(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.ingestion.format_check import COLUMNS, check_file

    if not arguments.file.is_file():
        raise UsageError(f"{arguments.file}: there is no such file")
    checked = check_file(
        context.settings, arguments.file, arguments.format, arguments.switch, arguments.date, arguments.first
    )
    decoded = checked.decoded
    figures = {
        "file": str(arguments.file),
        "format": arguments.format,
        "date": checked.day,
        "records": decoded.read_records,
        "malformed": decoded.malformed,
        "ignored": decoded.ignored,
        "seconds": decoded.read_seconds,
        "other_day": decoded.other_day if checked.day else None,
        "trailer_records": decoded.trailer_records,
    }
    data = {
        **figures,
        "first": checked.first,
        "faults": [asdict(line) for line in checked.malformed],
        "ignored_reasons": [{"reason": reason, "records": records} for reason, records in checked.ignored_reasons],
        "first_ignored": [asdict(line) for line in checked.ignored],
        "file_fault": checked.file_fault,
    }
    wrong = [f"the file: {checked.file_fault}"] if checked.file_fault else []
    wrong += [f"{decoded.malformed} of {decoded.read_records} records are set aside"] if decoded.malformed else []

    def show(console: Console) -> None:
        said = [name for name in COLUMNS if any(row[name] is not None for row in checked.first)] or list(COLUMNS[:8])
        print_table(
            console,
            said,
            [[row[name] for name in said] for row in checked.first],
            ["record_number", "duration_seconds"],
        )
        for line in checked.malformed:
            console.print(f"line {line.line_number}: {line.field} {line.reason}: {line.record_text[:200]}")
        for reason, records in checked.ignored_reasons:
            console.print(f"ignored: {records} record{'' if records == 1 else 's'}: {reason}")
        ignored = f"{decoded.ignored} ignored, " if decoded.ignored else ""
        console.print(
            f"{decoded.read_records} records, {ignored}{decoded.malformed} set aside, {decoded.read_seconds} seconds"
            + (f"; day {checked.day}" if checked.day else "; no day given: it is not checked")
        )

    return Answer(data, show, TollhouseError.exit_code if wrong else 0, "; ".join(wrong) or None)
