"""The last assets: the edition's files, the pointer that shows them all at once, and the pages that are drawn from them."""

from collections.abc import Iterator

import dagster as dg
import duckdb

from dashboards.i18n import Translate
from dashboards.pages.frame import GATES
from dashboards.pages.spec import PageSpec
from dashboards.site_map import PAGES
from expectations.results import blocking
from orchestration.defs import groups
from orchestration.defs.metadata import code_at
from orchestration.defs.quality.assets import gate_results
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun
from orchestration.defs.warehouse.dbt_graph import FRESH
from orchestration.errors import GatesBlocked
from orchestration.publishing.editions import publish, publish_blocked, stage_edition
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.publishing.site import draw_site
from orchestration.publishing.site_list import SITE
from orchestration.runtime.progress import reporter
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.gate_results import kept_results
from orchestration.warehouse.planning.run_signature import note_published, run_signature
from orchestration.warehouse.planning.stale_days import day_builds

OWNERS = [groups.OWNERS[groups.EDITION]]
EDITION_FILES = dg.AssetKey("edition_files")
PUBLISHED = dg.AssetKey("published_edition")
_MARTS = [dg.AssetKey(["marts", mart.name]) for mart in PUBLISHED_MARTS]


def _spec(key: dg.AssetKey, description: str, kinds: set[str], deps: list[dg.AssetKey], code: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        description=description,
        deps=deps,
        group_name=groups.EDITION,
        owners=OWNERS,
        kinds=kinds,
        tags={"layer": "edition", **groups.way_tags("/".join(key.path))},
        metadata={"dagster/code_references": code_at(PROJECT_ROOT / code, code)},
        skippable=True,
    )


def _page_key(page: PageSpec) -> dg.AssetKey:
    return dg.AssetKey(["site", page.name])


def _page_spec(page: PageSpec) -> dg.AssetSpec:
    """A page with the marts that it reads, as its exposure in dbt names them."""
    t = Translate.to("en")
    marts = [dg.AssetKey(["marts", mart]) for mart in page.marts]
    results = [gate_results.key] if page.name == GATES else []
    return _spec(
        _page_key(page),
        f"Page '{t(f'pages.{page.name}.title')}' ({page.section}), in Chinese and English, readable from disk without network. "
        f"{t(f'pages.{page.name}.intro')}",
        {"plotly"},
        [PUBLISHED, *results, *marts],
        f"{page.content.__module__.replace('.', '/')}.py",
    )


_SPECS = [
    _spec(
        EDITION_FILES,
        "One folder of Parquet files per mart with a manifest of hashes and control totals; what did not change is shared with "
        "the edition before.",
        {"parquet", "duckdb"},
        [gate_results.key, *_MARTS],
        "orchestration/publishing/editions.py",
    ),
    _spec(
        PUBLISHED,
        "The pointer current.json, replaced in one step when all release gates hold; else it stays and the blocked run is "
        "shown apart.",
        {"json"},
        [EDITION_FILES],
        "orchestration/publishing/editions.py",
    ),
    *map(_page_spec, PAGES),
]


@dg.multi_asset(
    name="edition",
    specs=[
        spec.replace_attributes(freshness_policy=dg.FreshnessPolicy.time_window(fail_window=FRESH)) for spec in _SPECS
    ],
    pool=WAREHOUSE_POOL,
    can_subset=True,
)
def edition(context: dg.AssetExecutionContext, billing_run: BillingRun) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Stage the marts, show all at once, and draw the pages; or show what blocked the edition, and keep the old one."""
    if not billing_run.is_whole:  # of tables that were built at different times it would not agree with itself
        raise dg.Failure(
            "An edition is published by a run of all assets, and some are not selected: launch the job tollhouse_run; nothing was "
            "published.",
            allow_retries=False,
        )
    settings = billing_run.settings
    with billing_run.warehouse() as con:
        facts = billing_run.facts(con)
        gates = kept_results(con)
        blocked_by = blocking(gates)
        if blocked_by:
            reporter().step("show what blocked the edition")
            folder = publish_blocked(settings.published, con, context.run_id, PUBLISHED_MARTS, gates, facts.as_of)
            billing_run.note(status="blocked", blocked_path=str(folder.relative_to(settings.home)))
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
            reference_book=billing_run.book.fingerprint,
        )
        for path in staged.written_anew:
            reporter().warn(f"{path} is not the file that was published: the new edition has its own")
        reporter().step("publish")
        billing_run.ledger.flush()  # the inputs of the edition are on the disk before the edition is shown
        folder = publish(staged)
        billing_run.ledger.note_edition(staged.edition, staged.manifest["revision"])
        closed = [period for (period,) in con.execute("select billing_period from closed.periods").fetchall()]
        note_published(
            con, run_signature(settings, billing_run.ledger, billing_run.book, facts, closed), staged.edition
        )
        figures = _key_figures(con)
    billing_run.note(
        status="published",
        edition=staged.edition,
        edition_path=str(folder.relative_to(settings.home)),
        figures=figures,
    )
    context.instance.add_run_tags(context.run_id, {"edition": staged.edition, "as_of": facts.as_of.isoformat()})
    marts = staged.manifest["marts"]
    rows = sum(entry["rows"] for mart in marts.values() for entry in mart["files"])
    yield dg.MaterializeResult(asset_key=EDITION_FILES, metadata={"dagster/row_count": rows, "edition": staged.edition})
    yield dg.MaterializeResult(asset_key=PUBLISHED, metadata={"dagster/row_count": 1, "edition": staged.edition})
    # The edition is shown by now: pages delay nothing, and the next run draws those that this one does not.
    reporter().step("draw the pages")
    draw_site(settings, folder)
    for page in PAGES:
        path = folder / SITE / "en" / f"{page.name}.html"
        has_file = {"page": dg.MetadataValue.path(str(path))} if path.is_file() else {}
        yield dg.MaterializeResult(asset_key=_page_key(page), metadata={**has_file, "edition": staged.edition})


def _key_figures(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The figures that a run prints at its end: states of records, and the newest complete period of the branch."""
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
