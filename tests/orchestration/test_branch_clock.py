"""Times that people read are by the branch's clock, in every zone and across the change of the day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration import branch_clock
from orchestration.branch_clock import branch_day, branch_now, shown_time
from orchestration.errors import TollhouseError
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings


@pytest.mark.parametrize(
    ("text", "zone", "shown"),
    [
        ("2026-05-20T23:15:04+00:00", "Asia/Shanghai", "2026-05-21 07:15:04 +08:00"),
        ("2026-05-20T23:15:04Z", "America/New_York", "2026-05-20 19:15:04 -04:00"),
        ("2026-05-20T23:15:04.987654+00:00", "Asia/Kathmandu", "2026-05-21 05:00:04 +05:45"),
        ("2026-05-20 23:15:04", "Asia/Shanghai", "2026-05-20 23:15:04"),
        ("soon", "Asia/Shanghai", "soon"),
    ],
)
def test_a_time_is_shown_by_the_branchs_clock(text: str, zone: str, shown: str) -> None:
    assert shown_time(text, zone) == shown


def test_a_day_is_the_branchs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert branch_day("2026-05-20T23:15:04+00:00", "Asia/Shanghai") == date(2026, 5, 21)
    assert branch_day("2026-05-21T01:00:00+00:00", "America/New_York") == date(2026, 5, 20)

    class Noon(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.fromisoformat("2026-05-20T16:00:07.5+00:00")

    monkeypatch.setattr(branch_clock, "datetime", Noon)
    assert branch_now("Asia/Shanghai") == datetime(2026, 5, 21, 0, 0, 7)


def test_who_waits_for_a_run_is_told_the_time_by_the_branchs_clock(tmp_path: Path) -> None:
    zone = {"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_TIME_ZONE": "Asia/Kathmandu"}
    settings = Settings.from_environment(zone)
    with (
        run_lock(settings),
        pytest.raises(TollhouseError, match=r"process \d+ since \d{4}-.* \+05:45\)"),
        run_lock(settings),
    ):
        pass
