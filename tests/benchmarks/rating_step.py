"""The rating step by itself: the compiled model int_calls_charged over calls that lie in memory, in one thread, by the processor's time."""

from __future__ import annotations

import re
import time

import duckdb

from tests.benchmarks.measuring import median
from tests.benchmarks.workload import Workload
from tests.dbt.multi_band_calls import multi_band_from

_CHARGED, _ASSIGNED, _WALKED = "int_calls_charged", "int_calls_assigned", "int_calls_multi_band"
_TIMES = 4  # each call stands in memory so often, lest the planning of the query be measured
_AMOUNT = "sum(amount), sum(charged_seconds)"
_EXPLAINED = f"{_AMOUNT}, sum(total_price), min(rate_valid_from), max(band_at_start), sum(connect_fee), sum(length(charge_steps))"


def rate_alone(made: Workload, rounds: int) -> dict[str, float]:
    """Calls a second of one core: for amount and charged seconds, and with every column that explains the amount.

    `made` has been run. Raises RuntimeError where the step's total is not that of the run.
    """
    with duckdb.connect(str(made.home / "warehouse.duckdb")) as con:
        (sql,) = con.execute("select sql from duckdb_views() where view_name = ?", [_CHARGED]).fetchone() or ("",)
        con.execute("delete from raw.stale_days")
        con.execute("insert into raw.stale_days (call_date) select distinct call_date from raw.call_days")
        con.execute(
            "create temp table calls_in_memory as select version_id, call_date, start_second, duration_seconds "
            f"from intermediate.{_ASSIGNED}, range({_TIMES}) where early_state is null and version_id is not null"
        )
        body = re.sub(r"^create view .*? as ", "", sql.strip().rstrip(";"), count=1, flags=re.IGNORECASE | re.DOTALL)
        for model, calls in ((_ASSIGNED, "calls_in_memory"), (_WALKED, f"({multi_band_from('calls_in_memory')})")):
            body, replaced = re.subn(rf'("?\w+"?\.)?"?intermediate"?\."?{model}"?', calls, body)
            if not replaced:
                raise RuntimeError(f"{_CHARGED} does not read {model}")
        (calls,) = con.execute("select count(*) from calls_in_memory").fetchone() or (0,)
        wanted = con.execute("select sum(amount) from intermediate.int_calls_judged where state = 'rated'").fetchone()
        con.execute("set threads = 1")
        seconds: dict[str, list[float]] = {_AMOUNT: [], _EXPLAINED: []}
        for _ in range(rounds):
            for columns, taken in seconds.items():
                begun = time.process_time()
                found = con.execute(f"select {columns} from ({body})").fetchone()
                taken.append(time.process_time() - begun)
                if found is None or wanted is None or found[0] != _TIMES * wanted[0]:
                    raise RuntimeError(f"the rating step comes to {found}, the run to {wanted}")
    return {
        "calls": calls,
        "seconds": median(seconds[_AMOUNT]),
        "calls_per_second": calls / median(seconds[_AMOUNT]),
        "explained_per_second": calls / median(seconds[_EXPLAINED]),
    }
