"""Figures into docs/performance.md: each measure of the speed targets with target, figure and whether it is met, the steps and
models of the product's run, the peers, the machine. Only what stands between the markers is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks import site
from tests.benchmarks.measuring import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
BEGIN, END = "<!-- benchmark: written by make bench -->", "<!-- end of benchmark -->"
_PEER_TARGETS = {
    "pandas_frames": ("pandas", 8.0),
    "postgresql": ("PostgreSQL", 9.0),
    "per_record": ("record by record in Python", 15.0),
}
#: The difference of two runs below this is their unrest and no cost: no target is met by it.
LEAST_DIFFERENCE_SECONDS = 2.0

Figures = dict[str, Any]
Row = tuple[str, str, str, str]


def targets(results: Figures) -> list[Row]:
    """(measure, target, measured, met) for every part that was measured."""
    rows: list[Row] = []
    # What the steps of rating take on 1 000 calls, the start of dbt above all, is the fixed cost's and not the peers' match.
    fixed_rating = results["fixed"]["first"]["rating_seconds"] if "fixed" in results else 0.0
    later = results.get("fixed", {}).get("later")
    if later:
        first = results["fixed"]["first"]
        for what, runs in (("a later day", later), ("the first run of all", first)):
            rows.append((f"fixed cost: `tollhouse run` on a 1 000-call day, {what}", "≤ 20 s, aim 12", f"{runs['seconds']:.1f} s",
                         _met(runs["seconds"], 20)))  # fmt: skip
    if "variable" in results:
        part = results["variable"]
        calls, product, engines = f"{part['calls']:,} calls", part["product"], part["engines"]
        least = results["fixed"]["first"]["seconds"] if "fixed" in results else 0.0
        less = "less the fixed cost" if least else "fixed cost included"
        variable = product["seconds"] - least
        for name, what, target, aim in (
            ("fused_sql", "the bare fused SQL", 1.5, "1.2"),
            ("csv_to_parquet", "CSV → Parquet copy", 4, "3"),
        ):
            seconds = engines[name]["seconds"]
            rows.append((f"variable cost of {calls} ({less}) ÷ {what}", f"≤ {target}, aim {aim}",
                         *_quotient(variable, seconds, target)))  # fmt: skip
        polars, rating = engines["polars_streaming"]["seconds"], product["rating_seconds"] - fixed_rating
        rows.append((f"load + dedup + assign + rate + usage, {calls} ({less}) ÷ Polars streaming", "≤ 1.2",
                     *_quotient(rating, polars, 1.2)))  # fmt: skip
    if "peers" in results:
        part = results["peers"]
        rating = part["product"]["rating_seconds"] - fixed_rating
        for name, (label, target) in _PEER_TARGETS.items():
            what = f"the same steps, {part['calls']:,} calls: faster than {label}"
            if name not in part["engines"]:
                rows.append((what, f"{target:.0f} ×", "not measured: no server", "–"))
                continue
            seconds = part["engines"][name]["seconds"]
            if rating < LEAST_DIFFERENCE_SECONDS:
                rows.append((what, f"{target:.0f} ×", _too_small(rating), "–"))
                continue
            rows.append((what, f"{target:.0f} ×", f"{seconds:.1f} s ÷ {rating:.1f} s = {seconds / rating:.1f} ×",
                         "met" if seconds / rating >= target else "not met"))  # fmt: skip
    if "history" in results:
        part = results["history"]
        ratio = part["later"]["seconds"] / part["first"]["seconds"]
        rows.append((f"a day at {part['days']} days of history ÷ first day ({part['calls']:,} calls each)", "≤ 1.1",
                     f"{part['later']['seconds']:.1f} s ÷ {part['first']['seconds']:.1f} s = {ratio:.2f}", _met(ratio, 1.1)))  # fmt: skip
    if "memory" in results:
        part = results["memory"]
        ratio, peak = part["bound"]["seconds"] / part["free"]["seconds"], part["bound"]["peak_mib"] / 1024
        # What Python, Dagster, dbt and Great Expectations take does not shrink with the limit: half a gigabyte, as in the full form.
        most = (part["limit_mb"] / 1000) + 0.5
        rows.append((f"{part['calls']:,} calls with a memory limit of {part['limit_mb']} MB: peak RSS of all processes",
                     f"≤ {most:.1f} GB", f"{peak * 1.073741824:.2f} GB", _met(peak * 1.073741824, most)))  # fmt: skip
        rows.append(("the same: time ÷ time without limit", "≤ 1.3",
                     f"{part['bound']['seconds']:.1f} s ÷ {part['free']['seconds']:.1f} s = {ratio:.2f}", _met(ratio, 1.3)))  # fmt: skip
    if "rating" in results:
        rate = results["rating"]["calls_per_second"] / 1e6
        explained = results["rating"]["explained_per_second"] / 1e6
        rows.append(("rating step alone, one core", "≥ 4 M calls/s",
                     f"{rate:.2f} M calls/s ({explained:.2f} M with all explaining columns)",
                     "met" if rate >= 4 else "not met"))  # fmt: skip
    if "site" in results:
        rows.extend(site.rows(results["site"]))
    return rows


def render(results: Figures) -> str:
    """The page's part, of the parts that were measured."""
    about = results["about"]
    parts = [(name, part["about"]) for name, part in results.items() if name != "about" and "about" in part]
    lines = [
        BEGIN,
        f"Measured on {about['date']} at revision {about['revision']}: {about['command']}. Medians of {about['rounds']} interleaved runs.",
        "",
        *_table(("machine and versions", ""), about["machine"].items()),
        "",
        *_table(
            ("part", "measured on", "revision", "rounds", "load at its end"),
            (
                (name, a["date"], a["revision"], a["rounds"], a["machine"].get("load at the end", ""))
                for name, a in parts
            ),
        ),
        "",
        "### Targets",
        *_table(("measure", "target", "measured", ""), targets(results)),
    ]
    if "variable" in results:
        part = results["variable"]
        lines += [
            "", f"### The day of {part['calls']:,} calls",
            f"{part['csv_mb']:.0f} MB of CSV; all come to the same totals:", part["totals"], "",
            *_table(("", "seconds", "peak MiB"), _timed(part)),
            "", *_profile(part["product"], results.get("fixed", {}).get("first")),
        ]  # fmt: skip
    if "peers" in results:
        part = results["peers"]
        settings = ", ".join(f"{name} = {value}" for name, value in part["postgresql_settings"].items())
        lines += ["", f"### Peers on {part['calls']:,} calls", *_table(("", "seconds", "peak MiB"), _timed(part)), ""]
        lines += [
            f"{part['postgresql']} (a server of its own, by unix socket; its memory is not in the peak): {settings}."
        ]
    if "fixed" in results:
        lines += ["", "### A day of 1 000 calls after a week of history", *_profile(results["fixed"]["later"], None)]
    return "\n".join([*lines, END])


def write_page(results: Figures, page: Path = PAGE) -> None:
    """Put the rendered part between the page's markers, or at its end where it has none."""
    text = page.read_text(encoding="utf-8")
    part = render(results)
    if BEGIN not in text:
        page.write_text(f"{text.rstrip()}\n\n## The benchmark\n{part}\n", encoding="utf-8")
        return
    page.write_text(
        re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: part, text, count=1, flags=re.DOTALL),
        encoding="utf-8",
    )


def _met(value: float, most: float) -> str:
    return "met" if value <= most else "not met"


def _quotient(difference: float, seconds: float, most: float) -> tuple[str, str]:
    """What a difference of two runs comes to against an engine's time, and whether that is met."""
    if difference < LEAST_DIFFERENCE_SECONDS:
        return _too_small(difference), "–"
    return f"{difference:.1f} s ÷ {seconds:.1f} s = {difference / seconds:.2f}", _met(difference / seconds, most)


def _too_small(difference: float) -> str:
    return f"not measurable: {difference:.1f} s more than 1 000 calls take"


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " --- |" * (len(head) - 1)]
    return lines + ["| " + " | ".join(str(value) for value in row) + " |" for row in rows]


def _timed(part: Figures) -> list[tuple[str, str, str]]:
    product = part["product"]
    rows = [
        ("`tollhouse run`, whole", f"{product['seconds']:.1f}", f"{product['peak_mib']:.0f}"),
        (f"of it: {', '.join(product['rating_steps'])}", f"{product['rating_seconds']:.1f}", ""),
    ]
    for name, engine in part["engines"].items():
        steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in engine["steps"].items())
        rows.append((f"{name} ({steps})", f"{engine['seconds']:.1f}", f"{engine['peak_mib']:.0f}"))
    return rows


def _profile(runs: Figures, least: Figures | None) -> list[str]:
    """Where the product's time goes: its steps, beside the same steps on 1 000 calls, and its slowest models and tests."""
    head = ("step", "seconds", "on 1 000 calls") if least else ("step", "seconds")
    steps = [
        (name, f"{seconds:.1f}", *([f"{least['steps'].get(name, 0):.1f}"] if least else []))
        for name, seconds in runs["steps"].items()
    ]
    slowest = sorted(runs["models"].items(), key=lambda model: -model[1])[:12]
    models = [(name, f"{seconds:.2f}") for name, seconds in slowest]
    return [*_table(head, steps), "", *_table(("slowest models and tests", "seconds"), models)]
