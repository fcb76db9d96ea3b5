"""A run over many files of one call each: `python -m tests.benchmarks.small_files [FILES]` (default 10 000).

Prints the seconds of a run over that many files, and of one over as many calls in 28 files, and how many times the first is
the second.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measuring import PROJECT, Measured, measured
from tests.robustness.branch import BOOK, CDR_HEADER, SWITCH, Branch

_DAYS = 28


def branch_with(home: Path, calls: int, files: int) -> Branch:
    """A home whose inbox has so many calls of March 2026 in so many files, and the exports."""
    branch = Branch(home)
    branch.book.mkdir(parents=True)
    for table, content in BOOK.items():
        (branch.book / f"{table}.csv").write_text(content, encoding="utf-8")
    branch.deliver_exports()
    lines: dict[int, list[str]] = {number: [] for number in range(files)}
    for call in range(calls):
        own = lines[call % files]
        clock = f"{call // 3600 % 24:02d}:{call // 60 % 60:02d}:{call % 60:02d}"
        day = 1 + call % files % _DAYS
        own.append(
            f"{len(own) + 1},220000{1 + call % 2},220000{2 - call % 2},,TG1,2026-03-{day:02d} {clock},{60 + call % 100},16"
        )
    for number, own in lines.items():
        name = f"{SWITCH}_202603{1 + number % _DAYS:02d}_{number + 1:06d}.csv"
        branch.deliver(f"cdr/{SWITCH}", name, "\n".join([CDR_HEADER, *own]) + "\n")
    return branch


def run(branch: Branch) -> Measured:
    """The run. Raises SystemExit with what it said where it fails."""
    done = measured([str(PROJECT / ".venv/bin/tollhouse"), "run"], branch.settings)
    if done.exit_code:
        raise SystemExit(f"the run ended with {done.exit_code}\n{done.errors}")
    return done


def main() -> None:
    """Measure and print."""
    if len(sys.argv) > 2:
        raise SystemExit(__doc__)
    files = int(sys.argv[1]) if len(sys.argv) == 2 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        many = run(branch_with(Path(folder, "many"), files, files))
        few = run(branch_with(Path(folder, "few"), files, _DAYS))
    print(f"{files} calls in {files} files: {many.seconds:.1f} s; in {_DAYS} files: {few.seconds:.1f} s")
    print(f"ratio {many.seconds / few.seconds:.2f}")


if __name__ == "__main__":
    main()
