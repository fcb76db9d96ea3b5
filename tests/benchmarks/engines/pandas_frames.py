"""The same work in pandas, its files read by Arrow's reader, its texts Arrow's: the quickest way that pandas has."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.benchmarks.outcome import RATED_COLUMNS, Outcome
from tests.benchmarks.tariff import HEAD_DIGITS, Book
from tests.benchmarks.workload import Workload

_TEXT = pd.ArrowDtype(pa.string())
_TYPES = {
    "record_number": "int32", "calling_number": _TEXT, "called_number": _TEXT, "trunk_group_in": _TEXT,
    "trunk_group_out": _TEXT, "duration_seconds": "int64", "release_cause": "int32",
}  # fmt: skip
_KEY = [
    "switch_id",
    "calling_number",
    "called_number",
    "started_at",
    "duration_seconds",
    "trunk_group_in",
    "trunk_group_out",
]


def run(made: Workload, book: Book, day: date, work: Path, threads: int) -> Outcome:
    """Do the work once. pandas works in one thread, Arrow's readers and writers in `threads`."""
    pa.set_cpu_count(threads)
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def step(name: str) -> None:
        nonlocal begun
        seconds[name] = round(time.perf_counter() - begun, 3)
        begun = time.perf_counter()

    parts = []
    for path in made.call_files():
        part = pd.read_csv(path, engine="pyarrow", dtype=_TYPES, parse_dates=["started_at"])
        switch = path.name.split("_")[0]
        parts.append(part.assign(file_name=path.name, switch_id=switch, exchange_id=book.exchanges[switch]))
    calls = pd.concat(parts, ignore_index=True)
    for name in ("file_name", "switch_id", "exchange_id"):
        calls[name] = calls[name].astype("category")
    step("load")

    is_repeated = calls.duplicated(_KEY, keep="first")
    step("dedup")

    holders = _holders(made, book)
    step("holders")

    calls["destination_prefix"] = _longest_prefix(calls["called_number"], book)
    zones = pd.DataFrame(
        [(prefix, zone, *book.zones[zone]) for prefix, zone in book.destinations.items()],
        columns=["destination_prefix", "zone_id", "call_category", "bill_item_id", "is_charged_to_called"],
    ).astype({"destination_prefix": _TEXT, "is_charged_to_called": "boolean"})
    calls = calls.merge(zones, on="destination_prefix", how="left")
    to_called = calls["is_charged_to_called"].fillna(False).astype(bool)
    calls["charged_number"] = calls["calling_number"].where(~to_called, calls["called_number"])

    midnight = pd.Timestamp(day)
    began_on = calls["started_at"].dt.normalize()
    ended_at = calls["started_at"] + pd.to_timedelta(calls["duration_seconds"], unit="s")
    is_other_day = (began_on != midnight) & ~((began_on == midnight - pd.Timedelta(days=1)) & (ended_at >= midnight))
    state = np.select(
        [
            is_other_day,
            is_repeated,
            calls["duration_seconds"] == 0,
            calls["trunk_group_in"].notna().to_numpy(bool) & ~to_called,
        ],
        ["other_day", "duplicate", "not_answered", "not_charged"],
        "",
    )
    counts = pd.Series(state).value_counts().to_dict()
    wanted = calls[state == ""].copy()
    wanted["call"] = np.arange(len(wanted))
    held = wanted.merge(holders, left_on="charged_number", right_on="service_number", how="inner")
    held = held[(held["started_at"] >= held["valid_from"]) & (held["started_at"] < held["valid_to"])]
    counts["undocumented"] = len(wanted) - len(held)
    held["start_hour"] = held["started_at"].dt.hour
    priced = held.merge(_rates(book), on=["tariff_plan_id", "zone_id", "start_hour"], how="inner")
    counts["unrated"], counts["rated"] = len(held) - len(priced), len(priced)
    _charge(priced)
    step("assign and rate")

    priced["call_id"] = (
        priced["file_name"].astype(_TEXT).str.removesuffix(".csv") + ":" + priced["record_number"].astype(_TEXT)
    )
    priced["call_date"] = priced["started_at"].dt.normalize()
    priced["billing_period"] = f"{day:%Y-%m}"
    priced[[*RATED_COLUMNS, "amount_millionths"]].to_parquet(work / "rated_calls_pandas.parquet", compression="lz4")
    step("write")

    usage = priced.groupby(["account_id", "charged_number", "bill_item_id"], sort=False, observed=True).agg(
        calls=("amount_millionths", "size"),
        amount=("amount_millionths", "sum"),
        charged_seconds=("charged_seconds", "sum"),
    )
    step("usage")
    return Outcome(
        {str(name): int(count) for name, count in counts.items() if name},
        Decimal(int(usage["amount"].sum())) / 1_000_000,
        int(usage["charged_seconds"].sum()),
        len(usage),
        seconds,
    )


def _longest_prefix(called: pd.Series[str], book: Book) -> pd.Series[str]:
    heads, longer = book.heads()
    found = called.str.slice(0, HEAD_DIGITS).map(pd.Series(heads, dtype=_TEXT))
    for length, prefixes in reversed(longer.items()):
        head = called.str.slice(0, length)
        found = found.where(~head.isin(prefixes), head)
    return found.astype(_TEXT)


def _holders(made: Workload, book: Book) -> pd.DataFrame:
    def export(table: str) -> pd.DataFrame:
        return pd.read_csv(made.export(table), dtype=_TEXT, engine="pyarrow")

    numbers = export("service_numbers").drop(columns="exchange_id")
    numbers["valid_from"] = pd.to_datetime(numbers["valid_from"].astype("object"))
    numbers["valid_to"] = pd.to_datetime(numbers["valid_to"].astype("object")).fillna(pd.Timestamp("2200-01-01"))
    customers = export("customers")[["customer_id", "customer_class", "business_unit_id", "agent_id", "outlet_id"]]
    holders = numbers.merge(export("accounts")[["account_id", "customer_id"]], on="account_id").merge(
        customers, on="customer_id"
    )
    of_class = holders["customer_class"].map(pd.Series(book.class_plans, dtype=_TEXT))
    holders["tariff_plan_id"] = holders["tariff_plan_id"].where(holders["tariff_plan_id"].notna(), of_class)
    return holders


def _rates(book: Book) -> pd.DataFrame:
    roundings = {rounding.plan: rounding for rounding in book.roundings}
    return pd.DataFrame({
        "tariff_plan_id": pd.Series([s.plan for s in book.starts], dtype=_TEXT),
        "zone_id": [s.zone for s in book.starts],
        "start_hour": pd.Series([s.hour for s in book.starts], dtype="int32"),
        **{f"{part}_{name}": [getattr(getattr(s, part), name) for s in book.starts]
           for part in ("first", "then") for name in ("until", "increment", "price", "increment_after", "price_after")},
        "connect_price": [s.connect_price for s in book.starts],
        "band_ends": [s.band_ends for s in book.starts],
        **{name: [getattr(roundings[s.plan], name) for s in book.starts] for name in ("factor", "offset", "divisor", "unit")},
    })  # fmt: skip


def _charge(priced: pd.DataFrame) -> None:
    """Add charged_seconds and amount_millionths."""
    column = {name: priced[name].to_numpy() for name in priced.columns if priced[name].dtype.kind in "iu"}
    duration = column["duration_seconds"]
    started = priced["started_at"]
    second = (started.dt.hour * 3_600 + started.dt.minute * 60 + started.dt.second).to_numpy()

    def count(length: np.ndarray, increment: str) -> np.ndarray:
        return (np.maximum(length, 0) + column[increment] - 1) // column[increment]

    room = np.minimum(duration, column["band_ends"] - second)
    n1 = count(np.minimum(room, column["first_until"]), "first_increment")
    charged = n1 * column["first_increment"]
    n2 = count(room - charged, "first_increment_after")
    charged = charged + n2 * column["first_increment_after"]
    n3 = count(np.minimum(duration, column["then_until"]) - charged, "then_increment")
    charged = charged + n3 * column["then_increment"]
    n4 = count(duration - charged, "then_increment_after")
    price = column["connect_price"] + n1 * column["first_price"] + n2 * column["first_price_after"]
    price = price + n3 * column["then_price"] + n4 * column["then_price_after"]
    priced["charged_seconds"] = charged + n4 * column["then_increment_after"]
    priced["amount_millionths"] = (price * column["factor"] + column["offset"]) // column["divisor"] * column["unit"]
