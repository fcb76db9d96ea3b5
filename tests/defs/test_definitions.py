"""The definitions as the server loads them: assets with all that people look for, the lineage from inbox to page, checks."""

from __future__ import annotations

from graphlib import TopologicalSorter

import dagster as dg
import pytest

from dashboards.pages.spec import PageSpec
from dashboards.site_map import PAGES
from expectations.catalogue import all_suites
from orchestration.defs.groups import INBOX_TO_PAGE

INBOX = dg.AssetKey("inbox_files")


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> dg.AssetGraph:  # type: ignore[name-defined]
    """The asset graph."""
    return definitions.resolve_asset_graph()


def _upstream(graph: dg.AssetGraph, key: dg.AssetKey) -> set[dg.AssetKey]:  # type: ignore[name-defined]
    found: set[dg.AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys - found:
            found.add(parent)
            waiting.append(parent)
    return found


def test_definitions_are_loadable(definitions: dg.Definitions) -> None:
    """Every job binds, every dependency is there."""
    dg.Definitions.validate_loadable(definitions)


def test_every_asset_says_what_it_is(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """Description, group, owners and kinds, of all that the platform makes."""
    keys = graph.materializable_asset_keys
    assert len(keys) > 100
    for key in sorted(keys):
        node = graph.get(key)
        missing = [
            what
            for what, value in {
                "description": node.description,
                "group": node.group_name not in (None, "default"),
                "owners": node.owners,
                "kinds": [tag for tag in node.tags if tag.startswith("dagster/kind/")],
            }.items()
            if not value
        ]
        assert not missing, f"{key.to_user_string()}: {missing}"


@pytest.mark.parametrize(
    "through",
    [
        ["call_detail_records"], ["raw", "calls"], ["intermediate", "int_calls_judged"], ["marts", "rated_calls"],
        ["marts", "bills"], ["quality", "gate_results"], ["edition_files"], ["published_edition"],
    ],
    ids="/".join,
)  # fmt: skip
def test_lineage_runs_from_inbox_to_edition(graph: dg.AssetGraph, through: list[str]) -> None:  # type: ignore[name-defined]
    """Each station is made of the inbox's files and goes into the published edition."""
    station = dg.AssetKey(through)
    assert INBOX in _upstream(graph, station)
    assert station in _upstream(graph, dg.AssetKey(["site", "overview"]))


def test_models_carry_their_columns(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """Names, and for each mart a description of every column."""
    for mart, columns in {
        "rated_calls": {"call_id", "amount", "billing_period", "charged_seconds"},
        "bills": {"account_id", "amount", "due_on"},
        "file_reconciliation": {"file_id", "read_records", "rated"},
    }.items():
        schema = graph.get(dg.AssetKey(["marts", mart])).metadata["dagster/column_schema"]
        schema = schema.value if isinstance(schema, dg.MetadataValue) else schema
        assert columns <= {column.name for column in schema.columns}
        assert all(column.description for column in schema.columns), mart


def test_each_gate_is_one_check(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """Named by the claim it makes, and described by it."""
    names = [key.name for key in graph.asset_check_keys]
    for suite in all_suites():
        for gate in suite.gates:
            assert names.count(f"{suite.name}__{gate.name}") == 1


def test_calls_are_partitioned_by_day(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """The records and the rated calls; sums over days are not."""
    partitioned = {key for key in graph.materializable_asset_keys if graph.get(key).partitions_def}
    assert partitioned == {dg.AssetKey("call_detail_records"), dg.AssetKey(["marts", "rated_calls"])}
    assert isinstance(graph.get(dg.AssetKey("call_detail_records")).partitions_def, dg.DailyPartitionsDefinition)


def test_what_starts_by_itself(definitions: dg.Definitions) -> None:
    """The jobs, the schedule of the whole run, and the sensor of the inbox, which takes files in apart from it."""
    jobs = {name: definitions.resolve_job_def(name) for name in ("tollhouse_run", "tollhouse_intake")}
    schedule = definitions.resolve_schedule_def("nightly_run")
    sensor = definitions.resolve_sensor_def("inbox_sensor")
    assert all(job.description for job in jobs.values()) and schedule.job_name == "tollhouse_run"
    assert {job.name for job in sensor.jobs} == set(jobs) and sensor.minimum_interval_seconds == 10
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Asia/Shanghai")


def test_the_intake_is_what_stands_before_the_warehouse(definitions: dg.Definitions) -> None:
    """It says of each kind of file whether one is held or rejected, without a model being built."""
    intake = definitions.resolve_job_def("tollhouse_intake").asset_layer
    names = {key.to_user_string() for key in intake.executable_asset_keys}
    assert names == {"inbox_files", "customer_exports", "bank_results", "call_detail_records"}
    checks = {(key.asset_key.to_user_string(), key.name) for key in intake.asset_graph.asset_check_keys}
    assert {
        (asset, f"no_file_is_{status}")
        for asset in ("call_detail_records", "bank_results")
        for status in ("held", "rejected")
    } <= checks


def test_no_two_groups_need_each_other(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """The groups follow the way of the data: a picture of them has an order."""
    needs: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        group = str(graph.get(key).group_name)
        needs.setdefault(group, set()).update(
            str(graph.get(parent).group_name) for parent in graph.get(key).parent_keys
        )
    order = list(TopologicalSorter({group: others - {group} for group, others in needs.items()}).static_order())
    assert order[0] == "inbox_and_files" and order[-1] == "edition_and_pages" and len(order) == 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_hangs_on_just_the_marts_that_it_reads(graph: dg.AssetGraph, page: PageSpec) -> None:  # type: ignore[name-defined]
    """And on the edition, as it is drawn from published files; the page of the gates has their results besides."""
    parents = {key for key in graph.get(dg.AssetKey(["site", page.name])).parent_keys if key.path[0] != "marts"}
    marts = {key.path[1] for key in graph.get(dg.AssetKey(["site", page.name])).parent_keys if key.path[0] == "marts"}
    assert marts == set(page.marts)
    results = {dg.AssetKey(["quality", "gate_results"])} if page.name == "gates" else set()
    assert parents == {dg.AssetKey("published_edition")} | results


def test_every_check_says_what_it_claims(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    assert [key for key in graph.asset_check_keys if not graph.get(key).description] == []


def test_the_way_from_inbox_to_page_is_unbroken(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    """Each asset of it but the first is made of another of it, and each has its tag."""
    way = [dg.AssetKey(name.split("/")) for name in INBOX_TO_PAGE]
    assert [key for key in way[1:] if not graph.get(key).parent_keys & set(way)] == []
    assert {key for key in graph.get_all_asset_keys() if graph.get(key).tags.get("way")} == set(way)
