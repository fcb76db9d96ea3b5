"""Dagster's event log with one engine per database instead of one per event. What a run records is Dagster's matter.

Dagster 1.13 makes a new SQLAlchemy engine for every event it stores, which compiles each statement anew, opens and closes
the database and waits for the disk: 11 ms an event, and a run has about a thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

BUSY_SECONDS = 60


class SharedEngineEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log; only how it connects differs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> SharedEngineEventLog:
        """The storage that dagster.yaml declares."""
        return cls(inst_data=inst_data, **config_value)

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.get(shard)
            if engine is None:
                # The index stays open. A run's own log is closed after each event: that writes its file itself, not only
                # the journal beside it, and by a change of that file the UI knows that there is something new to show.
                engine = self._engines[shard] = sqlalchemy.create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=StaticPool if shard == INDEX_SHARD_NAME else NullPool,
                    # one thread at a time: the lock
                    connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                )
                sqlalchemy.event.listen(engine, "connect", _spare_the_disk)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection


def _spare_the_disk(connection: SqliteConnection, _record: object) -> None:
    """A kill loses nothing in this mode; a power cut may lose the last events of the log, never its soundness."""
    connection.execute("pragma synchronous = normal")
