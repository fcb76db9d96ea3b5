"""Makes the small home that a fixture of test_upgrade.py holds, by whatever version of Tollhouse this file lies in.

Copy it into `tests/` of a checkout of that version, with its own environment, and run there

    python -W ignore -m tests.earlier_home FOLDER NAME

It needs nothing but tests/robustness/branch.py of that version. FOLDER/NAME.tar.xz is the fixture: without Dagster's history,
the delivered files (the landed ones are there) and the pages' library, which a run writes again.
"""

from __future__ import annotations

import lzma
import shutil
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

from tests.robustness.branch import Branch, calls_of_day, cdr, new_branch

TODAY = "2026-11-28"
LEFT_OUT = {"dagster", "run.lock", "being_decoded", "logs"}


def main() -> None:
    """Two days of March, a third whose file was held and released, March closed, a day of April; where the version can, March rated
    again with a dearer local call."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    branch = new_branch(folder / name)
    branch.deliver_day(2)
    branch.deliver_day(3)
    branch.deliver_exports()
    branch.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr([*calls_of_day("2026-03-04"), *["?"] * 8]))
    typed(branch, "run")
    branch.deliver_day(2, month=4)
    branch.deliver_exports("20260402")
    statuses = branch.mart("file_reconciliation", "file_id, file_status")
    (held,) = [file_id for file_id, status in statuses if status == "held"]
    typed(branch, "files", "release", held, "--why", "eight lines of a test of the switch")
    typed(branch, "run")
    typed(branch, "close", "2026-03")
    if find_spec("orchestration.rerating") is not None:
        branch.spoil("tariff_rates", "HOME,LOCAL,,2015-01-01,,0,0,0.10", "HOME,LOCAL,,2015-01-01,,0,0,0.15")
        typed(branch, "rerate", "--from", "2026-03-02", "--to", "2026-04-02", "--why", "decision 12")
    with lzma.open(folder / f"{name}.tar.xz", "wb", preset=9) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(branch.home, "home", filter=_kept)
    shutil.rmtree(branch.home)


def typed(branch: Branch, *words: str) -> None:
    """Type a command, which must do what it should."""
    done = branch.tollhouse(*words, TOLLHOUSE_TODAY=TODAY)
    assert done.exit_code == 0, done.message


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(member.name).parts[1:]
    is_delivered = parts[:1] == ("inbox",) and member.isfile()
    if set(parts[:1]) & LEFT_OUT or parts[:2] == ("published", "assets") or is_delivered:
        return None
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
