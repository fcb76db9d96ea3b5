"""Assets of the warehouse: the raw schema, the plan of stale days, and the dbt graph in its three sides.

Rules are in dbt_project and in orchestration/warehouse; what stands here is the order.
"""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.branch_clock import branch_now, machine_day
from orchestration.defs import groups
from orchestration.defs.ingestion.assets import (
    BANK_RESULTS,
    CALL_DETAIL_RECORDS,
    CUSTOMER_EXPORTS,
    INBOX_FILES,
    note_days,
)
from orchestration.defs.metadata import code_at, table
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun, GateRunner, plain_refusal
from orchestration.defs.warehouse.dbt_graph import DAILY_MART, TRANSLATOR, TollhouseTranslator, manifest, run_side
from orchestration.errors import TollhouseError
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.publishing.reading import current_edition, lost_pointer, published_as_of
from orchestration.publishing.site import draw_site
from orchestration.publishing.site_list import is_drawn
from orchestration.runtime.progress import reporter
from orchestration.state.published import lost_editions
from orchestration.warehouse.dbt_runner import model_code
from orchestration.warehouse.planning.run_signature import is_published, run_signature
from orchestration.warehouse.planning.stale_days import USED_TABLES, find_stale_days, note_built, note_built_in_part
from orchestration.warehouse.raw import raw_schema as raw_schema_module
from orchestration.warehouse.raw.export_history import TABLES_WITH_HISTORY
from orchestration.warehouse.raw.rating_sample import draw_sample
from orchestration.warehouse.raw.raw_schema import create_book_inputs, create_call_inputs, default_as_of, run_facts
from orchestration.warehouse.raw.suspense_retries import note_tries

KINDS = {"python", "duckdb"}

RATED_CALLS = dg.AssetKey(["marts", DAILY_MART])


def _raw(name: str, group: str, description: str, *deps: Any) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw", name],
        description=description,
        deps=deps,
        group_name=group,
        owners=[groups.OWNERS[group]],
        kinds=KINDS,
        tags={"layer": "raw", **groups.way_tags(f"raw/{name}")},
        metadata={"dagster/code_references": code_at(Path(raw_schema_module.__file__), "raw_schema.py")},
        skippable=True,
    )


_INPUTS = [
    _raw("run_facts", groups.INBOX, "One row: the run's as-of date and first billing period.", INBOX_FILES),
    _raw(
        "file_register",
        groups.INBOX,
        "One row per registered file dated up to the as-of date.",
        INBOX_FILES,
        CALL_DETAIL_RECORDS,
        BANK_RESULTS,
    ),
    _raw("call_days", groups.INBOX, "One row per call date of the loaded files.", CALL_DETAIL_RECORDS),
    _raw(
        "clock_days",
        groups.INBOX,
        "One row per day that calls of the loaded files can reach into.",
        CALL_DETAIL_RECORDS,
    ),
    _raw(
        "joined_pieces",
        groups.CALLS,
        "One row per piece of a long call, with the call it is joined to.",
        CALL_DETAIL_RECORDS,
    ),
    _raw(
        "ledger_totals",
        groups.QUALITY,
        "One row per file whose rows count, with what the ledger counted in it.",
        CALL_DETAIL_RECORDS,
        BANK_RESULTS,
        CUSTOMER_EXPORTS,
    ),
    _raw("debits", groups.BILLS, "One row per detail line of a bank result file that is not rejected.", BANK_RESULTS),
    _raw("debit_batches", groups.BILLS, "One row per bank result file that is not rejected.", BANK_RESULTS),
    _raw(
        "debit_requests",
        groups.INBOX,
        "One row per line of the debit requests made up to the as-of date; they are kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "rerating_changes",
        groups.INBOX,
        "One row per account, zone, unit and period that a re-rating changed; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "rerating_adjustments",
        groups.INBOX,
        "One row per number, zone and day of closed calls that a re-rating adjusts; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "rerating_lines",
        groups.INBOX,
        "One row per amount that a re-rating has posted; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "period_reopenings",
        groups.INBOX,
        "One row per reopening of a billing period; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "reopened_figures",
        groups.INBOX,
        "One row per reopening, account and bill item: what had been closed, from the files of the closing.",
        INBOX_FILES,
    ),
    _raw(
        "settlement_decisions",
        groups.INBOX,
        "One row per approval and lock of a settlement; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "kept_commission_lines",
        groups.INBOX,
        "One row per commission line of an approval or lock, as it was then; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "kept_commission_bases",
        groups.INBOX,
        "One row per basis of the lines of a locked settlement, as it was locked; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "kept_settlement_restatements",
        groups.INBOX,
        "One row per restatement of a locked settlement, as it was locked; kept in the file ledger.",
        INBOX_FILES,
    ),
    _raw(
        "set_aside_rows",
        groups.INBOX,
        "One row per line of an export or bank file that could not be read.",
        BANK_RESULTS,
        CUSTOMER_EXPORTS,
    ),
    _raw(
        "gate_thresholds",
        groups.CUSTOMERS,
        "One row per gate with its thresholds: those of the reference book, else the defaults.",
    ),
    _raw(
        "banks_by_exception",
        groups.BILLS,
        "One row per bank whose files list failures only, with the days until a debit counts as collected.",
        BANK_RESULTS,
    ),
    _raw("crm_snapshots", groups.CUSTOMERS, "One row per loaded customer export.", CUSTOMER_EXPORTS),
    *(
        _raw(
            f"crm_{table}_history",
            groups.CUSTOMERS,
            "One row per form of a row and stretch of exports that have it.",
            CUSTOMER_EXPORTS,
        )
        for table in TABLES_WITH_HISTORY
    ),
    *(
        _raw(f"crm_{table}", groups.CUSTOMERS, f"The newest {table} export up to the as-of date.", CUSTOMER_EXPORTS)
        for table in EXPORT_TABLES
    ),
]


def _kept(key: list[str], group: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(key, description=description, group_name=group, owners=[groups.OWNERS[group]], kinds={"duckdb"})


#: Tables that no run creates again: what finance has closed, and what runs keep for the next run.
KEPT = [
    *(
        _kept(
            ["closed", name],
            group,
            f"{what} of the periods that are closed, as they were; `tollhouse close` writes them, `tollhouse reopen` takes them out.",
        )
        for name, what, group in (
            ("periods", "Names", groups.CUSTOMERS),
            ("calls", "Rated calls", groups.CALLS),
            ("bill_lines", "Bill lines", groups.BILLS),
            ("bills", "Bills", groups.BILLS),
            ("adjustments", "Charges and credits by hand on the bills", groups.BILLS),
            ("late_fees", "Late fees that had accrued by the end", groups.BILLS),
        )
    ),
    _kept(
        ["closed", "reopened_calls"],
        groups.CALLS,
        "One row per closed call that a re-rating rates again, in the scratch warehouse of `tollhouse rerate`; else empty.",
    ),
    _kept(["state", "suspense_tries"], groups.CALLS, "One row per suspended call and run that tried again to rate it."),
    _kept(
        ["state", "rating_sample"],
        groups.CALLS,
        "One row per call that the newest run drew and charged a second time, with where the two charges differ.",
    ),
]


@dg.multi_asset(name="raw_schema", specs=_INPUTS, pool=WAREHOUSE_POOL, can_subset=True)
def raw_schema(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Creates what dbt reads, from the ledger and the raw zone. Where an edition of exactly these inputs exists already, the
    run ends here: everything after it is skipped."""
    reporter().step("create the raw schema")
    settings, ledger = billing_run.settings, billing_run.ledger
    with plain_refusal(billing_run), billing_run.warehouse() as con:
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
        # A run without --as-of does not go back behind the edition that was published last, even if that edition is lost.
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
        billing_run.note(as_of=facts.as_of.isoformat(), ledger_state=ledger.state())
        forced = (
            _requested_days(context) or is_lost or context.run.asset_selection
        )  # who clicks on assets wants them built
        if not forced and is_published(con, settings, run_signature(settings, ledger, billing_run.book, facts, closed)):
            assert current is not None  # is_published saw it
            path = str(current.folder.relative_to(settings.home))
            billing_run.note(status="nothing_new", edition=current.edition, edition_path=path)
            if not is_drawn(current.folder):  # the run that published it was ended before its pages were drawn
                reporter().step("draw the pages")
                draw_site(settings, current.folder)
            return
        billing_run.begin_building(con)
        create_book_inputs(con, settings, ledger, facts, billing_run.book.gate_thresholds)
        for spec in _INPUTS:
            if spec.key in context.selected_asset_keys:
                schema, name = spec.key.path
                row = con.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
                yield dg.MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": row[0] if row else 0})


@dbt_assets(manifest=manifest(), select="tag:book", name="book", dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL)
def book(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[Any]:
    """What rating and billing rest on: the reference book, the compiled tariffs, who holds which number, the periods."""
    reporter().step("build the book side")
    yield from run_side(context, billing_run, "book")


_PLANNED = [
    _raw(
        "stale_days",
        groups.CALLS,
        "One row per call date that this run rebuilds, and no other.",
        ["raw", "call_days"],
        *(model.split(".") for model in sorted(set(USED_TABLES.values()))),
    ),
    _raw(
        "calls",
        groups.CALLS,
        "One row per readable record of the loaded files with calls of a stale day.",
        ["raw", "stale_days"],
    ),
    _raw(
        "duplicate_calls",
        groups.CALLS,
        "One row per record of a stale day that repeats an earlier one.",
        ["raw", "stale_days"],
    ),
    _raw(
        "settlement_twins",
        groups.CALLS,
        "One row per record of a stale day's call that was written once for each party charged.",
        ["raw", "stale_days"],
    ),
]


@dg.multi_asset(name="call_plan", specs=_PLANNED, pool=WAREHOUSE_POOL, can_subset=True)
def call_plan(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Finds the stale days and creates the tables of their calls. A day that is the run's partition is always rebuilt."""
    reporter().step("plan the stale days")
    with plain_refusal(billing_run), billing_run.warehouse() as con:
        facts = billing_run.facts(con)
        billing_run.begin_building(con)
        stale = find_stale_days(con, billing_run.ledger, facts, model_code(), _requested_days(context))
        create_call_inputs(con, billing_run.settings, billing_run.ledger, facts, stale)
    billing_run.note(rebuilt_days={day.isoformat(): why for day, why in sorted(stale.items())})
    if billing_run.is_whole:
        context.instance.add_run_tags(context.run_id, {"stale_days": days_in_words(stale)})
    for spec in _PLANNED:
        if spec.key in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=spec.key,
                metadata={
                    "stale_days": len(stale),
                    "days": table([{"call_date": day, "why": why} for day, why in sorted(stale.items())]),
                },
            )


def calls(call_days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The calls' side of the graph, with its partitions."""

    @dbt_assets(
        manifest=manifest(),
        select="tag:calls",
        name="calls",
        dagster_dbt_translator=TollhouseTranslator(call_days),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def calls(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[Any]:
        """The calls of the stale days, each in its one state, rated where it could be, and the sums of each day."""
        reporter().step("rate the stale days")
        requested = _requested_days(context)
        if not billing_run.is_whole and context.selected_asset_keys:
            with plain_refusal(billing_run), billing_run.warehouse() as con:
                facts = billing_run.facts(con)
                if requested and not _is_planned(context):  # these days only, on the warehouse as it is
                    create_call_inputs(con, billing_run.settings, billing_run.ledger, facts, requested)
                note_built_in_part(con)
        results = list(run_side(context, billing_run, "calls"))
        if context.selected_asset_keys:
            with billing_run.warehouse() as con:
                note_days(context, RATED_CALLS, _rated_of_stale_days(con))
                if billing_run.is_whole:
                    note_built(con, billing_run.ledger, billing_run.facts(con), context.run_id)
                    note_tries(con, branch_now(billing_run.settings.time_zone))
                    draw_sample(con, billing_run.book, billing_run.facts(con).as_of)
        # After the events of the days, so that the newest event of each asset is that of the whole table, with its columns' lineage.
        yield from results

    return calls


@dbt_assets(
    manifest=manifest(), select="tag:accounts", name="accounts", dagster_dbt_translator=TRANSLATOR, pool=WAREHOUSE_POOL
)
def accounts(context: dg.AssetExecutionContext, billing_run: BillingRun, gate_runner: GateRunner) -> Iterator[Any]:
    """Everything that sums over days: bills, payments, collection rates, commission, traffic, conflicts, the bulletin."""
    reporter().step("build the accounts side")
    if billing_run.is_whole:
        gate_runner.start(billing_run.settings)  # imports while dbt works
    yield from run_side(context, billing_run, "accounts")


def _rated_of_stale_days(con: Any) -> dict[str, int]:
    return {
        day.isoformat(): count
        for day, count in con.execute(
            "select stale.call_date, count(rated.call_id) from raw.stale_days as stale "
            "left join marts.rated_calls as rated on stale.call_date = rated.call_date group by all"
        ).fetchall()
    }


def _is_planned(context: dg.AssetExecutionContext) -> bool:
    """Whether this run has found the stale days itself."""
    return any(spec.key in (context.run.asset_selection or ()) for spec in _PLANNED)


def days_in_words(days: Collection[date]) -> str:
    """Some days in the length of a tag: the first and the last, and how many."""
    if len(days) < 2:
        return "".join(day.isoformat() for day in days) or "none"
    return f"{len(days)} days {min(days)} to {max(days)}"


def _requested_days(context: dg.AssetExecutionContext) -> frozenset[date]:
    """The call days that the run was launched for as partitions (a rebuild requested by hand)."""
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
