"""This revision against another one, in turns on one machine: `python -m tests.benchmarks.revisions OTHER [ROUNDS]`.

OTHER is a checkout of the other revision in which `make setup` was run. Both read the other's demo city: first all files but
those of its last day, then those. Prints processor and clock seconds of each run and the median of the ratios, this ÷ other.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.measuring import PROJECT, Measured, measured, median

_DAY = re.compile(r"20\d\d-?[01]\d-?[0-3]\d")


def day_of(path: Path) -> str:
    """The day in a delivered file's name, digits only; '' where it names none."""
    found = _DAY.search(path.name)
    return found.group().replace("-", "") if found else ""


def last_day(files: Iterable[Path]) -> str:
    """The last day that at least ten files name: the demo plants single files with a wrong date."""
    days = [day for day in map(day_of, files) if day]
    return max(day for day in set(days) if days.count(day) >= 10)


def deliver(city: Path, home: Path, files: Iterable[Path]) -> None:
    """Copy files of the city's inbox to a home's."""
    for path in files:
        target = home / path.relative_to(city)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def tollhouse(checkout: Path, home: Path, *words: str) -> Measured:
    """A command of a checkout on a home. Raises SystemExit with what it said where it fails."""
    done = measured([str(checkout / ".venv/bin/tollhouse"), *words], {"TOLLHOUSE_HOME": str(home)})
    if done.exit_code:
        raise SystemExit(f"{checkout}: {' '.join(words)} ended with {done.exit_code}\n{done.errors}")
    return done


def main() -> None:
    """Measure and print."""
    if not 2 <= len(sys.argv) <= 3:
        raise SystemExit(__doc__)
    other, rounds = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) == 3 else 3
    ratios: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder, "city")
        tollhouse(other, city, "demo", "--no-run")
        files = sorted(path for path in (city / "inbox").rglob("*") if path.is_file())
        last = last_day(files)
        for number in range(rounds):
            seconds: dict[Path, dict[tuple[str, str], float]] = {}
            for checkout in (PROJECT, other) if number % 2 else (other, PROJECT):
                home = Path(folder, "home")
                deliver(city, home, (path for path in files if day_of(path) != last))
                first = tollhouse(checkout, home, "run")
                deliver(city, home, (path for path in files if day_of(path) == last))
                later = tollhouse(checkout, home, "run")
                shutil.rmtree(home)
                seconds[checkout] = {
                    (run, clock): value
                    for run, done in (("first run", first), ("a day after it", later))
                    for clock, value in (("processor", done.processor_seconds), ("clock", done.seconds))
                }
                told = ", ".join(f"{run} {clock} {value:.1f} s" for (run, clock), value in seconds[checkout].items())
                print(f"round {number + 1}, {'this' if checkout == PROJECT else 'other'}: {told}", flush=True)
            for key, value in seconds[PROJECT].items():
                ratios.setdefault(key, []).append(value / seconds[other][key])
    for (run, clock), values in ratios.items():
        print(f"{run}, {clock} seconds: this ÷ other {median(values):.3f} ({min(values):.3f} to {max(values):.3f})")


if __name__ == "__main__":
    main()
