"""Dagster's event log with one connection per database instead of one per event. What a run records is Dagster's matter.

Dagster 1.13 makes a new SQLAlchemy engine for every event it stores, which compiles each statement again, opens and closes
the database and waits for the disk, and looks each time whether its tables and columns are there: 11 ms an event, and a run
has about fifteen hundred of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from sqlite3 import Connection as SqliteConnection
from threading import RLock
from typing import Any

import sqlalchemy
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 60


class SharedEngineEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log; only how it connects differs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._found: set[tuple[str, str]] = set()
        self._held: ExitStack | None = None
        self._held_connections: dict[str, Connection] = {}
        super().__init__(base_dir, inst_data)
        # Dagster's own lock cannot be taken twice: the events of a batch are stored by the thread that holds it.
        self._db_lock = RLock()  # type: ignore[assignment]

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

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; called for each event."""
        return self._stays(("table", table_name), lambda: super(SharedEngineEventLog, self).has_table(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        return self._stays(
            ("column", column_name),
            lambda: super(SharedEngineEventLog, self)._has_asset_key_col_on_connection(conn, column_name),
        )

    def has_secondary_index(self, name: str) -> bool:
        """Whether an index exists; called for each reading."""
        return self._stays(("index", name), lambda: super(SharedEngineEventLog, self).has_secondary_index(name))

    def _stays(self, fact: tuple[str, str], look: Callable[[], bool]) -> bool:
        """What has once been found of the database's form is not looked for again: nothing of it goes away."""
        if fact not in self._found and look():
            self._found.add(fact)
        return fact in self._found

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event in one transaction for each database, where Dagster takes up to five."""
        with self._one_transaction_each():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run in one transaction for each database: all of them, or none where one cannot be stored."""
        with self._one_transaction_each():
            super().store_event_batch(events)

    @contextmanager
    def _one_transaction_each(self) -> Iterator[None]:
        """Keep each database that is opened in the meantime in one transaction until the end."""
        with self._db_lock, ExitStack() as held:
            if self._held is not None:  # the storing of a batch may store events one by one
                yield
                return
            self._held = held
            try:
                yield
            finally:
                self._held = None
                self._held_connections = {}

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if self._held is None:
                with self._transaction(shard) as connection:
                    yield connection
                return
            if shard not in self._held_connections:
                self._held_connections[shard] = self._held.enter_context(self._transaction(shard))
            yield self._held_connections[shard]

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        engine = self._engines.get(shard)
        if engine is None:
            # The index stays open, and the last used log of a single run.
            for other in [name for name in self._engines if name != INDEX_SHARD_NAME and shard != INDEX_SHARD_NAME]:
                self._engines.pop(other).dispose()
            engine = self._engines[shard] = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                # one thread at a time: the lock
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            sqlalchemy.event.listen(engine, "connect", _spare_the_disk)
            if shard != INDEX_SHARD_NAME:
                sqlalchemy.event.listen(engine, "connect", _show_at_once)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.connect() as connection, connection.begin():
            yield connection


def _spare_the_disk(connection: SqliteConnection, _record: object) -> None:
    """A kill loses nothing in this mode; a power cut may lose the last events of the log, never its soundness."""
    connection.execute("pragma synchronous = normal")


def _show_at_once(connection: SqliteConnection, _record: object) -> None:
    """Bring what is written into the database's own file every few events, not after a thousand pages of the journal.

    By a change of that file the UI knows that there is something new to show; it reads the journal too.
    """
    connection.execute("pragma wal_autocheckpoint = 10")
