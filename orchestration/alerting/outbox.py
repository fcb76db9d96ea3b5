"""The alerts that were sent and those that still wait, in `$TOLLHOUSE_HOME/alerts.sqlite`. The file exists only where alerts are set.

An occasion and its message are kept in one transaction: it is sent once, whichever process finds it first.
"""

from __future__ import annotations

import fcntl
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Self

from orchestration.alerting.messages import AlertMessage, compose
from orchestration.alerting.occasions import Occasion
from orchestration.settings import Settings

FILE_NAME = "alerts.sqlite"
_LOCK_NAME = "alerts.lock"
_BUSY_SECONDS = 10
_KEEP_TRYING = timedelta(days=7)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

_SCHEMA = """
create table if not exists watching (since text not null);
create table if not exists told (key text primary key, at text not null);
create table if not exists waiting (
    message_id text not null,
    channel text not null,
    message text not null,
    queued_at text not null,
    tries integer not null default 0,
    next_try_at text not null,
    fault text,
    primary key (message_id, channel)
);
"""


@dataclass(frozen=True)
class Waiting:
    """A message that one channel has not taken yet."""

    message: AlertMessage
    channel: str
    queued_at: datetime
    tries: int
    fault: str | None


class Outbox:
    """The file, open. Times are UTC."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        """Open it, making it where it is not there. Raises sqlite3.Error where it cannot be used."""
        self._settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(settings.home / FILE_NAME, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._db.executescript(_SCHEMA)
            with self._transaction():
                if self._db.execute("select count(*) from watching").fetchone()[0] == 0:
                    self._db.execute("insert into watching values (?)", [_text(now)])
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def watching_since(self) -> str:
        """When the first check for alerts was made."""
        return str(self._db.execute("select since from watching").fetchone()[0])

    def queue(self, occasions: Sequence[Occasion], now: datetime) -> None:
        """Queue messages about the occasions that are new, for every channel that is set."""
        with self._transaction():
            new = [
                occasion
                for occasion in occasions
                if self._db.execute("insert or ignore into told values (?, ?)", [occasion.key, _text(now)]).rowcount
            ]
            for kind, alike in groupby(sorted(new, key=attrgetter("kind")), key=attrgetter("kind")):
                message = compose(self._settings, kind, list(alike), uuid.uuid4().hex)
                self._db.executemany(
                    "insert into waiting (message_id, channel, message, queued_at, next_try_at) values (?, ?, ?, ?, ?)",
                    [
                        (message.message_id, channel, message.as_json(), _text(now), _text(now))
                        for channel in self._settings.alerts.channels
                    ],
                )

    def waiting(self, now: datetime | None = None) -> list[Waiting]:
        """What waits, the oldest first; with `now` only what is to be tried by then."""
        rows = self._db.execute(
            "select message, channel, queued_at, tries, fault from waiting where next_try_at <= ? order by rowid",
            ["9999" if now is None else _text(now)],
        )
        return [
            Waiting(AlertMessage.from_json(message), channel, datetime.fromisoformat(queued_at), tries, fault)
            for message, channel, queued_at, tries, fault in rows
        ]

    def done(self, waiting: Waiting) -> None:
        """Remove a message that was accepted, or that will not be accepted any more."""
        self._db.execute(
            "delete from waiting where message_id = ? and channel = ?", [waiting.message.message_id, waiting.channel]
        )

    def failed(self, waiting: Waiting, fault: str, now: datetime) -> bool:
        """It could not be sent: it is tried again, later each time. False where it has been tried for a week, and is given up."""
        if now - waiting.queued_at > _KEEP_TRYING:
            self.done(waiting)
            return False
        pause = min(_FIRST_PAUSE * 2 ** min(waiting.tries, 10), _LONGEST_PAUSE)
        self._db.execute(
            "update waiting set tries = tries + 1, fault = ?, next_try_at = ? where message_id = ? and channel = ?",
            [fault, _text(now + pause), waiting.message.message_id, waiting.channel],
        )
        return True

    def forget_channels_but(self, channels: Iterable[str]) -> None:
        """What waits for a channel that is no longer set waits no more."""
        kept = list(channels)
        self._db.execute(f"delete from waiting where channel not in ({', '.join('?' * len(kept))})", kept)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")


def count_waiting(settings: Settings) -> int:
    """How many messages wait to be sent; 0 where alerts were never set. Raises sqlite3.Error where the outbox cannot be read."""
    path = settings.home / FILE_NAME
    if not path.is_file():
        return 0
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as db:
        return int(db.execute("select count(*) from waiting").fetchone()[0])


def set_damaged_aside(settings: Settings) -> Path:
    """Rename an outbox that cannot be read, so that a new one can be made: some alerts are sent a second time then."""
    path = settings.home / FILE_NAME
    aside = path.with_suffix(".damaged")
    path.replace(aside)
    for companion in (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", f"{FILE_NAME}-journal"):
        (settings.home / companion).unlink(missing_ok=True)
    return aside


@contextmanager
def sole_sender(settings: Settings) -> Iterator[bool]:
    """Whether this process may send now: not while another one does, or both would send the same."""
    with (settings.home / _LOCK_NAME).open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
