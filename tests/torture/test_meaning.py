"""Files damaged in their meaning, in the short form; `make torture` tries every damage (tests/torture/__main__.py)."""

from __future__ import annotations

from pathlib import Path

from tests.robustness.branch import SWITCH
from tests.torture.meaning import DAMAGE, MeaningFuzz, Next, Standing, next_files, unsaid


def test_no_bill_no_received_sum_and_no_date_moves_unsaid(tmp_path: Path) -> None:
    """The next customers lack the first one, the calls are dated 2062 and the bank collects less than nothing: one run."""
    fuzz = MeaningFuzz.begin(tmp_path)
    files = [
        *DAMAGE["its first row lacking"](next_files()["customers"]),
        *DAMAGE["2062 in the name"](next_files()["cdr"]),
        *DAMAGE["signs reversed"](next_files()["bank"]),
    ]
    code, after = fuzz.after(files, "short")
    assert code == 0
    said = {name for kind, name, *_ in after.said - fuzz.before.said if kind == "file"}
    assert said == {f"{SWITCH}_20620403_004003.csv", "ICBC_20260403_B2.txt"}
    assert (after.bills, after.as_of[:4]) == (fuzz.before.bills, "2026")


def test_what_moves_unsaid_is_found() -> None:
    """A bill of 20.10 becomes 20.20, an as-of date 2062: both are told, but not where the bulletin has a new row."""
    before = Standing({("A1", "2026-03"): (20,)}, {}, "2026-04-02", frozenset())
    after = Standing({("A1", "2026-03"): (21,)}, {}, "2062-04-03", frozenset())
    assert unsaid(before, after, before) == [
        "bill ('A1', '2026-03'): (20,) became (21,)",
        "the as-of date: 2026-04-02 became 2062-04-03",
    ]
    assert unsaid(before, after, after) == []
    assert unsaid(before, Standing(after.bills, {}, after.as_of, frozenset({("bulletin", "x")})), before) == []


def test_every_damage_changes_a_file() -> None:
    """Some file of some kind is another afterwards; else the damage would hit nothing."""
    for name, damage in DAMAGE.items():
        assert any(damage(file) != [file] for file in next_files().values()), name
    assert isinstance(next_files()["cdr"], Next)
