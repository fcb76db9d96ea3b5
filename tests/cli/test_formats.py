"""`tollhouse formats`, and the worked example of docs/formats.md, executed as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.ingestion.cdr.formats.declaration import Asn1Ber, Delimited, FixedBinary, FixedWidth
from orchestration.ingestion.cdr.formats.declared_columns import Case, Computed
from orchestration.ingestion.cdr.formats.declared_record import Record
from orchestration.settings import PROJECT_ROOT

DOCUMENT = (PROJECT_ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
LAYOUT_MODELS = (Delimited, FixedWidth, FixedBinary, Asn1Ber)
LINE = "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16"
HEADER = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder to work in, and a home that is not there: checking needs no state."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOLLHOUSE_HOME", str(tmp_path / "none"))
    monkeypatch.delenv("TOLLHOUSE_TIME_ZONE", raising=False)


def test_the_documents_example_reads_as_the_document_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chapter = DOCUMENT[DOCUMENT.index("### A new switch in ten minutes") :]
    text, yaml_text, typed = (
        re.search(rf"```{kind}\n(.*?)```", chapter, re.DOTALL) for kind in ("text", "yaml", "console")
    )
    assert text and yaml_text and typed
    command, _, shown = typed[1].partition("\n")
    Path("NG1_20260301_000001.csv").write_text(text[1])
    Path("northgate.yml").write_text(yaml_text[1])
    code = main(command.removeprefix("$ tollhouse ").split())
    printed = capsys.readouterr()
    assert printed.out + printed.err == shown
    assert code == 1  # something was set aside
    assert not (tmp_path / "none").exists()


def test_every_field_that_a_declaration_may_hold_is_in_the_document() -> None:
    members = {name for model in LAYOUT_MODELS for name in model.field_names()}
    members |= {*Record.field_names(), *Case.field_names(), *Computed.field_names()}
    chapter = DOCUMENT[DOCUMENT.index("### What a declaration holds") :]
    assert [
        name for name in sorted(members - {"header", "trailer", "times", "record"}) if f"`{name}" not in chapter
    ] == []


def test_a_sound_file_is_shown_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("SW1_20260105_000001.csv").write_text(f"{HEADER}\n{LINE}\n2{LINE[1:]}\n")
    assert main(["formats", "check", "SW1_20260105_000001.csv", "--format", "canonical", "--first", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["records"], found["malformed"], found["seconds"], found["date"]) == (2, 0, 120, "2026-01-05")
    (first,) = found["first"]
    assert (first["calling_number"], first["started_at"], first["duration_seconds"]) == (
        "2345678", "2026-01-05T10:00:00", 60,
    )  # fmt: skip
    assert (found["faults"], found["file_fault"]) == ([], None)


def test_a_file_that_a_run_would_reject_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.csv").write_text(f"{HEADER.replace('started_at', 'start')}\n{LINE}\n")
    assert main(["formats", "check", "x.csv", "--format", "canonical"]) == 1
    assert "the file: wrong header: column 6 should be started_at but is 'start'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.csv", "--format", "canonical"], "none.csv: there is no such file"),
        (["here.csv", "--format", "northgate"], "CDR format 'northgate' is not declared"),
        (["here.csv"], "--format"),
        (["here.csv.gz", "--format", "canonical"], "here.csv.gz: it cannot be read: damaged gzip"),
    ],
)
def test_wrong_usage_is_told(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("here.csv").write_text(HEADER)
    Path("here.csv.gz").write_text(HEADER)
    assert main(["formats", "check", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_declared_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats", "list", "--json"]) == 0
    listed = {entry["name"]: entry["layout"] for entry in json.loads(capsys.readouterr().out)["formats"]}
    assert listed == {
        "asterisk": "delimited",
        "asterisk_custom": "delimited",
        "avaya_ip_office": "delimited",
        "canonical": "delimited",
        "cisco_cucm": "delimited",
        "freeswitch": "delimited",
        "huawei_igwb": "fixed_binary",
        "nec_smdr": "fixed_width",
        "panasonic_smdr": "fixed_width",
        "sipwise_ngcp": "delimited",
        "threecx": "delimited",
        "ts32298": "asn1_ber",
    }


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("cdr_StandAloneCluster_01_202605061635_2", "2026-05-07"),
        ("cdr_StandAloneCluster_01_202605061535_1", "2026-05-06"),
        ("cdr_20260506", "2026-05-06"),
    ],
)
def test_the_day_of_a_file_whose_name_is_in_utc_is_the_branchs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, day: str
) -> None:
    names = "globalCallID_callManagerId,globalCallID_callId,dateTimeOrigination,callingPartyNumber,originalCalledPartyNumber,"
    names += (
        "finalCalledPartyNumber,origCause_value,destCause_value,dateTimeConnect,duration,origDeviceName,destDeviceName"
    )
    (tmp_path / name).write_text(f"{names}\n{','.join(['INTEGER'] * 12)}\n")
    assert main(["formats", "check", str(tmp_path / name), "--format", "cisco_cucm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["date"] == day


def test_why_records_are_ignored_is_told_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = (
        '"","2200001","{}","x","","PJSIP/2200001-0a","{}","Dial","","2026-05-06 10:00:00","","2026-05-06 10:00:09",9,0,'
        '"NO ANSWER","DOCUMENTATION","1.1","","","1.1",0\n'
    )
    lines = [line.format("2200002", "PJSIP/101-1"), line.format("2200002", "PJSIP/102-2"), line.format("h", "")]
    (tmp_path / "Master_20260506.csv").write_text("".join(lines))
    assert main(["formats", "check", str(tmp_path / "Master_20260506.csv"), "--format", "asterisk"]) == 0
    told = capsys.readouterr().out
    assert "ignored: 1 record: leg of a call of which another counts" in told
    assert "ignored: 1 record: the dialplan after the call (extension h)" in told
