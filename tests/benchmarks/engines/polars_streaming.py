"""The same work in Polars with its streaming engine: the steps of the bare SQL, in the form that Polars is quickest with.

Amounts stay whole millionths (the SQL makes decimals of them), which spares Polars a conversion.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from tests.benchmarks.outcome import RATED_COLUMNS, Outcome
from tests.benchmarks.tariff import HEAD_DIGITS, Book
from tests.benchmarks.workload import Workload

_SCHEMA = {
    "record_number": pl.Int32, "calling_number": pl.String, "called_number": pl.String, "trunk_group_in": pl.String,
    "trunk_group_out": pl.String, "started_at": pl.String, "duration_seconds": pl.Int32, "release_cause": pl.Int32,
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
    """Do the work once. Polars takes its threads from POLARS_MAX_THREADS, which the caller sets before the import."""
    assert pl.thread_pool_size() == threads
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def step(name: str) -> None:
        nonlocal begun
        seconds[name] = round(time.perf_counter() - begun, 3)
        begun = time.perf_counter()

    files = pl.LazyFrame({
        "path": [str(path) for path in made.call_files()],
        "file_name": [path.name for path in made.call_files()],
        "file_order": range(len(made.call_files())),
        "switch_id": [path.name.split("_")[0] for path in made.call_files()],
        "exchange_id": [book.exchanges[path.name.split("_")[0]] for path in made.call_files()],
    })  # fmt: skip
    calls = (
        pl.scan_csv(made.call_files(), schema=_SCHEMA, quote_char=None, include_file_paths="path")
        .drop("release_cause")
        .with_columns(pl.col("started_at").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"))
        .join(files, on="path", how="left")
        .drop("path")
        .with_columns(key_hash=pl.struct(_KEY).hash())
        .collect(engine="streaming")
    )
    step("load")

    alike = calls.lazy().group_by("key_hash").len().filter(pl.col("len") > 1).select("key_hash")
    repeated = (
        calls.lazy()
        .join(alike, on="key_hash", how="semi")
        .sort("file_order", "record_number")
        .select("file_order", "record_number", is_repeated=~pl.struct(_KEY).is_first_distinct())
        .filter("is_repeated")
        .collect(engine="streaming")
    )
    step("dedup")

    holders = _holders(made, book)
    step("holders")

    rated = work / "rated_calls_polars.parquet"
    _judged(calls.lazy(), repeated.lazy(), holders, book, day).sink_parquet(
        rated, compression="lz4", engine="streaming"
    )
    step("assign, rate and write")

    judged = pl.scan_parquet(rated)
    states = judged.group_by("file_name", "state").agg(records=pl.len()).collect(engine="streaming")
    usage = (
        judged.filter(pl.col("state") == "rated")
        .group_by("account_id", "charged_number", "bill_item_id")
        .agg(calls=pl.len(), amount=pl.col("amount_millionths").sum(), charged_seconds=pl.col("charged_seconds").sum())
        .collect(engine="streaming")
    )
    step("usage")
    return Outcome(
        dict(states.group_by("state").agg(pl.col("records").sum()).iter_rows()),
        Decimal(usage["amount"].sum()) / 1_000_000,
        usage["charged_seconds"].sum(),
        usage.height,
        seconds,
    )


def _holders(made: Workload, book: Book) -> pl.LazyFrame:
    """Stretches of every number that leave no time out, so that one of them always holds a call; a gap has no account."""
    plans = pl.DataFrame(
        {"customer_class": list(book.class_plans), "class_plan_id": list(book.class_plans.values())}
    ).lazy()

    def export(table: str) -> pl.LazyFrame:
        return pl.scan_csv(made.export(table), infer_schema=False)

    numbers = (
        export("service_numbers")
        .select(
            "service_number",
            "account_id",
            "tariff_plan_id",
            pl.col("valid_from", "valid_to").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"),
        )
        .with_columns(pl.col("valid_to").fill_null(datetime(9999, 12, 31)))
    )
    # Before each stretch, back to the end of the one before it, nobody holds the number.
    gaps = (
        numbers.sort("service_number", "valid_from")
        .with_columns(before=pl.col("valid_to").shift(1).over("service_number").fill_null(datetime(1900, 1, 1)))
        .filter(pl.col("before") < pl.col("valid_from"))
        .select(
            "service_number",
            account_id=pl.lit(None, pl.String),
            tariff_plan_id=pl.lit(None, pl.String),
            valid_from="before",
            valid_to="valid_from",
        )
    )
    after = (
        numbers.group_by("service_number")
        .agg(valid_from=pl.col("valid_to").max())
        .filter(pl.col("valid_from") < datetime(9999, 12, 31))
        .select(
            "service_number",
            account_id=pl.lit(None, pl.String),
            tariff_plan_id=pl.lit(None, pl.String),
            valid_from="valid_from",
            valid_to=pl.lit(datetime(9999, 12, 31), pl.Datetime("us")),
        )
    )
    return (
        pl.concat([numbers, gaps, after], how="diagonal")
        .join(export("accounts").select("account_id", "customer_id"), on="account_id", how="left")
        .join(
            export("customers").select("customer_id", "customer_class", "business_unit_id", "agent_id", "outlet_id"),
            on="customer_id",
            how="left",
        )
        .join(plans, on="customer_class", how="left")
        .with_columns(tariff_plan_id=pl.coalesce("tariff_plan_id", "class_plan_id"))
        .drop("class_plan_id")
        .collect()
        .lazy()
    )


def _zoned(calls: pl.LazyFrame, book: Book) -> pl.LazyFrame:
    """With the longest prefix: one look at the first digits, and one more for each greater length."""
    heads, longer = book.heads()
    found = calls.with_columns(head=pl.col("called_number").str.slice(0, HEAD_DIGITS)).join(
        pl.LazyFrame({"head": list(heads), "head_prefix": list(heads.values())}), on="head", how="left"
    )
    for length, prefixes in longer.items():
        found = found.with_columns(head=pl.col("called_number").str.slice(0, length)).join(
            pl.LazyFrame({"head": prefixes, f"prefix_{length}": prefixes}), on="head", how="left"
        )
    columns = [*(f"prefix_{length}" for length in longer), "head_prefix"]
    zoned = pl.LazyFrame(
        [
            (prefix, zone, *book.zones[zone])
            for prefix, zone in book.destinations.items()
        ],
        schema=["destination_prefix", "zone_id", "call_category", "bill_item_id", "is_charged_to_called"],
        orient="row",
    )  # fmt: skip
    return (
        found.with_columns(destination_prefix=pl.coalesce(columns))
        .drop("head", *columns)
        .join(zoned, on="destination_prefix", how="left")
        .with_columns(charged_number=pl.when("is_charged_to_called").then("called_number").otherwise("calling_number"))
    )


def _judged(calls: pl.LazyFrame, repeated: pl.LazyFrame, holders: pl.LazyFrame, book: Book, day: date) -> pl.LazyFrame:
    midnight = datetime(day.year, day.month, day.day)
    begun_on, ended_at = pl.col("started_at").dt.date(), pl.col("started_at") + pl.duration(seconds="duration_seconds")
    roundings = {rounding.plan: rounding for rounding in book.roundings}
    rates = pl.LazyFrame({
        "rated_plan_id": [s.plan for s in book.starts],
        "zone_id": [s.zone for s in book.starts],
        "start_hour": pl.Series([s.hour for s in book.starts], dtype=pl.Int8),
        **{f"{part}_{name}": [getattr(getattr(s, part), name) for s in book.starts]
           for part in ("first", "then") for name in ("until", "increment", "price", "increment_after", "price_after")},
        "connect_price": [s.connect_price for s in book.starts],
        "band_ends": [s.band_ends for s in book.starts],
        **{name: [getattr(roundings[s.plan], name) for s in book.starts] for name in ("factor", "offset", "divisor", "unit")},
    })  # fmt: skip
    assigned = (
        _zoned(calls.join(repeated, on=["file_order", "record_number"], how="left"), book)
        .join(holders, left_on="charged_number", right_on="service_number", how="left")
        .filter(
            pl.col("valid_from").is_null()
            | ((pl.col("started_at") >= pl.col("valid_from")) & (pl.col("started_at") < pl.col("valid_to")))
        )
        .with_columns(
            call_date=begun_on,
            start_hour=pl.col("started_at").dt.hour(),
            start_second=(pl.col("started_at") - pl.col("started_at").dt.truncate("1d")).dt.total_seconds(),
            early_state=pl.when((begun_on != day) & ~((begun_on == day - timedelta(days=1)) & (ended_at >= midnight)))
            .then(pl.lit("other_day"))
            .when("is_repeated")
            .then(pl.lit("duplicate"))
            .when(pl.col("duration_seconds") == 0)
            .then(pl.lit("not_answered"))
            .when(pl.col("trunk_group_in").is_not_null() & ~pl.col("is_charged_to_called").fill_null(False))
            .then(pl.lit("not_charged"))
            .when(pl.col("account_id").is_null())
            .then(pl.lit("undocumented")),
        )
        .with_columns(rated_plan_id=pl.when(pl.col("early_state").is_null()).then("tariff_plan_id"))
        .join(rates, on=["rated_plan_id", "zone_id", "start_hour"], how="left")
    )
    duration = pl.col("duration_seconds").cast(pl.Int64)

    def count(length: pl.Expr, increment: str) -> pl.Expr:
        return (pl.max_horizontal(length, 0) + pl.col(increment) - 1) // pl.col(increment)

    room = pl.min_horizontal(duration, pl.col("band_ends") - pl.col("start_second"))
    in_first = pl.col("n1") * pl.col("first_increment")
    charged = (
        assigned.with_columns(n1=count(pl.min_horizontal(room, pl.col("first_until")), "first_increment"))
        .with_columns(n2=count(room - in_first, "first_increment_after"))
        .with_columns(charged_before=in_first + pl.col("n2") * pl.col("first_increment_after"))
        .with_columns(
            n3=count(pl.min_horizontal(duration, pl.col("then_until")) - pl.col("charged_before"), "then_increment")
        )
        .with_columns(charged_so_far=pl.col("charged_before") + pl.col("n3") * pl.col("then_increment"))
        .with_columns(n4=count(duration - pl.col("charged_so_far"), "then_increment_after"))
        .with_columns(
            charged_seconds=pl.col("charged_so_far") + pl.col("n4") * pl.col("then_increment_after"),
            price=pl.col("connect_price")
            + pl.col("n1") * pl.col("first_price")
            + pl.col("n2") * pl.col("first_price_after")
            + pl.col("n3") * pl.col("then_price")
            + pl.col("n4") * pl.col("then_price_after"),
        )
    )
    return charged.select(
        state=pl.coalesce(
            "early_state", pl.when(pl.col("price").is_null()).then(pl.lit("unrated")).otherwise(pl.lit("rated"))
        ),
        call_id=pl.concat_str(pl.col("file_name").str.strip_suffix(".csv"), pl.lit(":"), pl.col("record_number")),
        amount_millionths=(pl.col("price") * pl.col("factor") + pl.col("offset")) // pl.col("divisor") * pl.col("unit"),
        billing_period=pl.lit(f"{day:%Y-%m}"),
        **{name: pl.col(name) for name in RATED_COLUMNS if name not in ("call_id", "billing_period")},
    )
