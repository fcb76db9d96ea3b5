"""`tollhouse status`: the state of the branch, from the pointer, the ledger and the blocked runs. It runs nothing."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.results import GateResult, blocking
from orchestration.branch_clock import shown_time
from orchestration.cli.context import Answer, Context, print_fact, print_table, shown_code
from orchestration.cli.doctor_checks import lock_holder
from orchestration.cli.files import file_facts, ledger_to_read, print_files
from orchestration.cli.parsing import add_command, language_option
from orchestration.ledger.file_ledger import STATUSES
from orchestration.publishing.reading import EditionFolder, blocked_runs, current_edition, lost_pointer
from orchestration.publishing.rows import mart_rows
from orchestration.runtime.run_record import ending, load_record
from orchestration.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from dashboards.i18n import Translate

_NEWEST_PERIOD = """
    select billing_period, as_of, bills, receivable, received, collection_rate
    from collection_rates
    where dimension = 'branch' and billing_period < '{running}'
    order by billing_period desc
    limit 1
"""


# The width of the labels.
_WIDTH = 12
PERIOD_STATES = ("closed", "open", "provisional")


def add_commands(commands: Any) -> None:
    """Add status."""
    status = add_command(commands, "status", "the current edition, the files, and what waits for a decision", _status)
    language_option(status)


def _status(arguments: argparse.Namespace, context: Context) -> Answer:
    settings = context.settings
    edition = current_edition(settings.published)
    files, held = _files(settings)
    data = {
        "home": settings.home,
        "edition": None if edition is None else _edition_facts(edition),
        "lost_pointer": lost_pointer(settings.published) or _lost_editions(settings),
        "blocked": _blocked(settings.published, edition),
        "last_run": _last_run(settings),
        "files": files,
        "held": held,
    }
    return Answer(data, lambda console: _show(console, data, settings.time_zone, context.texts))


def _lost_editions(settings: Settings) -> str | None:
    from orchestration.state.published import lost_editions

    if not settings.ledger_path.is_file():
        return None
    with ledger_to_read(settings) as ledger:
        return lost_editions(settings, ledger)


def _edition_facts(edition: EditionFolder) -> dict[str, Any]:
    return {
        "edition": edition.edition,
        "as_of": edition.as_of,
        "built_at": edition.manifest.built_at,
        "revision": edition.revision,
        "path": edition.folder,
        "site": edition.folder / "site" / "index.html",
        "gates": _gate_badge(edition.manifest.gates),
        "newest_complete_period": _newest_complete_period(edition),
        "periods": _periods(edition),
    }


def _gate_badge(gates: Sequence[GateResult]) -> dict[str, Any]:
    """How many gates passed, and how many failed by severity; `text` has it in words."""
    failed: Counter[str] = Counter(gate.severity for gate in gates if not gate.success)
    counts = {severity: failed[severity] for severity in ("critical", "error", "warn")}
    passed = sum(1 for gate in gates if gate.success)
    words = [f"{count} {severity}" for severity, count in counts.items() if count]
    text = f"{passed} of {len(gates)} passed" + (f" ({', '.join(words)})" if words else "")
    return {"gates": len(gates), "passed": passed, **counts, "text": text if gates else "no gate was evaluated"}


def _periods(edition: EditionFolder) -> dict[str, list[str]]:
    """The billing periods by state: closed, open, provisional. Empty where the edition does not have them (older editions)."""
    rows = mart_rows(edition, "billing_periods", "select period_state, billing_period from billing_periods order by 2")
    return (
        {state: [row["billing_period"] for row in rows if row["period_state"] == state] for state in PERIOD_STATES}
        if rows
        else {}
    )


def _newest_complete_period(edition: EditionFolder) -> dict[str, Any] | None:
    """The branch's figures of the newest period whose bills are issued by the as-of date; None before the first."""
    rows = mart_rows(edition, "collection_rates", _NEWEST_PERIOD.format(running=f"{edition.as_of:%Y-%m}"))
    return rows[0] if rows else None


def _files(settings: Settings) -> tuple[dict[str, dict[str, int]], list[dict[str, Any]]]:
    """Counts by kind and status, and the held files; nothing of either before the first run."""
    if not settings.ledger_path.is_file():
        return {}, []
    with ledger_to_read(settings) as ledger:
        entries = ledger.files()
    counts = Counter((entry.file_kind, entry.status) for entry in entries)
    kinds = dict.fromkeys(entry.file_kind for entry in entries)
    by_kind = {kind: {status: counts[kind, status] for status in STATUSES} for kind in kinds}
    return by_kind, [file_facts(entry) for entry in entries if entry.status == "held"]


def _blocked(published: Path, edition: EditionFolder | None) -> dict[str, Any] | None:
    """The last run that its release gates blocked, where no edition was published after it."""
    last = max(blocked_runs(published), key=lambda run: run.built_at, default=None)
    if last is None or (edition is not None and last.built_at <= edition.manifest.built_at):
        return None
    return {
        "run_id": last.run_id,
        "as_of": last.as_of,
        "built_at": last.built_at,
        "path": last.folder,
        "gates": [
            {
                "suite": gate.suite,
                "gate": gate.gate,
                "description": gate.description,
                "failed_rows": gate.failed_rows,
                "exception": gate.exception,
            }
            for gate in blocking(last.gates)
        ],
    }


def _last_run(settings: Settings) -> dict[str, Any] | None:
    record = load_record(settings)
    if record is None:
        return None
    status, ended_by = ending(record, lock_holder(settings) is not None)
    facts = {"started_at": record.started_at, "status": status, "as_of": record.as_of, "ended_by": ended_by}
    return {**facts, "unreachable": record.unreachable}


def _show(console: Console, data: dict[str, Any], time_zone: str, t: Translate) -> None:
    from dashboards.i18n.sentences import sentence

    def fact(key: str, text: object) -> None:
        print_fact(console, t(f"command_line.status.{key}") if key else "", text, _WIDTH)

    edition = data["edition"]
    if edition is None:
        console.print(data["lost_pointer"] or t("command_line.status.no_edition", home=str(data["home"])))
    else:
        _show_edition(console, edition, time_zone, t)
    if data["blocked"] is not None:
        _show_blocked(console, data["blocked"], time_zone, t)
    last_run = data["last_run"]
    if last_run is not None:
        status = shown_code(t, "run_status", last_run["status"]) or ""
        begun = shown_time(last_run["started_at"], time_zone)
        fact("last_run", t("command_line.status.last_run_of", status=status, begun=begun))
        if last_run["ended_by"]:
            fact("", sentence(t.language, last_run["ended_by"]))
        for problem in last_run["unreachable"]:
            fact("not_pulled", problem)
    if data["files"]:
        console.print()
        rows = [(shown_code(t, "file_kind", kind), *counts.values()) for kind, counts in data["files"].items()]
        statuses = [shown_code(t, "file_status", status) or "" for status in STATUSES]
        print_table(console, [t("command_line.status.files"), *statuses], rows, figures=statuses)
    if data["held"]:
        console.print()
        console.print(t("command_line.status.held"))
        print_files(console, data["held"], t)


def _show_edition(console: Console, edition: dict[str, Any], time_zone: str, t: Translate) -> None:
    def fact(key: str, text: object) -> None:
        print_fact(console, t(f"command_line.status.{key}"), text, _WIDTH)

    as_of, revision = f"{edition['as_of']}", f"{edition['revision']}"
    fact("edition", t("command_line.status.edition_of", edition=edition["edition"], as_of=as_of, revision=revision))
    fact("built_at", shown_time(edition["built_at"], time_zone))
    fact("gates", _gates_text(edition["gates"], t))
    period = edition["newest_complete_period"]
    if period is None:
        fact("period", t("command_line.status.no_period"))
    else:
        rate = period["collection_rate"]
        name, bills = period["billing_period"], f"{period['bills']}"
        fact("period", t("command_line.status.period_of", period=name, bills=bills))
        fact("receivable", _money(period["receivable"]))
        fact("received", _money(period["received"]))
        fact("collected", t("command_line.status.no_rate") if rate is None else f"{rate:.2%}")
    for state, periods in edition["periods"].items():
        if periods:
            print_fact(console, shown_code(t, "period_state", state) or "", ", ".join(periods), _WIDTH)
    fact("dashboards", edition["site"])


def _gates_text(gates: dict[str, Any], t: Translate) -> str:
    if not gates["gates"]:
        return t("command_line.status.no_gates")
    failed = [
        f"{gates[severity]} {shown_code(t, 'severity', severity)}"
        for severity in ("critical", "error", "warn")
        if gates[severity]
    ]
    passed = t("command_line.status.gates_of", passed=f"{gates['passed']}", gates=f"{gates['gates']}")
    return passed + (t("command_line.status.gates_failed", failed=", ".join(failed)) if failed else "")


def _show_blocked(console: Console, blocked: dict[str, Any], time_zone: str, t: Translate) -> None:
    from dashboards.i18n.gate_claims import claim

    built_at, as_of = shown_time(blocked["built_at"], time_zone), f"{blocked['as_of']}"
    run = t("command_line.status.blocked_run", built_at=built_at, as_of=as_of)
    print_fact(console, t("command_line.status.blocked"), run, _WIDTH)
    for gate in blocked["gates"]:
        found = gate["exception"] or t("command_line.status.failed_rows", count=f"{gate['failed_rows']}")
        said = claim(t.language, gate["suite"], gate["gate"], gate["description"])
        print_fact(console, "", f"{gate['suite']}.{gate['gate']}: {said} ({found})", _WIDTH)
    print_fact(console, "", t("command_line.status.see", path=str(blocked["path"])), _WIDTH)


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
