"""The dbt graph as assets: keys, groups, owners and partitions of its nodes, and running a part of it in this process."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.defs import groups
from orchestration.defs.metadata import KEEPS_BACK, REPORTED, code_at, plotted, table
from orchestration.defs.resources import BillingRun, plain_refusal
from orchestration.errors import TollhouseError
from orchestration.settings import DBT_PROJECT
from orchestration.warehouse.column_lineage import ColumnLineage, LineageReader
from orchestration.warehouse.dbt_runner import LINEAGE_MEMORY, NodeResult, manifest_nodes, run_dbt

# The daily mart that people look at by day; its partitions show which days were rebuilt, and when.
DAILY_MART = "rated_calls"

#: A mart is expected every day, and late after a day and a half.
FRESH = timedelta(hours=36)

_PREVIEW_ROWS = 10
#: Columns whose totals are shown on a mart's page. Ratios and percents have no total.
_TOTALLED = ("amount", "seconds", "receivable", "received", "calls", "records")


@cache
def manifest() -> dict[str, Any]:
    """dbt's manifest, read once per process."""
    return manifest_nodes()


class TollhouseTranslator(DagsterDbtTranslator):
    """dbt nodes as assets: key = schema and name, group = by the folder of the domain."""

    def __init__(self, call_days: dg.PartitionsDefinition | None = None) -> None:
        """`call_days` are the partitions of the rated calls."""
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))
        self._call_days = call_days

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`<schema>/<name>`, for models, seeds and sources alike."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """One of the groups along the way of the data."""
        return groups.group_of_model(dbt_resource_props["resource_type"], dbt_resource_props["fqn"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for the group."""
        return [groups.OWNERS[self.get_group_name(dbt_resource_props)]]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> dict[str, str]:
        """The layer, and the side of the graph that it is built with."""
        side = next((tag for tag in dbt_resource_props["tags"] if tag in SIDES), None)
        schema, name = dbt_resource_props["schema"], dbt_resource_props["name"]
        return {"layer": schema, **({"side": side} if side else {}), **groups.way_tags(f"{schema}/{name}")}

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> dict[str, Any]:
        """The columns, the file that makes the table, and the pages that show it."""
        found = dict(super().get_metadata(dbt_resource_props))
        if dbt_resource_props["resource_type"] == "model":
            path = DBT_PROJECT / dbt_resource_props["original_file_path"]
            found["dagster/code_references"] = code_at(path, dbt_resource_props["original_file_path"])
        shown = pages_that_show(dbt_resource_props["unique_id"])
        if shown:
            found["shown_on"] = dg.MetadataValue.md("\n".join(f"- {page}" for page in shown))
        return found

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition | None:
        """Rated calls have a partition for each call day; sums over days have none."""
        return self._call_days if dbt_resource_props["name"] == DAILY_MART else None

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """A mart has a freshness policy besides."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if spec.key.path[0] == "marts":
            spec = spec.replace_attributes(freshness_policy=dg.FreshnessPolicy.time_window(fail_window=FRESH))
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """A test of dbt as a check with its claim in words."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None or spec.description:
            return spec
        return spec._replace(description=claim_of_test(manifest["nodes"][unique_id]))


SIDES = ("book", "calls", "accounts")
TRANSLATOR = TollhouseTranslator()


@cache
def _exposures() -> dict[str, list[str]]:
    """For each model the pages that show it, by dbt's exposures."""
    found: dict[str, list[str]] = {}
    for exposure in manifest()["exposures"].values():
        for unique_id in exposure["depends_on"]["nodes"]:
            found.setdefault(unique_id, []).append(exposure["label"])
    return found


def pages_that_show(unique_id: str) -> list[str]:
    """The pages that show a model."""
    return sorted(_exposures().get(unique_id, []))


def claim_of_test(test: Mapping[str, Any]) -> str:
    """What a test of dbt claims, in words."""
    of = test.get("test_metadata")
    if of is None:
        return f"No row breaks {test['name'].removeprefix('assert_').replace('_', ' ')}."
    column = test.get("column_name") or of["kwargs"].get("column_name")
    more = of["kwargs"]
    claims = {
        "not_null": f"No row lacks {column}.",
        "unique": f"No two rows have the same {column}.",
        "accepted_values": f"{column} is one of {', '.join(map(str, more.get('values', [])))}.",
        "unique_key": f"No two rows have the same {' and '.join(map(str, more.get('columns') or []))}.",
        "relationships": f"Each {column} is a {more.get('field')} of {str(more.get('to', '')).strip('{}')}.",
    }
    words = of["name"].replace("_", " ")
    given = ", ".join(str(value) for name, value in more.items() if name != "model")
    return claims.get(of["name"], f"{words}: {given}".rstrip(": ") + ".")


def run_side(
    context: dg.AssetExecutionContext, billing_run: BillingRun, side: str
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Build what is selected of a side of the graph (tag book, calls or accounts): yields each asset and each test of it.

    A table or a mart comes with its row count; a mart with its totals and its first rows too.
    """
    # A run to an edition has every test, also where somebody selected all assets and none of their checks.
    is_part = context.is_subset and not billing_run.is_whole
    selected = _selected_nodes(context) if is_part else []
    selection = " ".join(manifest()["nodes"][unique_id]["name"] for unique_id in selected) or f"tag:{side}"
    with plain_refusal(billing_run):
        with billing_run.warehouse() as con:
            _refuse_missing_inputs(con, selected)
            if context.selected_asset_keys:  # a run of checks only changes nothing
                billing_run.begin_building(con)
        nodes = run_dbt(billing_run.settings, "build", selection, only_named_tests=is_part)
    found = _metadata_of_tables(billing_run, nodes)
    wanted = context.selected_asset_keys
    checks = context.selected_asset_check_keys
    for node in nodes:
        properties = manifest()["nodes"][node.unique_id]
        if properties["resource_type"] == "test":
            check = get_asset_check_key_for_test(manifest(), TRANSLATOR, node.unique_id, None)
            if check is not None and check in checks:
                yield dg.AssetCheckResult(
                    passed=node.status == "pass",
                    check_name=check.name,
                    asset_key=check.asset_key,
                    severity=REPORTED if node.status == "warn" else KEEPS_BACK,
                    metadata={"failures": node.failures or 0, "seconds": node.seconds},
                )
            continue
        key = TRANSLATOR.get_asset_key(properties)
        if key in wanted:
            yield dg.MaterializeResult(asset_key=key, metadata={"seconds": node.seconds, **found[node.unique_id]})


def _selected_nodes(context: dg.AssetExecutionContext) -> list[str]:
    """The ids of the models and tests that a run of some assets or checks is about."""
    found = []
    keys, checks = context.selected_asset_keys, context.selected_asset_check_keys
    for unique_id, properties in manifest()["nodes"].items():
        if properties["resource_type"] == "test":
            check = get_asset_check_key_for_test(manifest(), TRANSLATOR, unique_id, None)
            is_selected = check is not None and check in checks
        else:
            is_selected = (
                properties["resource_type"] in ("model", "seed") and TRANSLATOR.get_asset_key(properties) in keys
            )
        if is_selected:
            found.append(unique_id)
    return found


def _refuse_missing_inputs(con: Any, selected: Sequence[str]) -> None:
    """Raise TollhouseError where a table that these nodes read, and that is not built with them, was never built."""
    nodes = manifest()["nodes"]
    read = {read for unique_id in selected for read in nodes[unique_id]["depends_on"].get("nodes", [])} - set(selected)
    needed = {tuple(TRANSLATOR.get_asset_key(nodes.get(one) or manifest()["sources"][one]).path) for one in read}
    tables = "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
    missing = sorted("/".join(key) for key in needed - set(con.execute(tables).fetchall()))
    if missing:
        which = f"{missing[0]} is" if len(missing) == 1 else f"{missing[0]} and {len(missing) - 1} more tables are"
        raise TollhouseError(f"{which} needed and not built in the warehouse yet: launch the job tollhouse_run first")


def _metadata_of_tables(billing_run: BillingRun, nodes: Sequence[NodeResult]) -> dict[str, dict[str, Any]]:
    """For each model and seed the data that its page shows of the present table."""
    found: dict[str, dict[str, Any]] = {}
    with billing_run.warehouse() as con:
        reader = LineageReader(con, LINEAGE_MEMORY)
        for node in nodes:
            properties = manifest()["nodes"][node.unique_id]
            if properties["resource_type"] == "test":
                continue
            metadata = found.setdefault(node.unique_id, {})
            schema, name = TRANSLATOR.get_asset_key(properties).path
            if schema == "marts":
                metadata |= _totals_and_preview(con, name, properties)
            elif properties["config"]["materialized"] != "view":
                # To count the rows of a view on the way is to compute them once more.
                row = con.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
                metadata["dagster/row_count"] = row[0] if row else 0
            if node.compiled_sql and properties["resource_type"] == "model":
                lineage = reader.read(node.compiled_sql)
                if lineage:
                    metadata["dagster/column_lineage"] = _column_lineage(lineage)
        reader.keep()
    return found


def _totals_and_preview(con: Any, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A mart's rows, the totals of its money, seconds and counts, and its first rows.

    A mart with a row for each member of several dimensions has each amount once per dimension: its totals are the branch's.
    """
    columns = properties["columns"]
    totalled = [
        column
        for column, said in columns.items()
        if column.rpartition("_")[2] in _TOTALLED and str(said.get("data_type", "")).startswith(("decimal", "bigint"))
    ]
    counted = " filter (where dimension = 'branch')" if "dimension" in columns else ""
    sums = "".join(f', sum("{column}"){counted}' for column in totalled)
    row = con.execute(f'select count(*){sums} from marts."{name}"').fetchone()
    totals = dict(zip(totalled, row[1:], strict=True))
    first = con.execute(f'select * from marts."{name}" limit {_PREVIEW_ROWS}')
    names = [column[0] for column in first.description]
    return {
        "dagster/row_count": row[0],
        **(
            {"totals": table([{"column": column, "total": value} for column, value in totals.items()])}
            if totals
            else {}
        ),
        **{f"plot_of_{column}": plotted(value) for column, value in totals.items()},
        "first_rows": table([dict(zip(names, values, strict=True)) for values in first.fetchall()], names),
    }


def _column_lineage(columns: ColumnLineage) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey([schema, table]), source) for schema, table, source in sources]
            for column, sources in columns.items()
        }
    )
