"""What status, files, explain and quote print in Chinese; what programs read is the same in both languages."""

from __future__ import annotations

from dataclasses import fields

import pytest
from rich.cells import cell_len

from dashboards.i18n import load
from orchestration.ledger.file_ledger import STATUSES, FileLedger
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings
from tests.cli.conftest import Tollhouse
from tests.cli.made_by_hand import new_file, publish_blocked_run, publish_edition

FILE_ID = "00000000000000aa"
QUOTE = ["quote", "--plan", "RESIDENTIAL", "--to", "4411426", "--at", "2026-05-20 10:00", "--seconds", "181"]


def test_the_status_in_chinese(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    out = tollhouse("status", "--lang", "zh").out
    assert "版本        2026-05-20-0001（截止 2026-05-20，修订 1）\n" in out
    assert "质量关卡    2 项中 1 项通过（1 告警）\n" in out
    assert "应收        1,400.50\n" in out and "实收率      50.00%\n" in out
    assert "已关账      2026-02\n未关账      2026-03, 2026-04\n暂估        2026-05\n" in out


def test_a_blocked_run_names_its_gates_in_chinese(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_blocked_run(settings.published, built_at="2026-05-20T11:00:00Z")
    out = tollhouse("status", "--lang", "zh").out
    assert "尚未发布任何版本" in out
    assert "已阻断      " in out and "未发布：" in out


def test_the_files_in_chinese(tollhouse: Tollhouse, settings: Settings) -> None:
    with FileLedger(settings.ledger_path) as ledger:
        ledger.register(new_file(FILE_ID, "SW1_20260520_000001.csv"))
        ledger.set_status(FILE_ID, "held", "10 of 50 records are duplicate (20 %): more than the share of 0.1 allowed")
    head, row, count = tollhouse("files", "--lang", "zh").out.splitlines()
    assert head.split() == ["编号", "文件", "来源", "类别", "日期", "状态", "记录数", "原因"]
    assert row.endswith("50 条记录中 10 条为重单（20 %）：超过允许的比例 0.1") and "暂扣" in row and "话单" in row
    assert count == "共 1 个文件"
    # The cells of a column begin below each other on the screen, where a Chinese character is two wide.
    assert cell_len(head[: head.index("状态")]) == cell_len(row[: row.index("暂扣")])
    shown = tollhouse("files", "show", FILE_ID, "--lang", "zh").out
    assert "文件类别" in shown and "50 条记录中 10 条为重单" in shown and "已登记" in shown


def test_a_quote_in_chinese(tollhouse: Tollhouse) -> None:
    out = tollhouse(*QUOTE, "--lang", "zh").out
    assert "被叫号码       4411426\n" in out
    assert "取整           四舍五入，保留 2 位小数\n金额           0.33\n" in out
    assert "每 180 秒 0.22" in out


def test_the_language_of_the_environment_and_of_one_call(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    english = tollhouse(*QUOTE).out
    assert english.startswith("called number  4411426\n")
    monkeypatch.setenv("TOLLHOUSE_LANG", "zh")
    assert tollhouse(*QUOTE).out.startswith("被叫号码       4411426\n")
    assert tollhouse(*QUOTE, "--lang", "en").out == english == tollhouse("--lang", "en", *QUOTE).out
    monkeypatch.setenv("TOLLHOUSE_LANG", "fr")
    called = tollhouse(*QUOTE)
    assert called.exit_code == 2
    assert "TOLLHOUSE_LANG: 'fr' is not a language of Tollhouse; write en or zh" in called.err


def test_what_programs_read_is_in_no_language(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    for words in (["status"], QUOTE):
        assert tollhouse(*words, "--json", "--lang", "zh").json == tollhouse(*words, "--json").json


def test_every_fact_and_status_of_a_file_has_words() -> None:
    for language in ("zh", "en"):
        texts = load(language)
        named = {field.name for field in fields(FileEntry)} - {"offending_records"}
        assert {name for name in named if f"command_line.file_fact.{name}" not in texts} == set()
        assert {status for status in STATUSES if f"file_status.{status}" not in texts} == set()
