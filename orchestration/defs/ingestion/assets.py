"""Assets of the intake: from the sources' folders to typed Parquet. Decoding is in orchestration/ingestion, judging in
orchestration/warehouse/judging.py; gates are in defs/quality."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import dagster as dg

from orchestration.branch_clock import machine_day
from orchestration.ingestion.bank_results import judge_bank_files
from orchestration.ingestion.decoding import decode_registered
from orchestration.ingestion.export_judging import judge_exports
from orchestration.ingestion.format_disagreements import format_disagreements
from orchestration.ingestion.ledger_schema import FileEntry
from orchestration.ingestion.odd_dates import judge_dates
from orchestration.ingestion.pulling import pull
from orchestration.ingestion.reference_tables import RECORD_GATES
from orchestration.partitions import CALL_DAYS
from orchestration.reporting import reporter
from orchestration.resources import WAREHOUSE_POOL, BillingRun
from orchestration.run_record import update_record
from orchestration.warehouse.evidence import bank_file_records
from orchestration.warehouse.judging import judge_cdr_files

GROUP = "intake"
OWNERS = ["team:mediation"]
_MOST_SHOWN = 100


def _status_checks(asset: str, what: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec("no_file_is_held", asset=asset, description=f"No {what} waits for somebody to release it."),
        dg.AssetCheckSpec("no_file_is_rejected", asset=asset, description=f"No {what} was refused unread."),
    ]


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "sqlite"},
    pool=WAREHOUSE_POOL,
    check_specs=[
        dg.AssetCheckSpec(
            "every_source_can_be_read",
            asset="inbox_files",
            description="Every source could be listed, and every settled file in it copied whole. What could not be is asked "
            "for again by the next run; nothing else waits for it.",
        )
    ],
)
def inbox_files(billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per delivered file: pulled whole into the landing area and registered in the file ledger."""
    reporter().step("pull files")
    pulled = pull(billing_run.settings, billing_run.ledger, progress=reporter().detail)
    settings, gap = billing_run.settings, billing_run.book.gate_thresholds["date_gap"].hold_above
    held = judge_dates(billing_run.ledger, machine_day(settings), gap)
    problems = list(pulled.unreachable)
    problems += [f"{name}: still growing or replaced meanwhile, left for the next run" for name in pulled.growing]
    problems += [f"{name}: waits for its companion (.ctl or .done)" for name in pulled.waiting]
    problems += [f"{entry.source}/{entry.file_name} is rejected: {entry.status_reason}" for entry in pulled.rejected]
    problems += [f"{entry.source}/{entry.file_name} is held: {entry.status_reason}" for entry in held]
    for problem in problems:
        reporter().warn(problem)
    if billing_run.is_recorded:
        update_record(billing_run.settings, problems=problems, unreachable=pulled.unreachable)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(billing_run.ledger.files()),
            "listed": pulled.listed,
            "new": len(pulled.registered),
            "new_files": dg.MetadataValue.json(
                [f"{entry.source}/{entry.file_name}" for entry in pulled.registered[:_MOST_SHOWN]]
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="every_source_can_be_read",
                passed=not pulled.unreachable,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "unreachable": len(pulled.unreachable),
                    "reasons": pulled.unreachable[:_MOST_SHOWN],
                },
            )
        ],
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "parquet"},
    deps=[inbox_files],
    check_specs=_status_checks("customer_exports", "customer-system export"),
    pool=WAREHOUSE_POOL,
)
def customer_exports(billing_run: BillingRun) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """One row per row of a customer-system export, typed; rows that cannot be read stand beside it as text with a reason.
    A spoilt export is held as a whole, and the snapshot before it stays in force."""
    reporter().step("decode exports and bank files")
    result = _decoded(billing_run, "customers")
    limits = billing_run.book.gate_thresholds
    stopped = judge_exports(
        billing_run.ledger,
        billing_run.settings.raw,
        limits["export_rows"].hold_above,
        limits["export_shrink"].hold_above,
    )
    for entry in stopped:
        _warn_of(entry)
    yield result
    yield from _status_results(billing_run, "customers")


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "parquet"},
    deps=[inbox_files],
    check_specs=_status_checks("bank_results", "bank result file"),
    pool=WAREHOUSE_POOL,
)
def bank_results(billing_run: BillingRun) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """One row per detail line of a bank result file; a file that disagrees with itself is held with the difference."""
    result = _decoded(billing_run, "bank")
    codes = billing_run.book.result_codes
    with billing_run.warehouse() as con:
        records_of = partial(bank_file_records, con, billing_run.settings.raw, result_codes=codes)
        judged = judge_bank_files(billing_run.ledger, codes, records_of)
    for entry in judged:
        if entry.status != "loaded":
            _warn_of(entry)
    yield result
    yield from _status_results(billing_run, "bank")


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "parquet"},
    deps=[inbox_files, bank_results, customer_exports],
    check_specs=_status_checks("call_detail_records", "call detail file"),
    partitions_def=CALL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WAREHOUSE_POOL,
)
def call_detail_records(
    context: dg.AssetExecutionContext, billing_run: BillingRun
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """One row per call record of every readable file, typed; malformed lines stand beside it as text. Files are judged:
    loaded, held or rejected, in the order they were registered. Partitions are the days the calls began on."""
    reporter().step("decode call records")
    ledger = billing_run.ledger
    result = _decoded(billing_run, "cdr")
    reporter().step("judge call files")
    with billing_run.warehouse() as con:
        judgements = judge_cdr_files(
            ledger, con, billing_run.settings.raw, _hold_above(billing_run), billing_run.as_of_date()
        )
    for told in format_disagreements(billing_run.book.tables["switches"], (one.entry for one in judgements)):
        reporter().warn(told)
    for judgement in judgements:
        if judgement.status != "loaded":
            reporter().warn(
                f"{judgement.entry.source}/{judgement.entry.file_name} is {judgement.status}: {judgement.reason}"
            )
    new = {judgement.entry.file_id for judgement in judgements}
    records: dict[str, int] = {}
    for day in ledger.call_days():
        if day.file_id in new:
            records[day.call_date.isoformat()] = records.get(day.call_date.isoformat(), 0) + day.records
    note_days(context, context.asset_key, records)
    yield result
    yield from _status_results(billing_run, "cdr")


def note_days(context: dg.AssetExecutionContext, key: dg.AssetKey, rows: dict[str, int]) -> None:
    """Tell Dagster which days of a daily asset this run made, each with its row count.

    A run rebuilds the days that are stale, which need be no unbroken range and are not known when it is launched: so the
    days are logged one by one. A day that was asked for as the run's own partition is told by the asset's result.
    """
    own = context.partition_keys if context.has_partition_key or context.has_partition_key_range else []
    for day, count in sorted(rows.items()):
        if day not in own:
            context.log_event(
                dg.AssetMaterialization(key, partition=day, metadata={"dagster/partition_row_count": count})
            )


def _decoded(billing_run: BillingRun, kind: str) -> dg.MaterializeResult:  # type: ignore[type-arg]
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
        # A file is judged by what is in it: one that reads differently now (its switch has become known) is judged anew.
        entry = billing_run.ledger.file(file.file_id)
        if kind != "bank" and entry.status == "held" and not entry.is_held_for_date:
            billing_run.ledger.set_status(file.file_id, "registered", None)
    rows = sum(entry.read_records + entry.data_rows for entry in billing_run.ledger.files(kind))
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "files_decoded": len(decoded)})


def _warn_of(entry: FileEntry) -> None:
    """Name a file that was not loaded, and why."""
    reporter().warn(f"{entry.source}/{entry.file_name} is {entry.status}: {entry.status_reason}")


def _status_results(billing_run: BillingRun, kind: str) -> Iterator[dg.AssetCheckResult]:
    """Whether files of a kind are held or rejected: an ERROR with each of them, its reason and the records at fault."""
    for status in ("held", "rejected"):
        entries = [entry for entry in billing_run.ledger.files(kind) if entry.status == status]
        shown = [
            {
                "file_id": entry.file_id,
                "file_name": entry.file_name,
                "source": entry.source,
                "switch_id": entry.switch_id,
                "bank_code": entry.bank_code,
                "reason": entry.status_reason,
                "first_records": [record.text for record in entry.offending_records],
            }
            for entry in reversed(entries)
        ]
        yield dg.AssetCheckResult(
            passed=not entries,
            check_name=f"no_file_is_{status}",
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"files": len(entries), status: dg.MetadataValue.json(shown[:_MOST_SHOWN])},
        )


def _hold_above(billing_run: BillingRun) -> dict[str, Decimal]:
    """The shares above which a file is held; an empty limit never holds."""
    limits = {gate: billing_run.book.gate_thresholds[gate].hold_above for gate in RECORD_GATES}
    return {gate: Decimal(1) if limit is None else limit for gate, limit in limits.items()}
