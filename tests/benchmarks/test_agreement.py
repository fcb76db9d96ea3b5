"""The benchmark compares equal work: product, bare SQL and every peer come to the same totals, to the last digit of the sum.

The engine that goes record by record is written from SPEC 4 and 5 with loops and dicts and shares no expression with the
others; what all share is the workload and its compiled book. No timing is asserted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.engine import COPY, ENGINES, run_engine
from tests.benchmarks.engines import per_record, postgresql
from tests.benchmarks.product import edition_outcome
from tests.benchmarks.report import BEGIN, END, targets, write_page
from tests.benchmarks.tariff import compile_book
from tests.benchmarks.workload import FIRST_DAY, PREFIXES, Workload, make_workload, prefixes
from tests.robustness.commands import tollhouse

pytestmark = pytest.mark.whole_run

CALLS = 2_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return make_workload(tmp_path_factory.mktemp("benchmark"), CALLS)


@pytest.fixture(scope="module")
def expected(made: Workload) -> str:
    settings = {"TOLLHOUSE_HOME": str(made.home), "TOLLHOUSE_REFERENCE": str(made.reference), "TOLLHOUSE_THREADS": "2"}
    assert tollhouse(settings, "run").exit_code == 0
    return str(edition_outcome(made).totals)


def test_the_days_files_are_the_same_whenever_they_are_made(made: Workload, tmp_path: Path) -> None:
    again = make_workload(tmp_path, CALLS)
    assert [path.read_bytes() for path in again.call_files()] == [path.read_bytes() for path in made.call_files()]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in made.call_files()) == CALLS
    assert len(prefixes()) == len(dict(prefixes())) == PREFIXES


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_comes_to_the_products_totals(made: Workload, expected: str, engine: str) -> None:
    if engine == "postgresql" and postgresql.programs() is None:
        pytest.skip("no PostgreSQL server is installed")
    if engine == "polars_streaming":
        import polars

        threads = polars.thread_pool_size()
    else:
        threads = 2
    assert run_engine(engine, made, threads)["totals"] == expected


def test_every_state_of_the_workload_is_there(expected: str) -> None:
    for state in ("duplicate", "not_answered", "not_charged", "other_day", "rated", "undocumented"):
        assert f"'{state}': " in expected


def test_the_copy_claims_no_totals(made: Workload) -> None:
    assert run_engine(COPY, made, 2)["totals"] == ""


def test_a_call_over_a_bands_border_is_charged_as_by_hand(made: Workload) -> None:
    """HOME to NATIONAL at 0.07 per 6 s by day, 0.04 at night: 20 s from 06:59:48, then from 06:59:55."""
    book = compile_book(made.reference, FIRST_DAY)
    start = next(s for s in book.starts if (s.plan, s.zone, s.hour) == ("HOME", "NATIONAL", 6))
    # Two increments begin by night (0 and 6 s), two by day (12 and 18 s): 0.08 + 0.14, in 180ths of a millionth.
    assert per_record.charge(start, 6 * 3_600 + 59 * 60 + 50 - 2, 20) == (22 * 10_000 * 180, 24)
    # Another second of the start moves the border: only one increment begins before 07:00 when five seconds are left.
    assert per_record.charge(start, 7 * 3_600 - 5, 20) == ((4 + 21) * 10_000 * 180, 24)
    assert per_record.charge(replace(start, band_ends=10**9), 7 * 3_600 - 5, 20) == (16 * 10_000 * 180, 24)


def test_only_the_part_between_the_markers_is_written(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    about = {"date": "2026-03-01", "revision": "r", "machine": {"Python": "3"}, "rounds": 3, "command": "make bench"}
    write_page({"about": about, "rating": {"calls_per_second": 5e6, "explained_per_second": 3e6}}, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n") and text.endswith(f"{END}\nafter\n") and "old" not in text
    assert (
        "| rating step alone, one core | ≥ 4 M calls/s | 5.00 M calls/s (3.00 M with all explaining columns) | met |"
        in text
    )


def test_a_difference_that_is_noise_meets_no_target() -> None:
    runs = {"seconds": 20.0, "rating_seconds": 6.5}
    engines = {"fused_sql": {"seconds": 0.4}, "polars_streaming": {"seconds": 0.4}, "csv_to_parquet": {"seconds": 0.1}}
    slow = {"pandas_frames": {"seconds": 9.0}, "postgresql": {"seconds": 9.0}, "per_record": {"seconds": 9.0}}
    noise = {"seconds": 19.0, "rating_seconds": 5.0}
    rows = targets({
        "fixed": {"first": runs, "later": runs},
        "variable": {"calls": 2_000, "product": noise, "engines": engines},
        "peers": {"calls": 2_000, "product": noise, "engines": slow},
    })  # fmt: skip
    assert [met for _, _, _, met in rows[2:]] == ["–"] * 6
    assert all("not measurable" in measured for _, _, measured, _ in rows[2:])
