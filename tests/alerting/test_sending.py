"""From the state of a home to messages at real servers: each thing once, again where a server was away, and never at a run's cost."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.alerting import sending
from orchestration.alerting.outbox import Outbox, count_waiting, sole_sender
from orchestration.alerting.sending import alerts_around_run, send_alerts, send_test
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_record import RunRecord, load_record
from orchestration.settings import Settings
from tests.alerting.conftest import SettingsOf, held_files, mail_settings
from tests.alerting.servers import MailServer, Webhook, mail_server

BEGUN = "2026-03-04T18:30:00+00:00"


def never() -> bool:
    """Nobody stopped the command."""
    return False


def test_each_thing_is_told_once_by_each_way(by_both: Settings, mail: MailServer, hook: Webhook) -> None:
    held_files(by_both, "a.txt", "b.txt")
    assert [send_alerts(by_both) for _ in range(3)] == [[], [], []]
    assert [one["Subject"] for one in mail.mails] == [
        "[Tollhouse] 2 个文件待人工处理 · 2 file(s) held, waiting for a decision"
    ]
    assert [len(one["items"]) for one in hook.messages] == [2]
    held_files(by_both, "c.txt")
    RunRecord(run_id="run-1", started_at=BEGUN, status="failed", error="the disk is full").save(by_both)
    assert send_alerts(by_both) == []
    assert [(one["kind"], len(one["items"])) for one in hook.messages[1:]] == [("file_held", 1), ("run_failed", 1)]
    assert len(mail.mails) == 3


def test_what_a_dead_server_did_not_take_arrives_when_it_is_back(settings_of: SettingsOf, hook: Webhook) -> None:
    """By the way that is alive it was told at once, and is not told again; meanwhile the file was let in."""
    dead = MailServer()
    with mail_server(dead):
        pass
    settings = settings_of(**mail_settings(dead), WEBHOOK=f"http://127.0.0.1:{hook.port}/")
    (file_id,) = held_files(settings, "a.txt")
    (fault,) = send_alerts(settings)
    assert (
        "could not be sent: the mail server 127.0.0.1" in fault and "nobody listens there; it is tried again" in fault
    )
    assert (len(hook.messages), count_waiting(settings)) == (1, 1)
    with FileLedger(settings.ledger_path) as ledger:
        ledger.set_status(file_id, "loaded", None)
    with mail_server(MailServer(), dead.port) as alive:
        assert send_alerts(settings) == [] == send_alerts(settings)
        assert len(alive.mails) == 1 and "a.txt" in alive.mails[0].get_content()
    assert (len(hook.messages), count_waiting(settings)) == (1, 0)


def test_a_server_that_is_away_costs_one_wait_however_much_waits(
    settings_of: SettingsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def refuse(channel: str, *_: object) -> None:
        tried.append(channel)
        raise TollhouseError("away")

    monkeypatch.setattr(sending, "deliver", refuse)
    settings = settings_of(WEBHOOK="http://127.0.0.1:1/")
    for number in range(4):
        held_files(settings, f"{number}.txt")
        send_alerts(settings)
    assert (len(tried), count_waiting(settings)) == (4, 4)


def test_a_sensor_pauses_longer_after_each_try_and_gives_up_after_a_week(settings_of: SettingsOf) -> None:
    settings = settings_of(WEBHOOK="http://127.0.0.1:1/")
    held_files(settings, "a.txt")
    begun = datetime(2026, 3, 4, tzinfo=UTC)
    with Outbox(settings, begun) as outbox:
        outbox.queue(sending.find_occasions(settings, outbox.watching_since), begun)
        for tries, pause in enumerate((1, 2, 4, 8, 16, 32, 60, 60)):
            (waiting,) = outbox.waiting()
            assert waiting.tries == tries and outbox.failed(waiting, "away", begun)
            assert outbox.waiting(begun + timedelta(minutes=pause, seconds=-1)) == []
            assert len(outbox.waiting(begun + timedelta(minutes=pause))) == 1
        assert not outbox.failed(waiting, "away", begun + timedelta(days=8))
        assert outbox.waiting() == []


def test_two_at_once_send_one(by_mail: Settings, mail: MailServer) -> None:
    held_files(by_mail, *(f"{number}.txt" for number in range(5)))
    threads = [threading.Thread(target=send_alerts, args=[by_mail]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.mails) == 1


def test_who_may_not_send_leaves_it_to_the_other(by_mail: Settings, mail: MailServer) -> None:
    held_files(by_mail, "a.txt")
    with sole_sender(by_mail) as may_send:
        assert may_send and send_alerts(by_mail) == []
    assert (len(mail.mails), count_waiting(by_mail)) == (0, 1)
    assert send_alerts(by_mail) == [] and len(mail.mails) == 1


def test_a_way_that_is_no_longer_set_is_not_waited_for(settings_of: SettingsOf, mail: MailServer) -> None:
    gone = settings_of(WEBHOOK="http://127.0.0.1:1/")
    held_files(gone, "a.txt")
    assert len(send_alerts(gone)) == 1 and count_waiting(gone) == 1
    assert send_alerts(settings_of(**mail_settings(mail))) == []
    assert count_waiting(gone) == 0


def test_a_damaged_outbox_is_set_aside_and_all_is_told(by_mail: Settings, mail: MailServer) -> None:
    held_files(by_mail, "a.txt")
    (by_mail.home / "alerts.sqlite").write_bytes(b"no database at all " * 400)
    (fault,) = send_alerts(by_mail)
    assert "was damaged" in fault and "alerts.damaged" in fault
    assert len(mail.mails) == 1 and (by_mail.home / "alerts.damaged").is_file()


def test_a_ledger_that_cannot_be_read_is_a_warning(by_mail: Settings) -> None:
    by_mail.home.mkdir()
    by_mail.ledger_path.write_bytes(b"no ledger at all " * 400)
    (fault,) = send_alerts(by_mail)
    assert fault.startswith("it is not known what to alert to: ")


def test_without_alerts_nothing_is_kept(settings_of: SettingsOf) -> None:
    held_files(settings_of(), "a.txt")
    assert send_alerts(settings_of()) == []
    assert not (settings_of().home / "alerts.sqlite").exists()


def test_a_failure_before_the_run_began_is_told_with_its_words(by_mail: Settings, mail: MailServer) -> None:
    """A fault in the reference book: no record says anything of it."""
    with pytest.raises(UsageError), alerts_around_run(by_mail, pytest.fail, never):
        raise UsageError("tariff_plans.csv: line 3: no such plan")
    (arrived,) = mail.mails
    assert "a run failed" in arrived["Subject"] and "tariff_plans.csv: line 3" in arrived.get_content()


def test_the_failure_of_a_run_that_began_is_told_once(by_mail: Settings, mail: MailServer) -> None:
    """By the command and by a sensor that looks later; and its record says so, whoever failed to."""
    with pytest.raises(TollhouseError), alerts_around_run(by_mail, pytest.fail, never):
        RunRecord(run_id="run-2", started_at=BEGUN).save(by_mail)
        raise TollhouseError("the disk is full")
    assert send_alerts(by_mail) == []
    (arrived,) = mail.mails
    assert "the disk is full" in arrived.get_content()
    record = load_record(by_mail)
    assert record is not None and (record.status, record.error) == ("failed", "the disk is full")


def test_a_run_that_was_killed_is_told_before_the_next_takes_its_record(by_mail: Settings, mail: MailServer) -> None:
    RunRecord(run_id="run-1", started_at=BEGUN).save(by_mail)
    with alerts_around_run(by_mail, pytest.fail, never):
        assert len(mail.mails) == 1
        RunRecord(run_id="run-2", started_at=BEGUN, status="published").save(by_mail)
    assert len(mail.mails) == 1 and "killed" in mail.mails[0].get_content()


def test_a_run_that_a_person_stopped_is_nothing_to_tell(by_mail: Settings, mail: MailServer) -> None:
    for error, was_stopped in ((KeyboardInterrupt(), never), (TollhouseError("dbt was interrupted"), lambda: True)):
        with pytest.raises(type(error)), alerts_around_run(by_mail, pytest.fail, was_stopped):
            raise error
    assert mail.mails == []


def test_a_test_says_by_which_way_it_arrived(by_both: Settings, mail: MailServer, hook: Webhook) -> None:
    hook.status = 500
    found = send_test(by_both)
    assert found == {"email": None, "webhook": f"the webhook at 127.0.0.1:{hook.port}: answers with HTTP status 500"}
    assert "测试消息" in mail.mails[0]["Subject"]
    assert count_waiting(by_both) == 0


def test_an_outbox_that_cannot_be_written_is_a_warning(by_mail: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(sending, "Outbox", refuse)
    (fault,) = send_alerts(by_mail)
    assert fault == f"alerts could not be kept in {by_mail.home}: attempt to write a readonly database"
