"""The access log: a line for each page, download and sign-in; none can be forged, and none holds a secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.access.log import AccessFile, AccessLog
from orchestration.access_settings import AccessSettings
from orchestration.errors import TollhouseError
from orchestration.web.guard import Receive, Send, answer
from orchestration.web.guard import Scope as AsgiScope
from tests.access.conftest import PASSWORD, Door, log_in


def test_a_line_says_who_what_and_how(door: Door) -> None:
    door.add("li")
    browser = door.open().browser("192.168.0.7")
    log_in(browser)
    browser.get("/assets/site.css")
    page = browser.get("/pages/bills.html?period=2026-05&lang=zh")
    lines = [(one["event"], one["account"], one["method"], one["path"], one["status"]) for one in door.log]
    assert lines == [
        ("request", "", "GET", "/login", 200),
        ("login", "li", "POST", "/login", 303),
        ("request", "li", "GET", "/pages/bills.html?period=2026-05&lang=zh", 200),
    ]
    line = door.log[-1]
    assert (line["role"], line["address"], line["bytes"]) == ("finance", "192.168.0.7", len(page.content))
    assert 0 <= line["ms"] < 5000
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line["time"])).total_seconds()) < 60


def test_wrong_passwords_are_noted_and_what_was_typed_is_not(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    for _ in range(6):
        log_in(browser, password="wrong horse battery")
    log_in(browser, name="my secret word", password="")
    posted = [(one["event"], one["account"], one["status"]) for one in door.log if one["method"] == "POST"]
    assert posted == [("login_failed", "li", 403)] * 5 + [("login_refused", "li", 429), ("login_failed", "", 403)]
    text = door.settings.access_log_path.read_text()
    assert "horse" not in text and "secret" not in text and PASSWORD not in text


def test_without_accounts_it_is_kept_as_well(door: Door) -> None:
    door.open().browser().get("/")
    assert [(one["account"], one["role"], one["path"]) for one in door.log] == [("", "management", "/")]


@pytest.mark.parametrize(
    ("raw_path", "query"),
    [(b'/x\n{"event": "login", "account": "boss"}', b""), (b"/x", b"a=1\r\n{}"), (b"/\x1b[2K\x85", b""), ("/\u2028\u202e".encode(), b"")],
)  # fmt: skip
def test_a_line_cannot_be_forged(door: Door, raw_path: bytes, query: bytes) -> None:
    import asyncio

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await answer(send, 404, {})

    async def nothing(*_: object) -> None:
        return None

    path = door.settings.access_log_path
    log = AccessLog(app, AccessFile(path), AccessSettings())
    scope = {
        "type": "http", "method": "GET", "path": "/x", "raw_path": raw_path, "query_string": query, "client": None, "headers": [],
    }  # fmt: skip
    asyncio.run(log(scope, nothing, nothing))  # type: ignore[arg-type]
    written = path.read_bytes()
    assert len(written.decode().splitlines()) == 1 and b"\x1b" not in written and b"\r" not in written
    assert json.loads(written)["event"] == "request"
    assert json.loads(written)["status"] == 404


def test_a_page_that_fails_is_noted(door: Door) -> None:
    async def broken(scope: AsgiScope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        door.open(app=broken).browser().get("/")
    assert [(one["path"], one["status"]) for one in door.log] == [("/", 500)]


def test_a_log_that_cannot_be_written_stops_a_server_with_accounts_alone(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.home.mkdir()
    (door.home / "logs").write_text("in the way")
    assert door.open().browser().get("/").status_code == 200
    assert "without an access log" in caplog.text
    door.add("li")
    with pytest.raises(TollhouseError, match="logs.*the access log cannot be written"):
        door.open()


def test_a_full_disk_later_is_said_once_and_pages_are_answered(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import errno
    from logging.handlers import RotatingFileHandler

    def full(self: object, record: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    browser = door.open().browser()
    monkeypatch.setattr(RotatingFileHandler, "shouldRollover", full)
    assert [browser.get("/").status_code for _ in range(3)] == [200] * 3
    assert caplog.text.count("the access log cannot be written") == 1


def test_the_file_is_begun_again_and_ten_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.access.log._MOST_BYTES", 100)
    file = AccessFile(tmp_path / "logs" / "access.log")
    for number in range(30):
        file.write(f"{number} " + "x" * 80)
    file.close()
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == sorted(["access.log", *(f"access.log.{number}" for number in range(1, 11))])
    assert (tmp_path / "logs" / "access.log").read_text().startswith("29 ")
    assert (tmp_path / "logs" / "access.log.10").read_text().startswith("19 ")
