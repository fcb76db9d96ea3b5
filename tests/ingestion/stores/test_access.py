"""Entries of sources.yml for foreign switches and servers: what each field means, and a clear word for each that is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.ingestion.landing.pulling import pull, waiting_files
from orchestration.ingestion.sources.declaration import DEFAULT_SOURCES, load_sources
from orchestration.ingestion.stores.access import Access
from orchestration.ingestion.stores.base import FileChanged
from orchestration.ingestion.stores.pool import Stores
from orchestration.settings import PROJECT_ROOT, Settings
from tests.ingestion.intake import HEADER, Intake

SFTP = {
    "name": "x",
    "kind": "cdr",
    "url": "sftp://127.0.0.1/out",
    "pattern": "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv",
    "format": "canonical",
}
S3 = {**SFTP, "url": "s3://bucket/out"}
FILE = {**SFTP, "url": "file:/nowhere"}


def settings_of(folder: Path, **entry: object) -> Settings:
    """Settings with a sources file of one entry; a field of None is left out."""
    lines = [f"    {name}: {value!r}" for name, value in entry.items() if value is not None]
    (folder / "sources.yml").write_text("sources:\n  -\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return Settings.from_environment(
        {"TOLLHOUSE_HOME": str(folder / "home"), "TOLLHOUSE_SOURCES": str(folder / "sources.yml")}
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({**SFTP, "timeout_seconds": 0}, "timeout_seconds: 0 is not a valid number of seconds from 1 to 600"),
        ({**SFTP, "timeout_seconds": "soon"}, "timeout_seconds: 'soon' is not a valid number of seconds"),
        ({**SFTP, "retries": 11}, "retries: 11 is not a valid whole number from 0 to 10"),
        ({**SFTP, "retries": 1.5}, "retries: 1.5 is not a valid whole number"),
        ({**SFTP, "settle_seconds": 0}, "settle_seconds: 0 is not a valid number of seconds from 1 to 3600"),
        ({**SFTP, "companion": "maybe"}, "companion: 'maybe' is not one of optional, required"),
        (
            {**SFTP, "password_env": "hunter2 is secret"},
            "password_env: it is not a valid name of an environment variable",
        ),
        ({**SFTP, "password": "hunter2"}, "password: no such field for a sftp: source"),
        ({**SFTP, "access_key_env": "KEY"}, "access_key_env: no such field for a sftp: source"),
        ({**SFTP, "key_passphrase_env": "PHRASE"}, "key_passphrase_env: there is no key_file_env"),
        ({**SFTP, "url": "sftp://me:hunter2@h/out"}, "url: it holds a password; name the environment variable"),
        ({**SFTP, "url": "ftp://me:hunter2@h/out"}, "url: ftp://...@h/out cannot be used: write file:/folder"),
        ({**SFTP, "url": "sftp://me@h/out", "username_env": "ME"}, "username_env: the url names the user already"),
        ({**SFTP, "url": "sftp:///out"}, "url: sftp:///out names no host"),
        ({**SFTP, "url": "sftp:host/out"}, "url: sftp:host/out cannot be used"),
        ({**SFTP, "url": "sftp://h:port/out"}, "url: it cannot be used: "),
        ({**S3, "url": "s3:///out"}, "url: s3:///out names no bucket"),
        ({**S3, "url": "s3://key:hunter2@bucket/out"}, "url: it holds keys"),
        ({**S3, "access_key_env": "KEY"}, "access_key_env: write it and secret_key_env, or neither"),
        ({**S3, "endpoint_url": "minio:9000"}, "endpoint_url: 'minio:9000' is not a valid http:// or https:// address"),
        ({**S3, "known_hosts": "x"}, "known_hosts: no such field for a s3: source"),
        ({**FILE, "retries": 1}, "retries: no such field for a file: source"),
        ({**FILE, "switch_id": "SW 1"}, "switch_id: 'SW 1' is not a valid id"),
        ({**FILE, "switch_id": 7}, "switch_id: 7 is not a valid id; write it in quotes"),
        ({**FILE, "bank_code": "ICBC"}, "bank_code: a cdr source has none"),
        ({**FILE, "url": "file:/x/{switch_id}", "switch_id": "SW1"}, "switch_id: the folder in url says it already"),
        ({**FILE, "sequence": "any"}, "sequence: there is only `sequence: none`"),
        ({**FILE, "sequence": "none"}, "sequence: the pattern has a {sequence}"),
        ({**FILE, "date_from": "moon"}, "date_from: 'moon' is not one of name, modified"),
        ({**FILE, "date_from": "modified", "time_zone": "UTC"}, "date_from: the pattern has a {date:...}"),
        ({**FILE, "time_zone": "UTC"}, "time_zone: it belongs to `date_from: modified`"),
        ({**FILE, "pattern": "{any}", "date_from": "modified"}, "time_zone: `date_from: modified` needs the branch's"),
        (
            {**FILE, "pattern": "{any}", "date_from": "modified", "time_zone": "Mars"},
            "time_zone: 'Mars' is not a valid zone",
        ),
        ({**FILE, "pattern": "{any}", "sequence": "none"}, "pattern: a cdr pattern has {switch_id} once"),
        ({**FILE, "name": "../x"}, "name: '../x' cannot be a folder below the landing area"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_entry(tmp_path: Path, entry: dict[str, object], message: str) -> None:
    settings = settings_of(tmp_path, **entry)
    with pytest.raises(UsageError) as caught:
        load_sources(settings)
    assert str(caught.value).startswith(f"{settings.sources_file}: entry 1 ({entry['name']}): field {message}")
    assert "hunter2" not in str(caught.value)


def test_an_entry_says_what_the_names_of_a_foreign_switch_do_not(tmp_path: Path) -> None:
    """A switch whose names hold neither its id, nor a date, nor a number: dated by the time of writing, in the zone."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "Master.csv").write_text(f"{HEADER}\n1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16\n")
    at = 1_767_628_800  # 2026-01-05 16:00 UTC: midnight of the 6th in Shanghai
    os.utime(folder / "Master.csv", (at - 1, at - 1))
    settings = settings_of(
        tmp_path,
        **{**FILE, "url": f"file:{folder}", "pattern": "{any}.csv"},
        switch_id="SW7",
        sequence="none",
        date_from="modified",
        time_zone="Asia/Shanghai",
    )
    from orchestration.ledger.file_ledger import FileLedger

    with FileLedger(settings.ledger_path) as ledger:
        pull(settings, ledger)
        (entry,) = ledger.files()
    assert (entry.status, entry.switch_id, entry.sequence_number) == ("registered", "SW7", None)
    assert entry.file_date == date(2026, 1, 5)
    (source,) = load_sources(settings)
    parts = source.parse_name("Master.csv", at * 10**9)
    assert parts is not None
    assert parts.file_date == date(2026, 1, 6)


def test_a_folder_of_a_name_that_no_pattern_repeats(tmp_path: Path) -> None:
    """The folder binds the switch; the names need not say it again."""
    (tmp_path / "out" / "SW1").mkdir(parents=True)
    settings = settings_of(
        tmp_path, **{**FILE, "url": f"file:{tmp_path}/out/{{switch_id}}", "pattern": "b{sequence}_{date:YYMMDD}.csv"}
    )
    (source,) = load_sources(settings)
    parts = source.parse_name("b31_260105.csv")
    assert parts is not None
    assert (parts.switch_id, parts.file_date, parts.sequence_number) == ("SW1", date(2026, 1, 5), 31)


def test_the_sensor_waits_for_no_server_that_is_away(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, **{**SFTP, "url": "sftp://127.0.0.1:1/out/{switch_id}", "name": "x/{switch_id}"}, retries=10
    )
    assert waiting_files(settings) == []


def test_odd_files_of_a_local_folder(intake: Intake) -> None:
    """A link counts as the file it leads to; one that leads nowhere, and a name that is no text, are told and stop nothing."""
    real = intake.deliver("cdr/.elsewhere", "real.csv", f"{HEADER}\n1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16\n")
    folder = intake.settings.inbox / "cdr" / "SW1"
    folder.mkdir(parents=True)
    (folder / "SW1_20260105_000001.csv").symlink_to(real)
    (folder / "SW1_20260105_000002.csv").symlink_to("nowhere")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xbb\xb0\xb5\xa5.csv")).write_text("a name in GBK")
    os.mkdir(os.fsencode(folder) + b"\xbb")
    os.mkfifo(folder / "SW1_20260105_000003.csv")
    result = intake.pull()
    entry = intake.only_file()
    assert (entry.file_name, entry.status) == ("SW1_20260105_000001.csv", "registered")
    assert (intake.settings.home / entry.landing_path).read_bytes() == real.read_bytes()
    home = intake.settings.inbox
    assert sorted(result.unreachable) == [
        rf"cdr/'SW1\udcbb': file:{home}/cdr/'SW1\udcbb' cannot be listed: its name is not UTF-8; have it renamed",
        "cdr/SW1/'SW1_20260105_000002.csv': cannot be taken: it is a link that leads nowhere",
        r"cdr/SW1/'\udcbb\udcb0\udcb5\udca5.csv': cannot be taken: its name is not UTF-8; have it renamed",
    ]


def test_no_driver_of_a_remote_server_is_imported_for_local_files(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "cdr" / "SW1"
    folder.mkdir(parents=True)
    (folder / "SW1_20260105_000001.csv").write_text(f"{HEADER}\n")
    script = (
        "import sys\n"
        "import orchestration.definitions\n"
        "from orchestration.ledger.file_ledger import FileLedger\n"
        "from orchestration.ingestion.landing.pulling import pull\n"
        "from orchestration.settings import Settings\n"
        "settings = Settings.from_environment()\n"
        "with FileLedger(settings.ledger_path) as ledger:\n"
        "    print(len(pull(settings, ledger).registered))\n"
        "print([name for name in ('paramiko', 's3fs', 'botocore', 'aiohttp') if name in sys.modules])\n"
    )
    environment = {**os.environ, "TOLLHOUSE_HOME": str(tmp_path)}
    environment.pop("TOLLHOUSE_SOURCES", None)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["1", "[]"]


def test_the_example_of_the_documentation_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field in it is understood; its first server is not asked, as the variable with the user is not set."""
    monkeypatch.delenv("SPOOL_USER", raising=False)
    text = (PROJECT_ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    (tmp_path / "sources.yml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    settings = Settings.from_environment(
        {"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_SOURCES": str(tmp_path / "sources.yml")}
    )
    spool, tandem, exports = load_sources(settings)
    assert spool.fault == "the environment variable SPOOL_USER (field username_env) is not set"
    assert spool.access.known_hosts == tmp_path / "known_hosts"
    parts = tandem.parse_name("b00000042.D2601050930.bin")
    assert parts is not None
    assert (parts.switch_id, parts.sequence_number, parts.file_date) == ("TDM1", 42, date(2026, 1, 5))
    assert (exports.access.endpoint_url, exports.needs_companion) == ("https://minio.example.net:9000", True)


def test_a_link_out_of_its_source_is_followed_only_where_the_source_says_so(intake: Intake) -> None:
    """A link is no way to have a file of this machine read, as a delivered file, as its companion or as a whole folder."""
    content = f"{HEADER}\n1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16\n"
    private = intake.deliver("../private/SW3", "SW3_20260105_000001.csv", content)
    name = "SW1_20260105_000001.csv"
    (intake.settings.inbox / "cdr" / "SW1").mkdir(parents=True)
    (intake.settings.inbox / "cdr" / "SW1" / name).symlink_to(private)
    (intake.settings.inbox / "cdr" / "SW3").symlink_to(private.parent)
    intake.deliver("cdr/SW2", "SW2_20260105_000001.csv", content)
    (intake.settings.inbox / "cdr" / "SW2" / "SW2_20260105_000001.csv.ctl").symlink_to(private)

    result = intake.pull()
    root = intake.settings.inbox / "cdr"
    told = "or write `follow_links: true` into its source"
    assert sorted(result.unreachable) == [
        f"cdr/SW1/'{name}': cannot be taken: it is a link that leads out of {root}; deliver the file itself, {told}",
        f"cdr/SW3: file:{root}/SW3 cannot be listed: it is a link that leads out of {root}; mount the folder there, {told}",
    ]
    assert [(entry.file_name, entry.ctl_fault) for entry in intake.ledger.files()] == [
        ("SW2_20260105_000001.csv", None)
    ]

    sources = intake.settings.home / "sources.yml"
    default = DEFAULT_SOURCES.read_text(encoding="utf-8")
    sources.write_text(default.replace("    kind: cdr", "    follow_links: true\n    kind: cdr", 1), encoding="utf-8")
    followed = replace(intake.settings, sources_file=sources)
    assert pull(followed, intake.ledger, settle_seconds=0.05).unreachable == []
    assert sorted(entry.file_name for entry in intake.ledger.files()) == [
        name,
        "SW2_20260105_000001.csv",
        "SW3_20260105_000001.csv",
    ]


def test_a_file_that_becomes_a_link_while_it_is_copied_is_not_read(intake: Intake) -> None:
    private = intake.deliver("../private", "x.csv", "secret")
    listed = intake.deliver("cdr/SW1", "SW1_20260105_000001.csv", "secret")
    with Stores() as stores:
        store = stores.of(Access(link_root=str(intake.settings.inbox / "cdr")))
        (item,) = store.items(str(listed.parent))
        listed.unlink()
        listed.symlink_to(private)
        with pytest.raises(FileChanged), store.reading(item):
            pass


def test_a_file_whose_name_holds_control_characters_is_named_and_not_taken(intake: Intake) -> None:
    intake.deliver("cdr/SW1", "SW1_20260105_000001.csv\x1b[2J", HEADER)
    result = intake.pull()
    assert intake.ledger.files() == []
    assert result.unreachable == [
        r"cdr/SW1/'SW1_20260105_000001.csv\x1b[2J': cannot be taken: its name holds control characters; have it renamed"
    ]
