"""Assets of the warehouse: the raw schema, the plan of stale days, and the dbt graph in its three sides.

Rules are in dbt_project and in orchestration/warehouse; what stands here is the order.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.branch_clock import branch_now, machine_day
from orchestration.defs.ingestion.assets import (
    bank_results,
    call_detail_records,
    customer_exports,
    inbox_files,
    note_days,
)
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun
from orchestration.defs.warehouse.dbt_graph import DAILY_MART, MANIFEST, TRANSLATOR, run_side
from orchestration.errors import TollhouseError
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.publishing.reading import current_edition, lost_pointer, published_as_of
from orchestration.runtime.progress import reporter
from orchestration.runtime.run_record import update_record
from orchestration.state.published import lost_editions
from orchestration.warehouse.dbt_runner import model_code
from orchestration.warehouse.planning.run_signature import is_published, run_signature
from orchestration.warehouse.planning.stale_days import find_stale_days, note_built
from orchestration.warehouse.raw.export_history import TABLES_WITH_HISTORY
from orchestration.warehouse.raw.raw_schema import default_as_of, lay_book_inputs, lay_call_inputs, run_facts
from orchestration.warehouse.raw.suspense_retries import note_tries

GROUP = "raw_schema"
OWNERS = ["team:mediation"]
KINDS = {"python", "duckdb"}


def _raw(name: str, description: str, *deps: Any) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw", name], description=description, deps=deps, group_name=GROUP, owners=OWNERS, kinds=KINDS, skippable=True
    )


_INPUTS = [
    _raw("run_facts", "One row: the run's as-of date and first billing period.", inbox_files),
    _raw(
        "file_register",
        "One row per registered file dated up to the as-of date.",
        inbox_files,
        call_detail_records,
        bank_results,
    ),
    _raw("call_days", "One row per call date of the loaded files.", call_detail_records),
    _raw("clock_days", "One row per day that calls of the loaded files can reach into.", call_detail_records),
    _raw("joined_pieces", "One row per piece of a long call, with the call it is joined to.", call_detail_records),
    _raw("debits", "One row per detail line of a bank result file that is not rejected.", bank_results),
    _raw("debit_batches", "One row per bank result file that is not rejected.", bank_results),
    _raw("debit_requests", "One row per line of the debit requests made up to the as-of date.", inbox_files),
    _raw("rerating_changes", "One row per account, zone, unit and period that a re-rating changed.", inbox_files),
    _raw(
        "rerating_adjustments",
        "One row per number, zone and day of closed calls that a re-rating adjusts.",
        inbox_files,
    ),
    _raw("rerating_lines", "One row per amount that a re-rating has posted.", inbox_files),
    _raw(
        "set_aside_rows",
        "One row per line of an export or bank file that could not be read.",
        bank_results,
        customer_exports,
    ),
    _raw("crm_snapshots", "One row per loaded customer export.", customer_exports),
    *(
        _raw(f"crm_{table}_history", "One row per form of a row and stretch of exports that have it.", customer_exports)
        for table in TABLES_WITH_HISTORY
    ),
    *(
        _raw(f"crm_{table}", f"The newest {table} export up to the as-of date.", customer_exports)
        for table in EXPORT_TABLES
    ),
]

# What decides a call beside its file; a change of these makes days stale.
_COMPARED = ("int_number_assignments", "int_tariff_days", "int_class_plans", "int_destinations", "int_zones")

CLOSED = [
    dg.AssetSpec(
        ["closed", name],
        description=f"{what} of the periods that finance has closed, as they were; written by `tollhouse close` alone.",
        group_name="closed",
        owners=["team:finance"],
        kinds={"duckdb"},
    )
    for name, what in {"periods": "Names", "calls": "Rated calls", "bill_lines": "Bill lines", "bills": "Bills"}.items()
]


@dg.multi_asset(name="raw_schema", specs=_INPUTS, pool=WAREHOUSE_POOL, can_subset=False)
def raw_schema(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """What dbt reads, laid ready from the ledger and the raw zone. Where an edition of exactly this stands already, the
    run ends here: everything after it is skipped."""
    reporter().step("lay the raw schema")
    settings, ledger = billing_run.settings, billing_run.ledger
    with billing_run.warehouse() as con:
        con.execute(
            "create table if not exists closed.periods (billing_period varchar, closed_at timestamp, closed_by varchar)"
        )
        closed = [period for (period,) in con.execute("select billing_period from closed.periods").fetchall()]
        current = current_edition(settings.published)
        lost = lost_pointer(settings.published)
        if lost is not None:
            reporter().warn(lost)
        newest_edition = ledger.newest_edition()
        is_lost = newest_edition is not None and lost_editions(settings, ledger) is not None
        # A plain run does not go back behind the edition that was published last, be it lost.
        published = (
            date.fromisoformat(newest_edition[0][:10])
            if newest_edition is not None and is_lost
            else published_as_of(settings.published)
        )
        facts = run_facts(settings, ledger, closed, billing_run.as_of_date(), published)
        if facts is None:
            raise TollhouseError(
                f"nothing to do: no file with a date has ever come in; put files into the sources ({settings.inbox} by default)"
            )
        if closed and facts.as_of.isoformat()[:7] <= max(closed):
            raise TollhouseError(
                f"--as-of {facts.as_of}: period {max(closed)} is closed, and its bills are issued after that date; "
                "take a later date"
            )
        newest = default_as_of(ledger, None, machine_day(settings))
        if billing_run.as_of_date() is None and newest is not None and newest < facts.as_of:
            reporter().warn(
                f"as of {facts.as_of}, as the current edition is: the newest loaded file is of {newest}; "
                f"an earlier date needs --as-of, for example --as-of {newest}"
            )
        update_record(settings, as_of=facts.as_of.isoformat(), ledger_state=ledger.state())
        forced = _asked_for(context) or is_lost
        if not forced and is_published(con, settings, run_signature(settings, ledger, billing_run.book, facts, closed)):
            assert current is not None  # is_published saw it
            path = str(current.folder.relative_to(settings.home))
            update_record(settings, status="nothing_new", edition=current.edition, edition_path=path)
            return
        lay_book_inputs(con, settings, ledger, facts, billing_run.book.gate_thresholds)
    for spec in _INPUTS:
        yield dg.MaterializeResult(asset_key=spec.key)


@dbt_assets(manifest=MANIFEST, select="tag:book", name="book", dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL)
def book(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[Any]:
    """What rating and billing rest on: the reference book, the compiled tariffs, who holds which number, the periods."""
    reporter().step("build the book side")
    yield from run_side(context, billing_run, "book")


@dg.multi_asset(
    name="call_plan",
    specs=[
        _raw(
            "stale_days",
            "One row per call date that this run rebuilds, and no other.",
            ["raw", "call_days"],
            *(["intermediate", name] for name in _COMPARED),
        ),
        _raw(
            "calls", "One row per readable record of the loaded files with calls of a stale day.", ["raw", "stale_days"]
        ),
        _raw("repeated_calls", "One row per record of a stale day that repeats an earlier one.", ["raw", "stale_days"]),
        _raw(
            "settlement_twins",
            "One row per record of a stale day's call that was written once for each party charged.",
            ["raw", "stale_days"],
        ),
    ],
    pool=WAREHOUSE_POOL,
    can_subset=False,
)
def call_plan(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Finds the stale days and lays their calls ready. A day asked for as the run's partition is rebuilt in any case."""
    reporter().step("plan the stale days")
    with billing_run.warehouse() as con:
        facts = billing_run.facts(con)
        stale = find_stale_days(con, billing_run.ledger, facts, model_code(), _asked_for(context))
        lay_call_inputs(con, billing_run.settings, billing_run.ledger, facts, stale)
    update_record(billing_run.settings, rebuilt_days={day.isoformat(): why for day, why in sorted(stale.items())})
    for name in ("stale_days", "calls", "repeated_calls", "settlement_twins"):
        yield dg.MaterializeResult(asset_key=["raw", name], metadata={"stale_days": len(stale)})


@dbt_assets(
    manifest=MANIFEST,
    select="tag:calls",
    name="calls",
    dagster_dbt_translator=TRANSLATOR,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WAREHOUSE_POOL,
)
def calls(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[Any]:
    """The calls of the stale days, each in its one state, rated where it could be, and the sums of each day."""
    reporter().step("rate the stale days")
    results = list(run_side(context, billing_run, "calls"))
    with billing_run.warehouse() as con:
        rows = {
            day.isoformat(): count
            for day, count in con.execute(
                "select stale.call_date, count(rated.call_id) from raw.stale_days as stale "
                "left join marts.rated_calls as rated on stale.call_date = rated.call_date group by all"
            ).fetchall()
        }
        note_days(context, dg.AssetKey(["marts", DAILY_MART]), rows)
        note_built(con, billing_run.ledger, billing_run.facts(con), context.run_id)
        note_tries(con, branch_now(billing_run.settings.time_zone))
    # After the days' own events, so that the newest one of each asset is the whole table's, with its columns' lineage.
    yield from results


@dbt_assets(
    manifest=MANIFEST, select="tag:accounts", name="accounts", dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL
)
def accounts(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[Any]:
    """Everything that sums over days: bills, payments, collection rates, commission, traffic, conflicts, the bulletin."""
    reporter().step("build the accounts side")
    billing_run.gates()  # imports while dbt works
    yield from run_side(context, billing_run, "accounts")


def _asked_for(context: dg.AssetExecutionContext) -> frozenset[date]:
    """The call days that the run was launched for as partitions (a rebuild asked for by hand)."""
    tags = context.run.tags
    days = [
        tags[name]
        for name in ("dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        if name in tags
    ]
    if not days:
        return frozenset()
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    return frozenset(date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
