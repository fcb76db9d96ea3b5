"""The history of the exports: what each snapshot writes into it, and that it is the same however the snapshots came."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion.customers.exports import export_path, keys_path
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ingestion.raw_parts import CheckedRawZone
from orchestration.ledger.schema import FileEntry
from orchestration.warehouse.raw.export_history import create_history

MAY_1, MAY_10, MAY_20, MAY_30 = (date(2026, 5, day) for day in (1, 10, 20, 30))
LATE = date(2026, 6, 30)
Rows = dict[str, str]  # subscription_id → product_id


class Exports:
    """Snapshots of the subscriptions, written as the decoder would, and a warehouse with their history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.con = new_warehouse()
        self.register: list[FileEntry] = []

    def deliver(self, day: date, rows: Rows, unreadable: tuple[str, ...] = (), status: str = "loaded") -> FileEntry:
        """A snapshot; of the unreadable rows only the keys could be read."""
        file_id = f"{day:%m%d}-{len(self.register)}"
        path = export_path(self.folder, "subscriptions", file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(f"{name} {kind}" for name, kind in EXPORT_TABLES["subscriptions"].columns.items())
        self.con.execute(f"create or replace temp table delivered ({columns})")
        for key, product in rows.items():
            self.con.execute(
                "insert into delivered values (?, 'A1', '', ?, null, date '2026-01-01', null)", [key, product]
            )
        self.con.execute(f"copy delivered to '{path}' (format parquet)")
        if unreadable:
            keys_path(self.folder, file_id).parent.mkdir(exist_ok=True)
            listed = ", ".join(f"('{key}')" for key in unreadable)
            self.con.execute(
                f"copy (select * from (values {listed}) as keys (subscription_id)) "
                f"to '{keys_path(self.folder, file_id)}' (format parquet)"
            )
        entry = FileEntry(
            file_id, "customers", "customers", "csv", f"subscriptions_{day:%Y%m%d}.csv", "subscriptions", 1, file_id, "",
            content_sha256=f"{sorted(rows.items())} {unreadable}", file_date=day, export_table="subscriptions",
            status=status, decoded_with="by hand",
        )  # fmt: skip
        self.register.append(entry)
        return entry

    def history(
        self, as_of: date = LATE, con: duckdb.DuckDBPyConnection | None = None
    ) -> list[tuple[str, str, date, date | None]]:
        """(subscription, product, seen_from, gone_on) as of a date, from the snapshots delivered up to it."""
        con = con or self.con
        register = [entry for entry in self.register if entry.file_date is not None and entry.file_date <= as_of]
        con.execute("begin")
        create_history(con, self.folder, register, as_of, CheckedRawZone(self.folder, {}))
        con.execute("commit")
        return con.execute(
            "select subscription_id, product_id, seen_from, gone_on from raw.crm_subscriptions_history order by all"
        ).fetchall()

    def history_at_once(self) -> list[tuple[str, str, date, date | None]]:
        """The same from all snapshots at once, in a warehouse that has seen none."""
        with new_warehouse() as con:
            return self.history(con=con)


def new_warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema raw; create schema state")
    return con


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def test_a_row_stands_from_the_snapshot_that_has_it_to_the_first_that_has_not(exports: Exports) -> None:
    exports.deliver(MAY_1, {"S1": "P1", "S2": "P1", "S3": "P1"})
    exports.deliver(MAY_10, {"S1": "P1", "S2": "P2"})
    exports.deliver(MAY_20, {"S1": "P1", "S2": "P2", "S3": "P1"})

    assert exports.history() == [
        ("S1", "P1", MAY_1, None),
        ("S2", "P1", MAY_1, MAY_10),
        ("S2", "P2", MAY_10, None),
        ("S3", "P1", MAY_1, MAY_10),
        ("S3", "P1", MAY_20, None),
    ]
    assert exports.history(as_of=MAY_10) == [
        ("S1", "P1", MAY_1, None),
        ("S2", "P1", MAY_1, MAY_10),
        ("S2", "P2", MAY_10, None),
        ("S3", "P1", MAY_1, MAY_10),
    ]
    assert exports.history(as_of=MAY_1) == [
        ("S1", "P1", MAY_1, None),
        ("S2", "P1", MAY_1, None),
        ("S3", "P1", MAY_1, None),
    ]


def test_a_row_of_which_only_the_key_can_be_read_is_not_gone(exports: Exports) -> None:
    """S1 stays. S2 was gone on 10 May, and is back on 20 May as it was last read. S9 was never read."""
    exports.deliver(MAY_1, {"S1": "P1", "S2": "P2"})
    exports.deliver(MAY_10, {}, unreadable=("S1",))
    exports.deliver(MAY_20, {}, unreadable=("S1", "S2", "S9"))

    assert exports.history() == [("S1", "P1", MAY_1, None), ("S2", "P2", MAY_1, MAY_10), ("S2", "P2", MAY_20, None)]


def test_a_snapshot_that_changes_nothing_writes_nothing_and_one_with_new_rows_only_these(exports: Exports) -> None:
    exports.deliver(MAY_1, {"S1": "P1"})
    exports.history()
    # A mark that would be lost if the row were written again.
    exports.con.execute("update state.crm_subscriptions_history set product_id = 'marked'")
    exports.deliver(MAY_10, {"S1": "P1"})
    assert exports.history() == [("S1", "marked", MAY_1, None)]

    exports.deliver(MAY_20, {"S1": "marked", "S2": "P2"})
    assert exports.history() == [("S1", "marked", MAY_1, None), ("S2", "P2", MAY_20, None)]


def test_the_first_payment_of_each_snapshot_is_known(exports: Exports) -> None:
    """Which tells a window of the last months from a deletion."""
    path = export_path(exports.folder, "payments", "F1")
    path.parent.mkdir(parents=True)
    columns = ", ".join(f"{name} {kind}" for name, kind in EXPORT_TABLES["payments"].columns.items())
    exports.con.execute(f"create temp table paid ({columns})")
    exports.con.execute(
        "insert into paid (payment_id, account_id, paid_at, amount) "
        "values ('Y1', 'A1', timestamp '2026-04-03 10:00:00', 1), ('Y2', 'A1', timestamp '2026-04-02 10:00:00', 1)"
    )
    exports.con.execute(f"copy paid to '{path}' (format parquet)")
    exports.register.append(
        FileEntry(
            "F1",
            "customers",
            "customers",
            "csv",
            "payments_20260501.csv",
            "payments",
            1,
            "F1",
            "",
            content_sha256="1",
            file_date=MAY_1,
            export_table="payments",
            status="loaded",
            decoded_with="by hand",
        )
    )
    exports.history()

    assert exports.con.execute(
        "select snapshot_date, earliest_paid_at from state.crm_history_snapshots where export_table = 'payments'"
    ).fetchall() == [(MAY_1, datetime(2026, 4, 2, 10))]


@pytest.mark.parametrize("seed", range(6))
def test_the_history_is_the_same_however_the_snapshots_came(exports: Exports, seed: int) -> None:
    """Snapshots come late, twice for a day, held and released; runs as of earlier days lie between."""
    rng = random.Random(seed)
    days = [date(2026, 5, day) for day in range(1, 9)]
    rng.shuffle(days)
    for day in [*days, rng.choice(days)]:
        keys = rng.sample(["S1", "S2", "S3", "S4"], rng.randint(0, 4))
        rows = {key: rng.choice(["P1", "P2"]) for key in keys}
        unreadable = tuple(key for key in ("S1", "S4") if key not in rows and rng.random() < 0.4)
        exports.deliver(day, rows, unreadable, rng.choice(["loaded", "loaded", "held"]))
        exports.history(as_of=rng.choice([LATE, *days]))
        assert exports.history() == exports.history_at_once()
    exports.register = [
        entry if entry.status == "loaded" else FileEntry(**{**vars(entry), "status": "loaded"})
        for entry in exports.register
    ]
    assert exports.history() == exports.history_at_once()
