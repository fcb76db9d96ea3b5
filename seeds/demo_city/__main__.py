"""`python -m seeds.demo_city <inbox>`: make the demo city's files by hand."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from seeds.demo_city.city import DEFAULT_LAST_DAY, make_city


def main() -> None:
    """Read the arguments, make the city, say how much there is."""
    parser = argparse.ArgumentParser(prog="python -m seeds.demo_city", description=__doc__)
    parser.add_argument("inbox", type=Path, help="folder to write cdr/, bank/ and customers/ into")
    parser.add_argument("--subscribers", type=int, default=2000, help="lines in service (default 2000)")
    parser.add_argument("--months", type=int, default=3, help="calendar months, the last one running (default 3)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same bytes (default 7)")
    parser.add_argument("--last-day", type=date.fromisoformat, default=DEFAULT_LAST_DAY, help="last day with calls")
    arguments = parser.parse_args()
    planted = make_city(
        arguments.inbox,
        subscribers=arguments.subscribers,
        months=arguments.months,
        seed=arguments.seed,
        last_day=arguments.last_day,
    )
    for name, value in planted["totals"].items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
