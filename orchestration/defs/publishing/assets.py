"""The last assets: the edition's files, its pages, and the pointer that shows both at once."""

from collections.abc import Iterator

import dagster as dg
import duckdb

from dashboards.site import build_site
from expectations.results import blocking
from orchestration.defs.quality.assets import gate_results
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun
from orchestration.errors import GatesBlocked
from orchestration.publishing.editions import publish, publish_blocked, stage_edition
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.runtime.progress import reporter
from orchestration.runtime.run_record import update_record
from orchestration.warehouse.gate_results import kept_results
from orchestration.warehouse.planning.run_signature import note_published, run_signature
from orchestration.warehouse.planning.stale_days import day_builds

GROUP = "publishing"
OWNERS = ["team:analysts"]


@dg.multi_asset(
    name="edition",
    specs=[
        dg.AssetSpec(
            "edition_files",
            description="One folder of Parquet files per mart with a manifest of hashes and control totals; "
            "what did not change is shared with the edition before.",
            deps=[gate_results.key, *(dg.AssetKey(["marts", mart.name]) for mart in PUBLISHED_MARTS)],
            group_name=GROUP,
            owners=OWNERS,
            kinds={"parquet", "duckdb"},
        ),
        dg.AssetSpec(
            "management_page",
            description="The edition's bilingual pages (Chinese, English): branch figures and gate results, "
            "readable from disk without network.",
            deps=["edition_files"],
            group_name=GROUP,
            owners=OWNERS,
            kinds={"plotly"},
        ),
        dg.AssetSpec(
            "published_edition",
            description="The pointer current.json, replaced in one step when all release gates hold; "
            "else it stays and the blocked run is shown apart.",
            deps=["edition_files", "management_page"],
            group_name=GROUP,
            owners=OWNERS,
            kinds={"json"},
        ),
    ],
    pool=WAREHOUSE_POOL,
    can_subset=False,
)
def edition(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Stage the marts, draw the pages into them, and show all at once; or show what blocked it, and keep the old one."""
    settings = billing_run.settings
    with billing_run.warehouse() as con:
        facts = billing_run.facts(con)
        gates = kept_results(con)
        blocked_by = blocking(gates)
        if blocked_by:
            reporter().step("show what blocked the edition")
            folder = publish_blocked(settings.published, con, context.run_id, PUBLISHED_MARTS, gates, facts.as_of)
            update_record(settings, status="blocked", blocked_path=str(folder.relative_to(settings.home)))
            names = ", ".join(f"{result.suite}.{result.gate}" for result in blocked_by)
            raise GatesBlocked(f"the release gates blocked the edition: {names}; see {folder}. The last edition stays")
        reporter().step("stage the edition")
        newest = billing_run.ledger.newest_edition()
        staged = stage_edition(
            settings.published,
            con,
            PUBLISHED_MARTS,
            as_of=facts.as_of,
            gates=gates,
            partition_builds={"rated_calls": day_builds(con)},
            time_zone=settings.time_zone,
            ledger_order=billing_run.ledger.last_order(),
            after_revision=0 if newest is None else newest[1],
        )
        for path in staged.written_anew:
            reporter().warn(f"{path} is not the file that was published: the new edition has its own")
        reporter().step("draw the pages")
        pages = build_site(staged.folder, settings.published)
        reporter().step("publish")
        billing_run.ledger.flush()  # what the edition stands on comes to the disk before the edition is shown
        folder = publish(staged)
        billing_run.ledger.note_edition(staged.edition, staged.manifest["revision"])
        closed = [period for (period,) in con.execute("select billing_period from closed.periods").fetchall()]
        note_published(
            con, run_signature(settings, billing_run.ledger, billing_run.book, facts, closed), staged.edition
        )
        figures = _key_figures(con)
    update_record(
        settings,
        status="published",
        edition=staged.edition,
        edition_path=str(folder.relative_to(settings.home)),
        figures=figures,
    )
    marts = staged.manifest["marts"]
    rows = sum(entry["rows"] for mart in marts.values() for entry in mart["files"])
    yield dg.MaterializeResult(
        asset_key="edition_files", metadata={"dagster/row_count": rows, "edition": staged.edition}
    )
    yield dg.MaterializeResult(
        asset_key="management_page",
        metadata={"dagster/row_count": len(pages), "page": dg.MetadataValue.path(str(folder / "site" / "index.html"))},
    )
    yield dg.MaterializeResult(
        asset_key="published_edition", metadata={"dagster/row_count": 1, "edition": staged.edition}
    )


def _key_figures(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What a run says at its end, as text: states of records, and the newest complete period of the branch."""
    figures: dict[str, str] = {}
    for state, count in con.execute(
        "select state, sum(records) from intermediate.int_call_states_daily group by state order by state"
    ).fetchall():
        figures[f"records {state.replace('_', ' ')}"] = str(count)
    row = con.execute(
        "select billing_period, receivable, received, collection_rate from marts.collection_rates "
        "where dimension = 'branch' order by billing_period desc limit 1"
    ).fetchone()
    if row is not None:
        figures |= {"newest complete period": row[0], "receivable": str(row[1]), "received": str(row[2])}
        figures["collection rate"] = "-" if row[3] is None else f"{row[3]:.2%}"
    return figures
