"""What an analyst can click in Dagster works: each group, each kind of asset and check, a partition. All assets and all checks,
one by one on the demo city, are clicked by `python -m tests.defs.every_click`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.defs.resources import GateRunner
from orchestration.runs import prepare_dagster_home
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from tests.defs.clicking import Clicks, clicks
from tests.in_process_gates import InProcessGateRunner
from tests.lean_runs import lean_builds
from tests.quick_libraries import make_libraries_quick
from tests.robustness.branch import Branch, new_branch
from tests.robustness.commands import environment

GROUPS = (
    "bills_and_collections",
    "calls_and_rating",
    "commission",
    "customers_and_book",
    "edition_and_pages",
    "inbox_and_files",
    "quality",
    "traffic_and_numbers",
)


@pytest.fixture(scope="module", autouse=True)
def gates_and_libraries_in_this_process() -> Iterator[None]:
    """The code location that is loaded here starts no process of gates. The round of `python -m tests.defs.every_click` does, and so
    does each run that is a command of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GateRunner, "new_process", InProcessGateRunner.new_process)
        make_libraries_quick(patch)
        yield


@pytest.fixture
def ui(ran_copy: Branch) -> Iterator[Clicks]:
    """The UI on the branch after its first run."""
    with clicks(ran_copy.home) as found:
        yield found


@pytest.fixture(scope="module")
def one_ui(ran: Branch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clicks]:
    """The UI on one copy of the branch, for clicks after which nothing is looked at but how they ended."""
    copy = ran.copy_to(tmp_path_factory.mktemp("clicks") / "home", has_whole_runs=True)
    with environment(copy.settings):
        prepare_dagster_home(Settings.from_environment())
        with clicks(copy.home) as found:
            yield found


def test_there_are_eight_groups_along_the_way_of_the_data(one_ui: Clicks) -> None:
    assert sorted(one_ui.assets()) == sorted(GROUPS)


def test_each_group_is_built_and_the_next_run_publishes_the_same(ui: Clicks, ran_copy: Branch) -> None:
    """The group of the edition says that it needs all the others; the run after it builds everything and changes no figure."""
    before = {mart: ran_copy.mart(mart) for mart in ("rated_calls", "bills", "collection_rates", "commission_lines")}
    record = (ran_copy.home / "last_run.json").read_bytes()
    refused = {}
    for group, assets in ui.assets().items():
        clicked = ui.materialize(assets)
        assert clicked.is_well, (group, clicked)
        if clicked.status != "SUCCESS":
            refused[group] = clicked.refusal or ""
    assert list(refused) == ["edition_and_pages"]
    assert refused["edition_and_pages"] == (
        "An edition is published by a run of all assets, and some are not selected: launch the job tollhouse_run; nothing was "
        "published."
    )
    assert (ran_copy.home / "last_run.json").read_bytes() == record, "no run of some assets is the last run"
    whole = ui.launch("tollhouse_run")
    assert whole.status == "SUCCESS", whole
    assert {mart: ran_copy.mart(mart) for mart in before} == before
    last = json.loads((ran_copy.home / "last_run.json").read_text(encoding="utf-8"))
    assert last["status"] == "published"
    assert whole.tags["edition"] == last["edition"] and whole.tags["as_of"] == last["as_of"]
    assert whole.tags["stale_days"] == "none"


@pytest.mark.parametrize(
    "asset",
    [
        "inbox_files", "customer_exports", "bank_results", "call_detail_records", "raw/run_facts", "raw/calls",
        "reference/zones", "staging/stg_crm__customers", "intermediate/int_zones", "intermediate/int_calls_judged",
        "marts/rated_calls", "marts/bills", "quality/gate_results",
    ],
)  # fmt: skip
def test_an_asset_alone_is_built(one_ui: Clicks, asset: str) -> None:
    assert one_ui.materialize([asset]).status == "SUCCESS"


@pytest.mark.parametrize(
    "check",
    [
        ("inbox_files", "every_source_can_be_read"),
        ("call_detail_records", "no_file_is_held"),
        ("marts/bills", "unique_key_bills_account_id__billing_period"),
        ("marts/bills", "bills__bills_are_the_sums_of_their_lines"),
    ],
    ids=lambda check: check[1],
)
def test_a_check_alone_is_executed(one_ui: Clicks, check: tuple[str, str]) -> None:
    assert check in one_ui.checks()
    assert one_ui.execute([check]).status == "SUCCESS"


def test_a_check_alone_changes_nothing(ui: Clicks, ran_copy: Branch) -> None:
    """The run after it finds that an edition of exactly this stands already."""
    assert ui.execute([("marts/bills", "unique_key_bills_account_id__billing_period")]).status == "SUCCESS"
    assert ran_copy.tollhouse("run").answer["status"] == "nothing_new"


def test_the_edition_alone_is_refused_in_one_sentence(one_ui: Clicks) -> None:
    clicked = one_ui.materialize(["published_edition"])
    assert clicked.status == "FAILURE" and clicked.is_well


def test_a_day_of_the_rated_calls_is_built(ui: Clicks, ran_copy: Branch) -> None:
    """That day alone; the next whole run rebuilds it, and its figures are the same."""
    before = ran_copy.mart("rated_calls")
    assert ui.materialize(["marts/rated_calls"], **{"dagster/partition": "2026-03-02"}).status == "SUCCESS"
    with lean_builds():
        assert ui.launch("tollhouse_run").status == "SUCCESS"
    assert ran_copy.mart("rated_calls") == before
    assert list(json.loads((ran_copy.home / "last_run.json").read_text())["rebuilt_days"]) == ["2026-03-02"]


def test_all_assets_at_once_publish_an_edition(ui: Clicks, ran_copy: Branch) -> None:
    """Its tests of keys and its pages are those of a whole run, which the round of the groups above ends with."""
    with lean_builds():
        clicked = ui.materialize([asset for assets in ui.assets().values() for asset in assets])
    assert clicked.status == "SUCCESS" and clicked.tags["edition"]


def test_what_is_built_alone_from_another_book_does_not_outlive_the_next_run(ui: Clicks, ran_copy: Branch) -> None:
    """A rental is made dearer, the bills are built from it alone, the rental is put back: the next run publishes the right bills."""
    before = ran_copy.mart("bills")
    products = ran_copy.book / "products.csv"
    text = products.read_text(encoding="utf-8")
    assert "20.00" in text
    products.write_text(text.replace("20.00", "99.00"), encoding="utf-8")
    built = ["reference/products", *ui.assets()["bills_and_collections"]]
    assert ui.materialize(built).status == "SUCCESS"
    products.write_text(text, encoding="utf-8")
    with lean_builds():
        assert ui.launch("tollhouse_run").status == "SUCCESS"
    assert ran_copy.mart("bills") == before


def test_on_a_home_without_a_run_each_click_is_built_or_refused_in_one_sentence(tmp_path: Path) -> None:
    branch = new_branch(tmp_path / "home")
    with environment(branch.settings):
        prepare_dagster_home(Settings.from_environment())
        with clicks(branch.home) as ui:
            clicked = [
                ui.launch("tollhouse_intake"),
                ui.execute([("marts/bills", "unique_key_bills_account_id__billing_period")]),
            ]
            clicked += [
                ui.materialize([asset]) for asset in ("inbox_files", "raw/run_facts", "marts/bills", "reference/zones")
            ]
    assert all(one.is_well for one in clicked), clicked
    assert [one.status for one in clicked] == [*["FAILURE"] * 5, "SUCCESS"]
    assert clicked[4].refusal == (
        "closed/bills and 4 more tables are needed and not built in the warehouse yet: launch the job tollhouse_run first"
    )


def test_a_click_while_another_run_is_at_work_says_so_in_its_log(ui: Clicks) -> None:
    with run_lock(Settings.from_environment()):
        clicked = ui.materialize(["inbox_files"])
    assert clicked.status == "FAILURE"
    assert any(told.startswith("another run is in progress on ") for told in ui.errors(clicked.run_id))


def test_a_rerating_after_some_tables_were_built_asks_for_a_run_first(ui: Clicks, ran_copy: Branch) -> None:
    assert ui.materialize(["marts/bills"]).status == "SUCCESS"
    typed = ran_copy.tollhouse("rerate", "--from", "2026-03-02", "--to", "2026-03-02", "--dry-run")
    assert (typed.exit_code, "`tollhouse run` comes first" in typed.message) == (1, True), typed.message
