"""Pulling from a real OpenSSH server: what is whole is taken, and every fault is that source's alone."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from orchestration.ingestion.landing import transfer
from orchestration.ingestion.landing.pulling import pull
from tests.ingestion.intake import Intake
from tests.ingestion.stores.conftest import Home
from tests.ingestion.stores.deliveries import (
    CONTENT,
    MIB,
    NAME,
    call_file,
    entry,
    sftp_entry,
    sources,
    write,
    write_settled,
)
from tests.ingestion.stores.servers import LOOPBACK, Line, SshServer, free_port, make_key

pytestmark = pytest.mark.usefixtures("ssh_environment")


def landed(intake: Intake) -> dict[str, bytes]:
    """File name → content in the landing area, of every registered file."""
    return {file.file_name: (intake.settings.home / file.landing_path).read_bytes() for file in intake.ledger.files()}


def left_over(intake: Intake) -> list[str]:
    """What lies among the copies on their way."""
    incoming = intake.settings.landing / ".incoming"
    return sorted(path.name for path in incoming.iterdir()) if incoming.is_dir() else []


def test_a_cut_connection_is_gone_on_with_where_it_was_cut(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path
) -> None:
    content = call_file(12 * MIB)
    write_settled(tmp_path / "out" / NAME, content)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=2)))
    ssh_line.cut_after = [9 * MIB]
    result = intake.pull()
    assert (result.unreachable, result.growing) == ([], [])
    assert landed(intake) == {NAME: content}
    # 12 MiB were to come; the second connection brought what was missing and no more than a mebibyte twice.
    assert len(ssh_line.sent) == 2
    assert 3 * MIB <= ssh_line.sent[1] <= 4.5 * MIB
    assert left_over(intake) == []


def test_the_next_run_goes_on_with_what_the_last_one_had_to_leave(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path
) -> None:
    content = call_file(6 * MIB)
    write_settled(tmp_path / "out" / NAME, content)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=0)))
    ssh_line.cut_after = [4 * MIB]
    result = intake.pull()
    assert len(result.unreachable) == 1
    assert result.unreachable[0].startswith(f"far/{NAME}: cannot be copied: ")
    assert (landed(intake), len(left_over(intake))) == ({}, 2)
    before = len(ssh_line.sent)
    assert intake.pull().unreachable == []
    assert landed(intake) == {NAME: content}
    assert sum(ssh_line.sent[before:]) <= 3.5 * MIB
    assert intake.only_file().sha256 == hashlib.sha256(content).hexdigest()


def test_bytes_of_two_versions_never_make_a_file(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path
) -> None:
    first, second = call_file(6 * MIB, seed=1), call_file(6 * MIB, seed=2)
    path = write_settled(tmp_path / "out" / NAME, first)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=0)))
    ssh_line.cut_after = [4 * MIB]
    assert len(intake.pull().unreachable) == 1
    write_settled(path, second, at=1_600_000_001)  # the same size, a second later
    assert intake.pull().unreachable == []
    assert landed(intake) == {NAME: second}


def test_a_file_replaced_while_it_is_copied_is_left_for_the_next_run(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = call_file(6 * MIB, seed=1), call_file(6 * MIB, seed=2)
    path = write_settled(tmp_path / "out" / NAME, first)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=3)))
    ssh_line.cut_after = [3 * MIB]
    pauses: list[int] = []

    def replaced_in_the_pause(failures: int) -> float:
        pauses.append(failures)
        write_settled(path, second, at=1_600_000_001)
        return 0.0

    monkeypatch.setattr("orchestration.ingestion.stores.retrying.pause_seconds", replaced_in_the_pause)
    result = intake.pull()
    assert (result.growing, landed(intake), left_over(intake), len(pauses)) == ([f"far/{NAME}"], {}, [], 1)
    intake.pull()
    assert landed(intake) == {NAME: second}


def test_an_unknown_and_a_wrong_host_key_are_refused_and_stop_no_other_source(
    home: Home, ssh_server: SshServer, tmp_path: Path
) -> None:
    write_settled(tmp_path / "out" / NAME, CONTENT)
    write(tmp_path / "near" / NAME, CONTENT)
    other = make_key(tmp_path / "other_host_key")
    nobody = tmp_path / "known_hosts_of_nobody"
    intake = home(
        sources(
            sftp_entry(
                "wrong",
                ssh_server,
                tmp_path / "out",
                known_hosts=str(ssh_server.known_hosts(ssh_server.port, key=other)),
            ),
            sftp_entry("unknown", ssh_server, tmp_path / "out", known_hosts=str(nobody)),
            sftp_entry("unlisted/{switch_id}", ssh_server, f"{tmp_path}/{{switch_id}}", known_hosts=str(nobody)),
            entry("near", f"file:{tmp_path / 'near'}"),
        )
    )
    result = intake.pull()
    assert [file.source for file in intake.ledger.files()] == ["near"]
    told = {text.split(":", 1)[0]: text for text in result.unreachable}
    assert set(told) == {"wrong", "unknown", "unlisted/{switch_id}"}
    assert "shows the host key ssh-ed25519 SHA256:" in told["wrong"]
    assert "Ask its operator for the fingerprint, and replace the line only if it is this one" in told["wrong"]
    for name in ("unknown", "unlisted/{switch_id}"):
        assert f"is not in {nobody} (there is no such file)" in told[name]
        assert f"add what `ssh-keyscan -p {ssh_server.port} {LOOPBACK}` prints" in told[name]
    assert not nobody.exists()  # nothing was learnt by itself


def test_who_is_not_let_in_is_told_what_to_look_at(
    home: Home, ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_settled(folder / NAME, CONTENT)
    monkeypatch.setenv("WRONG_KEY", str(make_key(tmp_path / "another_client")))
    monkeypatch.setenv("WRONG_PASSWORD", "not-the-password")
    monkeypatch.setenv("KEY_THAT_IS_GONE", str(tmp_path / "gone"))
    monkeypatch.setenv("NO_KEY", str(write(tmp_path / "no_key", "this is no key\n")))
    monkeypatch.setenv("LOCKED_KEY", str(make_key(ssh_server.folder / "locked_key", passphrase="open sesame")))
    monkeypatch.setenv("PASSPHRASE", "open sesame")
    monkeypatch.delenv("NOT_SET", raising=False)
    password = {"key_file_env": None, "password_env": "WRONG_PASSWORD"}
    intake = home(
        sources(
            sftp_entry("key", ssh_server, folder, key_file_env="WRONG_KEY"),
            sftp_entry("password", ssh_server, folder, **password),
            sftp_entry("gone", ssh_server, folder, key_file_env="KEY_THAT_IS_GONE"),
            sftp_entry("no key", ssh_server, folder, key_file_env="NO_KEY"),
            sftp_entry("locked", ssh_server, folder, key_file_env="LOCKED_KEY"),
            sftp_entry("unlocked", ssh_server, folder, key_file_env="LOCKED_KEY", key_passphrase_env="PASSPHRASE"),
            sftp_entry("unset", ssh_server, folder, key_file_env="NOT_SET"),
            sftp_entry("good", ssh_server, folder),
        )
    )
    result = intake.pull()
    assert [file.source for file in intake.ledger.files()] == ["good", "unlocked"]
    told = {text.split(":", 1)[0]: text.rsplit("cannot be listed: ", 1)[1] for text in result.unreachable}
    assert told.keys() == {"key", "password", "gone", "no key", "locked", "unset"}
    assert told["key"].startswith(f"the server does not let user '{ssh_server.user}' in with what WRONG_KEY hold")
    assert told["password"].startswith(f"the server does not let user '{ssh_server.user}' in with what WRONG_PASSWORD")
    assert told["gone"] == "the key file that KEY_THAT_IS_GONE names (field key_file_env) is not there"
    assert told["no key"].startswith("the key file that NO_KEY names (field key_file_env) cannot be read: ")
    assert told["locked"].endswith("is locked: name its passphrase (field key_passphrase_env)")
    assert told["unset"] == "the environment variable NOT_SET (field key_file_env) is not set"
    assert "not-the-password" not in "".join(result.unreachable)


def test_a_server_that_accepts_and_never_answers_costs_its_time_out_once(
    home: Home, ssh_server: SshServer, tmp_path: Path
) -> None:
    write(tmp_path / "near" / NAME, CONTENT)
    with Line(ssh_server.port) as line:
        line.stall_after = [0] * 20
        dead = {"timeout_seconds": 1, "retries": 1}
        intake = home(
            sources(
                *(sftp_entry(f"dead{number}", ssh_server, tmp_path, line.port, **dead) for number in range(5)),
                entry("near", f"file:{tmp_path / 'near'}"),
            )
        )
        started = time.monotonic()
        result = intake.pull()
        took = time.monotonic() - started
        assert len(line.sent) == 2  # one try and one more, for all five sources together
    assert took < 6
    assert [text.split(":", 1)[0] for text in result.unreachable] == [f"dead{number}" for number in range(5)]
    assert all(text.endswith("cannot be listed: no answer within 1 s") for text in result.unreachable)
    assert [file.source for file in intake.ledger.files()] == ["near"]


def test_a_server_that_goes_silent_in_mid_file_is_left_and_gone_on_with(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path
) -> None:
    content = call_file(4 * MIB)
    write_settled(tmp_path / "out" / NAME, content)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=1, timeout_seconds=1)))
    ssh_line.stall_after = [int(2.5 * MIB)]
    assert intake.pull().unreachable == []
    assert landed(intake) == {NAME: content}
    assert ssh_line.sent[1] <= 2.5 * MIB


def test_nobody_listens(home: Home, ssh_server: SshServer, tmp_path: Path) -> None:
    port = free_port()
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path, port, retries=1)))
    (told,) = intake.pull().unreachable
    assert told.endswith(f"cannot be listed: nobody listens on {LOOPBACK}, port {port}")


def test_a_growing_file_is_left_whatever_the_servers_clock_says(
    home: Home, ssh_server: SshServer, tmp_path: Path
) -> None:
    path = write(tmp_path / "out" / NAME, CONTENT[:50])
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out")))
    stop = threading.Event()

    def grow() -> None:
        while not stop.wait(0.05):
            with path.open("a") as file:
                file.write("x")
            os.utime(path, (1_600_000_000, 1_600_000_000))  # a clock that has stood still for years

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        result = intake.pull()
    finally:
        stop.set()
        writer.join()
    assert (result.growing, intake.ledger.files()) == ([f"far/{NAME}"], [])
    write(path, CONTENT)
    assert intake.pull().growing == []
    assert landed(intake) == {NAME: CONTENT.encode()}


def test_a_companion_spares_the_wait_and_may_be_asked_for(home: Home, ssh_server: SshServer, tmp_path: Path) -> None:
    write(tmp_path / "out" / NAME, CONTENT)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", companion="required", settle_seconds=600)))
    result = intake.pull()
    assert (result.waiting, intake.ledger.files()) == ([f"far/{NAME}"], [])
    write(tmp_path / "out" / f"{NAME}.ctl", "records=1\nseconds=60\n")
    started = time.monotonic()
    assert intake.pull().waiting == []
    assert time.monotonic() - started < 60
    assert (intake.only_file().declared_records, intake.only_file().declared_seconds) == (1, 60)
    (tmp_path / "out" / f"{NAME}.ctl").unlink()
    assert intake.pull().waiting == []  # what was taken waits no longer


def test_a_file_that_goes_between_listing_and_copying(home: Home, ssh_server: SshServer, tmp_path: Path) -> None:
    path = write_settled(tmp_path / "out" / NAME, CONTENT)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out")))
    result = pull(intake.settings, intake.ledger, progress=lambda *_: path.unlink())
    assert (result.growing, result.unreachable, intake.ledger.files()) == ([f"far/{NAME}"], [], [])
    assert left_over(intake) == []


def test_the_same_name_with_other_content_is_rejected(home: Home, ssh_server: SshServer, tmp_path: Path) -> None:
    path = write_settled(tmp_path / "out" / NAME, CONTENT)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out")))
    intake.pull()
    write_settled(path, CONTENT.replace(",60,", ",61,"), at=1_600_000_001)
    intake.pull()
    first, second = intake.ledger.files()
    assert (first.status, second.status) == ("registered", "rejected")
    assert second.status_reason == f"same name with other content as {NAME} ({first.file_id})"


def test_what_is_made_sure_of_while_a_file_comes_is_never_more_than_came(
    home: Home, ssh_server: SshServer, ssh_line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that is longer than what was made sure of (a machine that went down) is cut back to it."""
    monkeypatch.setattr(transfer, "CHECKPOINT_BYTES", MIB)
    content = call_file(4 * MIB)
    write_settled(tmp_path / "out" / NAME, content)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, retries=0)))
    ssh_line.cut_after = [int(2.5 * MIB)]
    intake.pull()
    (part,) = (intake.settings.landing / ".incoming").glob("*.part")
    with part.open("ab") as file:
        file.write(b"\0" * 300_000)
    intake.pull()
    assert landed(intake) == {NAME: content}
