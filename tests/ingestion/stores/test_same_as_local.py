"""Wherever files come from, the ledger and the landing area hold the same of them."""

from __future__ import annotations

import gzip
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3

from tests.ingestion.intake import Intake
from tests.ingestion.stores.conftest import Home
from tests.ingestion.stores.deliveries import CONTENT, entry, s3_entry, sftp_entry, sources, write
from tests.ingestion.stores.servers import LOOPBACK, SshServer

SWITCHES = "cdr/{switch_id}"
BANK = {"kind": "bank", "pattern": "{bank_code}_{date:YYYYMMDD}_{batch}.txt"}
BANK_FILE = "H|ICBC|B1|2026-01|2026-01-05|0|0.00|0|0.00\nT|0\n"
LONGEST = "x" * 251 + ".csv"  # 255 bytes, as many as a name may have

DELIVERED = {
    "SW1/SW1_20260105_000001.csv": CONTENT,
    "SW1/SW1_20260105_000001.csv.ctl": "records=1\nseconds=60\n",
    "SW1/SW1_20260105_000002.csv.gz": gzip.compress(CONTENT.encode(), mtime=0),
    "SW1/SW1_20260105_000003.csv": "",
    "SW1/a name # with 100 % of what? names + hold.csv": CONTENT,
    "SW1/话单 二〇二六.csv": CONTENT,
    f"SW1/{LONGEST}": CONTENT,
    "SW1/.hidden": "x",
    "SW1/SW1_20260105_000004.csv.part": "x",
    "SW1/folder/SW1_20260105_000005.csv": CONTENT,
    "SW2/SW2_20260105_000001.csv": CONTENT.replace(",60,", ",90,"),
    "stray.csv": "no folder of a switch",
    "bank/ICBC_20260105_B1.txt": BANK_FILE,
}


def known_of(intake: Intake) -> list[dict[str, Any]]:
    """What the ledger says of each file, the moment of its registration apart, with what landed of it."""
    files = []
    for file in intake.ledger.files():
        content = (intake.settings.home / file.landing_path).read_bytes()
        files.append({**asdict(file), "first_seen_at": None, "landed": content})
    return files


def local_entries(folder: Path) -> list[str]:
    """The sources on this machine."""
    return [entry(SWITCHES, f"file:{folder}/{{switch_id}}"), entry("bank", f"file:{folder}/bank", **BANK)]


def check(local: Intake, distant: Intake) -> None:
    """Both pull everything that was delivered, the same, and a second pull finds nothing new."""
    result = local.pull()
    assert (result.unreachable, result.growing) == ([], [])
    expected = known_of(local)
    # Of SW1 six files, of SW2 one, of the bank one; and that one again, as the bank's folder lies where those of the
    # switches do, and its name is none of a call file.
    assert len(expected) == 9
    statuses = {(file["source"], file["file_name"]): file["status"] for file in expected}
    assert sorted(name for (_, name), status in statuses.items() if status == "registered") == [
        "ICBC_20260105_B1.txt",
        "SW1_20260105_000001.csv",
        "SW1_20260105_000002.csv.gz",
        "SW2_20260105_000001.csv",
    ]
    result = distant.pull()
    assert (result.unreachable, result.growing) == ([], [])
    assert known_of(distant) == expected
    assert distant.pull().registered == []


def test_from_an_ssh_server(home: Home, ssh_server: SshServer, ssh_environment: None, tmp_path: Path) -> None:
    out = tmp_path / "out put"
    for name, content in DELIVERED.items():
        write(out / name, content)
    (out / "SW2" / "SW2_20260105_000002.csv").symlink_to("SW2_20260105_000001.csv")
    (out / "SW2" / "SW2_20260105_000003.csv").symlink_to("nowhere")
    (out / "SW2" / "SW2_20260105_000004.csv").symlink_to("SW2_20260105_000004.csv")
    (out / "SW2" / "SW2_20260105_000001.csv.done").mkdir()  # a folder is no companion
    before = {path: path.lstat().st_mtime_ns for path in out.rglob("*")}
    near = home(sources(*local_entries(out)))
    far = home(
        sources(
            sftp_entry(SWITCHES, ssh_server, f"{out}/{{switch_id}}"),
            sftp_entry("bank", ssh_server, f"{out}/bank", **BANK),
        )
    )
    dangling = [
        f"cdr/SW2/'SW2_20260105_00000{number}.csv': cannot be taken: it is a link that leads nowhere"
        for number in (3, 4)
    ]
    assert [near.pull().unreachable, far.pull().unreachable] == [dangling, dangling]
    linked = [file for file in known_of(far) if file["file_name"] == "SW2_20260105_000002.csv"]
    assert linked[0]["landed"] == DELIVERED["SW2/SW2_20260105_000001.csv"].encode()  # type: ignore[union-attr]
    (out / "SW2" / "SW2_20260105_000003.csv").unlink()
    (out / "SW2" / "SW2_20260105_000004.csv").unlink()
    (out / "SW2" / "SW2_20260105_000002.csv").unlink()
    near, far = (
        home((near.settings.home / "sources.yml").read_text()),
        home((far.settings.home / "sources.yml").read_text()),
    )
    check(near, far)
    after = {path: path.lstat().st_mtime_ns for path in out.rglob("*")}
    assert after.items() <= before.items() | {(out / "SW2", (out / "SW2").lstat().st_mtime_ns)}  # nothing was touched


def test_from_an_s3_server(home: Home, s3_server: int, s3_environment: None, tmp_path: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{s3_server}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="same-as-local")
    client.put_object(Bucket="same-as-local", Key="out/SW1/", Body=b"")  # as consoles make folders
    client.put_object(
        Bucket="same-as-local", Key="out/SW2/SW2_20260105_000001.csv/x", Body=b""
    )  # a folder of a file's name
    for name, content in DELIVERED.items():
        write(tmp_path / "out" / name, content)
        body = content if isinstance(content, bytes) else content.encode()
        client.put_object(Bucket="same-as-local", Key=f"out/{name}", Body=body)
    near = home(sources(*local_entries(tmp_path / "out")))
    far = home(
        sources(
            s3_entry(SWITCHES, s3_server, "same-as-local/out/{switch_id}"),
            s3_entry("bank", s3_server, "same-as-local/out/bank", **BANK),
        )
    )
    check(near, far)
