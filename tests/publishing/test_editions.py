"""Editions: whole or not there, shared where nothing changed, and exact in their totals."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from expectations.results import GateResult
from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.publishing import editions
from orchestration.publishing.editions import (
    MartSpec,
    StagedEdition,
    current_edition,
    publish,
    publish_blocked,
    stage_edition,
    verify_edition,
)
from orchestration.publishing.reading import damaged_editions, lost_pointer, published_as_of
from orchestration.publishing.site_list import write_site_list
from orchestration.storage import durable
from orchestration.storage.durable import sha256_of

AS_OF = date(2026, 3, 31)
BUILT_AT = datetime(2026, 4, 1, 2, 3, 4, tzinfo=UTC)
CALLS = MartSpec("rated_calls", ("call_id",), "call_date")
BILLS = MartSpec("bills", ("account_id", "billing_period"))
GAPS = MartSpec("sequence_gaps", ("switch_id", "missing_from"))
MARTS = (CALLS, BILLS, GAPS)
BUILDS = {"rated_calls": {"2026-03-01": "b1", "2026-03-02": "b2"}}
HOLDS = GateResult("bills", "sums", "Bills are sums.", "critical", True, 2, 0)
FAILS = GateResult("bills", "sums", "Bills are sums.", "critical", False, 2, 1, [{"amount": "0.01"}])
WARNS = GateResult("files", "held", "No file is held.", "error", False, 2, 1)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("""
        create schema marts;
        create table marts.rated_calls (
            call_id varchar, call_date date, started_at timestamp, duration_seconds bigint, amount decimal(18, 6)
        );
        insert into marts.rated_calls values
            ('F1:2', '2026-03-01', '2026-03-01 09:00:00', 60, 0.110000),
            ('F1:1', '2026-03-01', '2026-03-01 08:00:00', 180, 0.220000),
            ('F2:1', '2026-03-02', '2026-03-02 08:00:00', 7, 0.000001);
        create table marts.bills (
            account_id varchar, billing_period varchar, amount decimal(18, 2), calls bigint, collection_rate double
        );
        insert into marts.bills values ('A2', '2026-03', 20.80, 3, 0.5), ('A1', '2026-03', 0.10, 1, null);
        create table marts.sequence_gaps (switch_id varchar, missing_from bigint);
    """)
    return connection


def _stage(published: Path, con: duckdb.DuckDBPyConnection, **changes: object) -> StagedEdition:
    arguments = {"as_of": AS_OF, "gates": [HOLDS], "partition_builds": BUILDS, "built_at": BUILT_AT} | changes
    return stage_edition(published, con, MARTS, **arguments)  # type: ignore[arg-type]


def _inode(path: Path) -> int:
    return path.stat().st_ino


def test_an_edition_has_its_files_types_and_exact_totals(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    folder = publish(_stage(tmp_path, con))
    assert folder == tmp_path / "editions" / "2026-03-31-0001"
    assert json.loads((tmp_path / "current.json").read_text()) == {
        "edition": "2026-03-31-0001",
        "path": "editions/2026-03-31-0001",
        "manifest_sha256": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    assert list(manifest) == ["as_of", "built_at", "edition", "gates", "marts", "revision", "time_zone"]
    assert manifest["built_at"] == "2026-04-01T02:03:04Z"
    assert manifest["revision"] == 1
    assert manifest["gates"] == [HOLDS.as_dict()]
    assert {name: mart["totals"] for name, mart in manifest["marts"].items()} == {
        "rated_calls": {"rows": "3", "duration_seconds": "247", "amount": "0.330001"},
        "bills": {"rows": "2", "amount": "20.90", "calls": "4"},
        "sequence_gaps": {"rows": "0"},
    }
    calls = manifest["marts"]["rated_calls"]["files"]
    assert [(file["path"], file["rows"], file["build"]) for file in calls] == [
        ("editions/2026-03-31-0001/rated_calls/call_date=2026-03-01.parquet", 2, "b1"),
        ("editions/2026-03-31-0001/rated_calls/call_date=2026-03-02.parquet", 1, "b2"),
    ]
    first = tmp_path / calls[0]["path"]
    assert calls[0]["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    read = duckdb.sql(f"select * from read_parquet('{first}', hive_partitioning = false)")
    assert [str(kind) for kind in read.types] == ["VARCHAR", "DATE", "TIMESTAMP", "BIGINT", "DECIMAL(18,6)"]
    assert [row[0] for row in read.fetchall()] == ["F1:1", "F1:2"]
    assert read.fetchall()[0][4] == Decimal("0.220000")
    bills = folder / "bills" / "bills.parquet"
    assert duckdb.sql(f"select account_id from '{bills}'").fetchall() == [("A1",), ("A2",)]
    assert duckdb.sql(f"select count(*) from '{folder}/sequence_gaps/sequence_gaps.parquet'").fetchall() == [(0,)]


def test_the_same_rows_give_the_same_bytes_in_whatever_order_they_lie(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    first = publish(_stage(tmp_path / "one", con))
    con.execute("create table again as select * from marts.rated_calls order by call_id desc")
    con.execute("delete from marts.rated_calls; insert into marts.rated_calls select * from again; set threads = 1")
    second = publish(_stage(tmp_path / "two", con))
    for path in sorted(path for path in first.rglob("*") if path.is_file()):
        assert (second / path.relative_to(first)).read_bytes() == path.read_bytes(), path


def test_many_row_groups_are_written_alike_by_one_and_two_threads(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    con.execute(
        "insert into marts.rated_calls select 'X' || range, '2026-03-03', '2026-03-03', range % 100, 0.01"
        " from range(300000)"
    )
    hashes = []
    for threads in (1, 2):
        con.execute(f"set threads = {threads}")
        staged = _stage(tmp_path / str(threads), con)
        hashes.append([file["sha256"] for file in staged.manifest["marts"]["rated_calls"]["files"]])
    assert hashes[0] == hashes[1]


def test_unchanged_files_are_shared_and_changed_ones_written(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    first = publish(_stage(tmp_path, con))
    con.execute("insert into marts.rated_calls values ('F3:1', '2026-03-02', '2026-03-02 10:00:00', 60, 0.11)")
    builds = {"rated_calls": {"2026-03-01": "b1", "2026-03-02": "b3"}}
    second = publish(_stage(tmp_path, con, partition_builds=builds))
    assert second.name == "2026-03-31-0002"
    day = "rated_calls/call_date=2026-03-0{}.parquet"
    assert _inode(first / day.format(1)) == _inode(second / day.format(1))
    assert _inode(first / day.format(2)) != _inode(second / day.format(2))
    assert _inode(first / "bills/bills.parquet") == _inode(second / "bills/bills.parquet")
    manifest = json.loads((second / "manifest.json").read_text())
    assert manifest["marts"]["rated_calls"]["totals"]["amount"] == "0.440001"
    edition = current_edition(tmp_path)
    assert edition is not None
    assert verify_edition(tmp_path, edition) == []


def test_a_partition_of_the_same_build_is_not_exported_again(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.publishing import marts

    publish(_stage(tmp_path, con))
    exported: list[str] = []
    copy_out = marts._copy_out

    def noted(con: duckdb.DuckDBPyConnection, mart: MartSpec, condition: str, target: Path) -> None:
        exported.append(target.name)
        copy_out(con, mart, condition, target)

    monkeypatch.setattr(marts, "_copy_out", noted)
    publish(_stage(tmp_path, con, partition_builds={"rated_calls": {"2026-03-01": "b1", "2026-03-02": "new"}}))
    assert exported == ["call_date=2026-03-02.parquet", "bills.parquet", "sequence_gaps.parquet"]


def test_a_partition_with_no_rows_left_has_no_file(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    publish(_stage(tmp_path, con))
    con.execute("delete from marts.rated_calls where call_date = '2026-03-02'")
    folder = publish(_stage(tmp_path, con))
    assert [path.name for path in (folder / "rated_calls").iterdir()] == ["call_date=2026-03-01.parquet"]


def test_files_are_copied_where_links_cannot_be_made(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(_stage(tmp_path, con))

    def no_links(source: object, target: object) -> None:
        raise OSError("links are not supported here")

    monkeypatch.setattr(durable.os, "link", no_links)
    second = publish(_stage(tmp_path, con))
    name = "rated_calls/call_date=2026-03-01.parquet"
    assert _inode(first / name) != _inode(second / name)
    assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_shared_file_that_is_gone_is_exported_again(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    first = publish(_stage(tmp_path, con))
    (first / "rated_calls/call_date=2026-03-01.parquet").unlink()
    publish(_stage(tmp_path, con))
    edition = current_edition(tmp_path)
    assert edition is not None
    assert verify_edition(tmp_path, edition) == []


def test_a_damaged_file_is_not_shared_and_the_new_edition_has_its_own(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """Of a partition of the same build, and of a mart that came out as before."""
    first = publish(_stage(tmp_path, con))
    names = ("rated_calls/call_date=2026-03-01.parquet", "bills/bills.parquet")
    sound = {name: (first / name).read_bytes() for name in names}
    for name in names:
        content = bytearray(sound[name])
        content[len(content) // 2] ^= 0xFF
        (first / name).write_bytes(content)
    staged = _stage(tmp_path, con)
    second = publish(staged)
    assert {name: (second / name).read_bytes() for name in names} == sound
    assert set(staged.written_anew) == {first / name for name in names[:2]}
    edition = current_edition(tmp_path)
    assert edition is not None and verify_edition(tmp_path, edition) == []
    assert len(list(damaged_editions(tmp_path))) == 2


def test_the_pointer_holds_the_manifest_to_its_hash(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    manifest = publish(_stage(tmp_path, con)) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"rows": 2', '"rows": 3'))
    with pytest.raises(TollhouseError, match=r"manifest.json: its SHA-256 is not the one that current.json names"):
        current_edition(tmp_path)
    pointer = json.loads((tmp_path / "current.json").read_text())
    del pointer["manifest_sha256"]  # as earlier versions wrote it
    (tmp_path / "current.json").write_text(json.dumps(pointer))
    assert current_edition(tmp_path) is not None


def test_a_lost_pointer_is_not_a_branch_that_has_published_nothing(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    assert lost_pointer(tmp_path) is None and published_as_of(tmp_path) is None
    publish(_stage(tmp_path, con))
    assert lost_pointer(tmp_path) is None and published_as_of(tmp_path) == AS_OF
    (tmp_path / "current.json").unlink()
    assert "current.json is gone" in str(lost_pointer(tmp_path)) and published_as_of(tmp_path) == AS_OF


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("alter table marts.bills alter amount type double", "bills.amount is money in a DOUBLE"),
        ("alter table marts.bills alter calls type hugeint", "bills.calls is HUGEINT"),
        ("alter table marts.bills add column tags varchar[]", r"bills.tags is VARCHAR\[\]"),
        ("alter table marts.bills rename column account_id to account", "no column account_id"),
        ("update marts.rated_calls set call_date = null where call_id = 'F2:1'", "1 rows have no call_date"),
    ],
)
def test_what_readers_would_get_wrong_is_refused(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, statement: str, words: str
) -> None:
    con.execute(statement)
    with pytest.raises(TollhouseError, match=words):
        _stage(tmp_path, con)
    assert current_edition(tmp_path) is None


def _after(function: Callable[..., object], calls: int) -> Callable[..., object]:
    """The function, until it is called once more than `calls`: then the power goes."""
    seen = 0

    def cut(*arguments: object, **named: object) -> object:
        nonlocal seen
        seen += 1
        if seen > calls:
            raise KeyboardInterrupt("power cut")
        return function(*arguments, **named)

    return cut


@pytest.mark.parametrize(
    ("module", "name", "calls"),
    [
        (editions, "export_mart", 0),
        (editions, "export_mart", 2),
        (editions, "flush_tree", 0),
        (os, "rename", 0),
        (editions, "flush", 0),
        (editions, "replace_text", 0),
        (durable, "flush", 7),
    ],
)
def test_a_crash_at_any_moment_leaves_the_old_edition_whole(
    tmp_path: Path,
    con: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    name: str,
    calls: int,
) -> None:
    publish(_stage(tmp_path, con))
    con.execute("update marts.bills set amount = amount + 1")
    with monkeypatch.context() as patch:
        patch.setattr(module, name, _after(getattr(module, name), calls))
        with pytest.raises(KeyboardInterrupt):
            publish(_stage(tmp_path, con, gates=[HOLDS, WARNS]))
    old = current_edition(tmp_path)
    assert old is not None
    assert old.edition == "2026-03-31-0001"
    assert verify_edition(tmp_path, old) == []
    assert old.manifest.marts["bills"].totals["amount"] == "20.90"

    folder = publish(_stage(tmp_path, con))
    new = current_edition(tmp_path)
    assert new is not None
    assert (new.edition, new.folder) == ("2026-03-31-0002", folder)
    assert new.manifest.marts["bills"].totals["amount"] == "22.90"
    assert verify_edition(tmp_path, new) == []
    assert sorted(path.name for path in (tmp_path / "editions").iterdir()) == ["2026-03-31-0001", "2026-03-31-0002"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current.json", "editions"]


def test_a_crash_while_the_pointer_is_replaced_leaves_the_old_pointer(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(_stage(tmp_path, con))
    replace = os.replace

    def no_pointer(source: Path, target: Path) -> None:
        if Path(target).name == "current.json":
            raise OSError("power cut")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "replace", no_pointer)
        with pytest.raises(OSError, match="power cut"):
            publish(_stage(tmp_path, con))
    edition = current_edition(tmp_path)
    assert edition is not None
    assert edition.revision == 1


def test_the_revision_goes_on_over_dates_and_after_the_pointer_was_removed(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    publish(_stage(tmp_path, con))
    assert publish(_stage(tmp_path, con, as_of=date(2026, 2, 28))).name == "2026-02-28-0002"
    (tmp_path / "current.json").unlink()
    assert publish(_stage(tmp_path, con)).name == "2026-03-31-0003"


def test_an_older_pointer_that_was_put_back_costs_no_edition_its_name(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    publish(_stage(tmp_path, con))
    pointer = (tmp_path / "current.json").read_bytes()
    second = publish(_stage(tmp_path, con))
    manifest = (second / "manifest.json").read_bytes()
    (tmp_path / "current.json").write_bytes(pointer)
    assert publish(_stage(tmp_path, con)).name == "2026-03-31-0003"
    assert (second / "manifest.json").read_bytes() == manifest


def test_a_run_killed_right_after_the_pointer_has_published(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    folder = publish(_stage(tmp_path, con))
    (tmp_path / ".publishing").write_text(folder.name)  # as it leaves it
    assert publish(_stage(tmp_path, con)).name == "2026-03-31-0002"
    assert folder.is_dir() and not (tmp_path / ".publishing").exists()


def test_a_failed_critical_gate_is_never_published(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    staged = _stage(tmp_path, con, gates=[HOLDS, FAILS, WARNS])
    with pytest.raises(GatesBlocked, match="bills.sums"):
        publish(staged)
    assert current_edition(tmp_path) is None


def test_a_drawn_site_is_verified_by_its_own_list(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """The manifest is sealed before the pages are drawn: what lies in site/ is held against site/site.json."""
    folder = publish(_stage(tmp_path, con))
    page = folder / "site/zh/bills.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>实收率</h1>", encoding="utf-8")
    write_site_list(folder / "site", {"zh/bills.html": {"inputs": "-", "sha256": sha256_of(page)}})
    edition = current_edition(tmp_path)
    assert edition is not None and edition.manifest.site == ()
    assert verify_edition(tmp_path, edition) == []
    (folder / "site/zh/leak.html").write_bytes(b"x")
    page.write_bytes(b"other")
    assert verify_edition(tmp_path, edition) == [
        f"{(folder / 'site/zh/leak.html').relative_to(tmp_path)} is not in the manifest",
        f"{page} is not the file that was written: its SHA-256 differs",
    ]
    page.unlink()
    (folder / "site/site.json").write_text("{", encoding="utf-8")
    assert (
        f"{folder / 'site/site.json'} cannot be read: remove the folder site" in verify_edition(tmp_path, edition)[-1]
    )


def test_pages_that_a_killed_run_was_drawing_are_removed_by_the_next(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    folder = publish(_stage(tmp_path, con))
    (folder / ".site.part" / "zh").mkdir(parents=True)
    edition = current_edition(tmp_path)
    assert edition is not None and verify_edition(tmp_path, edition) == []
    publish(_stage(tmp_path, con))
    assert not (folder / ".site.part").exists() and (folder / "manifest.json").is_file()


def test_verification_names_what_is_missing_changed_and_foreign(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    folder = publish(_stage(tmp_path, con))
    (folder / "bills/bills.parquet").write_bytes(b"other")
    (folder / "sequence_gaps/sequence_gaps.parquet").unlink()
    (folder / "bills/more.parquet").write_bytes(b"")
    edition = current_edition(tmp_path)
    assert edition is not None
    assert sorted(verify_edition(tmp_path, edition)) == [
        "editions/2026-03-31-0001/bills/bills.parquet is not the file that was published: its SHA-256 differs",
        "editions/2026-03-31-0001/bills/more.parquet is not in the manifest",
        "editions/2026-03-31-0001/sequence_gaps/sequence_gaps.parquet is missing",
    ]


def test_the_current_edition_is_read_by_pointer_and_manifest(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    assert current_edition(tmp_path / "nothing") is None
    publish(_stage(tmp_path, con))
    edition = current_edition(tmp_path)
    assert edition is not None
    assert (edition.as_of, edition.revision) == (AS_OF, 1)
    assert [path.name for path in edition.files("rated_calls")] == [
        "call_date=2026-03-01.parquet",
        "call_date=2026-03-02.parquet",
    ]
    with pytest.raises(TollhouseError, match="no mart nothing"):
        edition.files("nothing")


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("current.json", "{", "current.json"),
        ("current.json", "[]", "is not a valid JSON object"),
        ("current.json", '{"edition": "x"}', "'path' is missing"),
        ("current.json", '{"edition": "x", "path": "../.."}', "leads out of"),
        ("current.json", '{"edition": "x", "path": "editions/x"}', "manifest.json: it is missing"),
        ("current.json", '{"edition": "x", "path": "editions/2026-03-31-0001"}', "names edition x"),
        ("editions/2026-03-31-0001/manifest.json", '{"edition": 1}', "manifest.json: 'edition'"),
    ],
)
def test_a_damaged_pointer_or_manifest_is_named(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, file: str, content: str, words: str
) -> None:
    publish(_stage(tmp_path, con))
    (tmp_path / file).write_text(content)
    with pytest.raises(TollhouseError, match=words):
        current_edition(tmp_path)


def test_a_blocked_run_shows_why_and_the_pointer_stays(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    publish(_stage(tmp_path, con))
    con.execute("create table marts.problem_bulletin as select 'P1' as problem_id, 'file_held' as kind")
    con.execute("create table marts.suspended_calls as select 'F1:9' as call_id, date '2026-03-01' as call_date")
    marts = (
        *MARTS,
        MartSpec("problem_bulletin", ("problem_id",)),
        MartSpec("suspended_calls", ("call_id",), "call_date"),
        MartSpec("file_reconciliation", ("file_id",)),
    )
    folder = publish_blocked(tmp_path, con, "run-7", marts, [HOLDS, FAILS], AS_OF, built_at=BUILT_AT)
    assert folder == tmp_path / "blocked" / "run-7"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert sorted(manifest["marts"]) == ["problem_bulletin", "suspended_calls"]
    assert manifest["missing_marts"] == ["file_reconciliation"]
    assert manifest["gates"] == [HOLDS.as_dict(), FAILS.as_dict()]
    assert manifest["marts"]["suspended_calls"]["files"][0]["path"] == (
        "blocked/run-7/suspended_calls/suspended_calls.parquet"
    )
    read = duckdb.sql(f"select gate, success, failed_rows from '{folder}/gate_results.parquet'").fetchall()
    assert read == [("sums", True, 0), ("sums", False, 1)]
    edition = current_edition(tmp_path)
    assert edition is not None
    assert edition.revision == 1
    assert publish_blocked(tmp_path, con, "run-7", marts, [FAILS], AS_OF) == folder
    with pytest.raises(TollhouseError, match="cannot name a folder"):
        publish_blocked(tmp_path, con, "../run", marts, [FAILS], AS_OF)


def test_exporting_leaves_the_transaction_of_the_caller_open(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    con.execute("begin; delete from marts.bills where account_id = 'A2'")
    staged = _stage(tmp_path, con)
    assert staged.manifest["marts"]["bills"]["totals"]["amount"] == "0.10"
    con.execute("rollback")
    assert con.execute("select count(*) from marts.bills").fetchone() == (2,)
