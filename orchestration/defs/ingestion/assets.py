"""Assets of the intake: from the sources' folders to typed Parquet. Decoding is in orchestration/ingestion, the verdicts are in
orchestration/warehouse/file_verdicts/call_files.py; gates are in defs/quality."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import dagster as dg

from orchestration.branch_clock import machine_day
from orchestration.defs import groups
from orchestration.defs.metadata import REPORTED, table
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun, plain_refusal
from orchestration.ingestion.bank.results import check_bank_files
from orchestration.ingestion.decoding import decode_registered
from orchestration.ingestion.format_disagreements import format_disagreements
from orchestration.ingestion.landing.pulling import pull
from orchestration.ingestion.sources.declaration import unreachable_sources
from orchestration.ledger.schema import FileEntry
from orchestration.reference_book.tables import RECORD_GATES
from orchestration.runtime.progress import reporter
from orchestration.warehouse.file_verdicts.call_files import check_cdr_files
from orchestration.warehouse.file_verdicts.exports import check_exports
from orchestration.warehouse.file_verdicts.odd_dates import check_dates
from orchestration.warehouse.file_verdicts.offending_records import bank_file_records

OWNERS = ["team:mediation"]
_MOST_SHOWN = 100

INBOX_FILES = dg.AssetKey("inbox_files")
CUSTOMER_EXPORTS = dg.AssetKey("customer_exports")
BANK_RESULTS = dg.AssetKey("bank_results")
CALL_DETAIL_RECORDS = dg.AssetKey("call_detail_records")

_SOURCES_CHECK = dg.AssetCheckSpec(
    "every_source_can_be_read",
    asset=INBOX_FILES,
    description="Every source could be listed, and every settled file in it copied whole. What could not be copied is tried again "
    "by the next run; nothing else waits for it.",
)
#: Per asset the kind of its files in the ledger, and what one is called.
_KINDS = {
    CUSTOMER_EXPORTS: ("customers", "customer-system export"),
    BANK_RESULTS: ("bank", "bank result file"),
    CALL_DETAIL_RECORDS: ("cdr", "call detail file"),
}
_STATUS_CHECKS = [
    spec
    for asset, (_, what) in _KINDS.items()
    for spec in (
        dg.AssetCheckSpec(
            "no_file_is_held", asset=asset, description=f"No {what} is held: none waits for a person to release it."
        ),
        dg.AssetCheckSpec("no_file_is_rejected", asset=asset, description=f"No {what} was refused unread."),
    )
]


@dg.asset(
    group_name=groups.INBOX,
    owners=OWNERS,
    kinds={"python", "sqlite"},
    tags=groups.way_tags("inbox_files"),
    pool=WAREHOUSE_POOL,
)
def inbox_files(billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per delivered file: pulled whole into the landing area and registered in the file ledger."""
    reporter().step("pull files")
    with plain_refusal(billing_run):
        pulled = pull(billing_run.settings, billing_run.ledger, progress=reporter().detail)
    settings, gap = billing_run.settings, billing_run.book.gate_thresholds["date_gap"].hold_above
    held = check_dates(billing_run.ledger, machine_day(settings), gap)
    problems = list(pulled.unreachable)
    problems += [f"{name}: still growing or replaced meanwhile, left for the next run" for name in pulled.growing]
    problems += [f"{name}: waits for its companion (.ctl or .done)" for name in pulled.waiting]
    problems += [f"{entry.source}/{entry.file_name} is rejected: {entry.status_reason}" for entry in pulled.rejected]
    problems += [f"{entry.source}/{entry.file_name} is held: {entry.status_reason}" for entry in held]
    for problem in problems:
        reporter().warn(problem)
    billing_run.note_unreachable(pulled.unreachable)
    billing_run.note(problems=problems, unreachable=pulled.unreachable)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(billing_run.ledger.files()),
            "listed": pulled.listed,
            "new": len(pulled.registered),
            "new_files": table([{"file": f"{e.source}/{e.file_name}"} for e in pulled.registered[:_MOST_SHOWN]]),
        }
    )


@dg.asset(group_name=groups.INBOX, owners=OWNERS, kinds={"python", "parquet"}, deps=[inbox_files], pool=WAREHOUSE_POOL)
def customer_exports(billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per row of a customer-system export, typed; rows that cannot be read are beside it as text with a reason.
    A spoilt export is held as a whole, and the snapshot before it stays in force."""
    reporter().step("decode exports and bank files")
    result = _decoded(billing_run, "customers")
    limits = billing_run.book.gate_thresholds
    stopped = check_exports(
        billing_run.ledger,
        billing_run.settings.raw,
        limits["export_rows"].hold_above,
        limits["export_shrink"].hold_above,
    )
    for entry in stopped:
        _warn_of(entry)
    return result


@dg.asset(group_name=groups.INBOX, owners=OWNERS, kinds={"python", "parquet"}, deps=[inbox_files], pool=WAREHOUSE_POOL)
def bank_results(billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per detail line of a bank result file; a file that disagrees with itself is held with the difference."""
    result = _decoded(billing_run, "bank")
    codes = billing_run.book.result_codes
    with billing_run.warehouse() as con:
        records_of = partial(bank_file_records, con, billing_run.settings.raw, result_codes=codes)
        changed = check_bank_files(billing_run.ledger, codes, records_of)
    for entry in changed:
        if entry.status != "loaded":
            _warn_of(entry)
    return result


def call_detail_records(call_days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The asset of the call files, with its partitions."""

    @dg.asset(
        key=CALL_DETAIL_RECORDS,
        group_name=groups.INBOX,
        owners=OWNERS,
        kinds={"python", "parquet"},
        tags=groups.way_tags("call_detail_records"),
        deps=[inbox_files],
        partitions_def=call_days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def call_detail_records(context: dg.AssetExecutionContext, billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """One row per call record of every readable file, typed; malformed lines are beside it as text. Files get their verdict:
        loaded, held or rejected, in the order they were registered. Partitions are the days the calls began on."""
        reporter().step("decode call records")
        ledger = billing_run.ledger
        result = _decoded(billing_run, "cdr")
        reporter().step("check call files")
        with billing_run.warehouse() as con:
            verdicts = check_cdr_files(
                ledger, con, billing_run.settings.raw, _hold_above(billing_run), billing_run.as_of_date()
            )
        for disagreement in format_disagreements(billing_run.book.tables["switches"], (one.entry for one in verdicts)):
            reporter().warn(disagreement)
        for verdict in verdicts:
            if verdict.status != "loaded":
                reporter().warn(
                    f"{verdict.entry.source}/{verdict.entry.file_name} is {verdict.status}: {verdict.reason}"
                )
        new = {verdict.entry.file_id for verdict in verdicts}
        records: dict[str, int] = {}
        for day in ledger.call_days():
            if day.file_id in new:
                records[day.call_date.isoformat()] = records.get(day.call_date.isoformat(), 0) + day.records
        note_days(context, context.asset_key, records)
        return result

    return call_detail_records


@dg.multi_asset_check(specs=[_SOURCES_CHECK, *_STATUS_CHECKS], can_subset=True, pool=WAREHOUSE_POOL)
def file_checks(context: dg.AssetCheckExecutionContext, billing_run: BillingRun) -> Iterator[dg.AssetCheckResult]:
    """Checks of the sources and the file ledger. A failed one is reported; it does not block an edition."""
    selected = context.selected_asset_check_keys
    if _SOURCES_CHECK.key in selected:
        unreachable = billing_run.unreachable
        if unreachable is None:  # no file was pulled by this run
            with plain_refusal(billing_run):
                _, unreachable = unreachable_sources(billing_run.settings)
        yield dg.AssetCheckResult(
            check_name=_SOURCES_CHECK.name,
            asset_key=INBOX_FILES,
            passed=not unreachable,
            severity=REPORTED,
            metadata={
                "unreachable": len(unreachable),
                "reasons": table([{"reason": reason} for reason in unreachable[:_MOST_SHOWN]]),
            },
        )
    for spec in _STATUS_CHECKS:
        if spec.key in selected:
            yield _status_result(billing_run, spec)


def note_days(context: dg.AssetExecutionContext, key: dg.AssetKey, rows: dict[str, int]) -> None:
    """Report to Dagster which days of a daily asset this run made, each with its row count.

    A run rebuilds the days that are stale, which need be no unbroken range and are not known when it is launched: so the
    days are logged one by one. A day that is the run's own partition is in the asset's result.
    """
    own = context.partition_keys if context.has_partition_key or context.has_partition_key_range else []
    for day, count in sorted(rows.items()):
        if day not in own:
            context.log_event(
                dg.AssetMaterialization(key, partition=day, metadata={"dagster/partition_row_count": count})
            )


def _decoded(billing_run: BillingRun, kind: str) -> dg.MaterializeResult:  # type: ignore[type-arg]
    with plain_refusal(billing_run):
        decoded = decode_registered(
            billing_run.settings,
            billing_run.ledger,
            billing_run.book.known_switches,
            progress=reporter().detail,
            result_codes=billing_run.book.result_codes,
            kind=kind,
            on_rejected=_warn_of,
        )
    for file in decoded:
        # A verdict depends on the content: a file that reads differently now (its switch has become known) gets a new one.
        entry = billing_run.ledger.file(file.file_id)
        if kind != "bank" and entry.status == "held" and not entry.is_held_for_date:
            billing_run.ledger.set_status(file.file_id, "registered", None)
    rows = sum(entry.read_records + entry.data_rows for entry in billing_run.ledger.files(kind))
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "files_decoded": len(decoded)})


def _warn_of(entry: FileEntry) -> None:
    """Name a file that was not loaded, and why."""
    reporter().warn(f"{entry.source}/{entry.file_name} is {entry.status}: {entry.status_reason}")


def _status_result(billing_run: BillingRun, spec: dg.AssetCheckSpec) -> dg.AssetCheckResult:
    """Whether files of a kind are held or rejected, with each of them, its reason and the records at fault."""
    status = spec.name.removeprefix("no_file_is_")
    kind, _ = _KINDS[spec.asset_key]
    entries = [entry for entry in billing_run.ledger.files(kind) if entry.status == status]
    shown = [
        {
            "file_id": entry.file_id,
            "file_name": entry.file_name,
            "source": entry.source,
            "sender": entry.switch_id or entry.bank_code or "",
            "reason": entry.status_reason or "",
            "first_records": "\n".join(record.text for record in entry.offending_records),
        }
        for entry in reversed(entries)
    ]
    return dg.AssetCheckResult(
        passed=not entries,
        check_name=spec.name,
        asset_key=spec.asset_key,
        severity=REPORTED,
        metadata={"files": len(entries), status: table(shown[:_MOST_SHOWN])},
    )


def _hold_above(billing_run: BillingRun) -> dict[str, Decimal]:
    """The shares above which a file is held; an empty limit never holds."""
    limits = {gate: billing_run.book.gate_thresholds[gate].hold_above for gate in RECORD_GATES}
    return {gate: Decimal(1) if limit is None else limit for gate, limit in limits.items()}
