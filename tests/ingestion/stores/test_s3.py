"""Pulling from a real S3-compatible server: ranges after a cut, back-off when it is overloaded, versions within a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

from orchestration.ingestion.stores import retrying
from orchestration.ingestion.stores.s3 import S3Store
from tests.ingestion.intake import Intake
from tests.ingestion.stores.conftest import Home
from tests.ingestion.stores.deliveries import CONTENT, MIB, NAME, call_file, entry, s3_entry, sources, write
from tests.ingestion.stores.servers import LOOPBACK, Line

pytestmark = pytest.mark.usefixtures("s3_environment")

BUSY = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 107\r\n\r\n"
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate</Message></Error>"
)

Bucket = Callable[[str, "bytes | str"], None]


@pytest.fixture
def client(s3_server: int) -> Any:
    """A client of the server that the tests deliver with."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{s3_server}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )


@pytest.fixture
def put(client: Any, request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """Puts objects into the bucket `deliveries`, which is empty before and after."""
    client.create_bucket(Bucket="deliveries")

    def write_object(key: str, content: bytes | str) -> None:
        client.put_object(
            Bucket="deliveries", Key=key, Body=content if isinstance(content, bytes) else content.encode()
        )

    yield write_object
    for found in client.list_objects_v2(Bucket="deliveries").get("Contents", []):
        client.delete_object(Bucket="deliveries", Key=found["Key"])
    client.delete_bucket(Bucket="deliveries")


@pytest.fixture
def with_keys_checked(s3_server: int) -> Iterator[None]:
    """The server lets in only whom it knows, which is nobody."""

    def unchecked_requests(count: str) -> None:
        url = f"http://{LOOPBACK}:{s3_server}/moto-api/reset-auth"
        with urlopen(Request(url, data=count.encode(), headers={"Content-Type": "text/plain"}), timeout=5):
            pass

    unchecked_requests("0")
    yield
    unchecked_requests("inf")


def landed(intake: Intake) -> dict[str, bytes]:
    """File name → content in the landing area."""
    return {file.file_name: (intake.settings.home / file.landing_path).read_bytes() for file in intake.ledger.files()}


def test_an_overloaded_server_is_asked_again_with_longer_and_longer_pauses(
    home: Home, s3_line: Line, put: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(f"out/{NAME}", CONTENT)
    intake = home(sources(s3_entry("store", s3_line.port, "deliveries/out", retries=3)))
    pauses: list[int] = []

    def counted(failures: int) -> float:
        pauses.append(failures)
        return 0.0

    monkeypatch.setattr(retrying, "pause_seconds", counted)
    s3_line.answers = [BUSY, BUSY]
    assert intake.pull().unreachable == []
    assert landed(intake) == {NAME: CONTENT.encode()}
    assert pauses == [1, 2]


def test_a_server_that_stays_overloaded_is_given_up_for_this_run(
    home: Home, s3_line: Line, put: Bucket, tmp_path: Path
) -> None:
    put(f"out/{NAME}", CONTENT)
    write(tmp_path / "near" / NAME, CONTENT)
    s3_line.answers = [BUSY] * 50
    intake = home(
        sources(
            s3_entry("one", s3_line.port, "deliveries/out", retries=2),
            s3_entry("two", s3_line.port, "deliveries/out", retries=2),
            entry("near", f"file:{tmp_path / 'near'}"),
        )
    )
    result = intake.pull()
    assert len(s3_line.sent) == 3  # one try and two more, for both sources together
    assert [text.split(":", 1)[0] for text in result.unreachable] == ["one", "two"]
    assert "reduce your request rate" in result.unreachable[0]
    assert [file.source for file in intake.ledger.files()] == ["near"]


def test_pauses_double_up_to_a_bound() -> None:
    # 0.01 s is the tests' first pause; half of each is left to chance.
    for failures, longest in ((1, 0.01), (2, 0.02), (5, 0.16), (40, retrying.LONGEST_PAUSE_SECONDS)):
        seen = [retrying.pause_seconds(failures) for _ in range(50)]
        assert longest / 2 <= min(seen) < max(seen) <= longest


def test_a_cut_connection_is_gone_on_with_by_a_range(
    home: Home, s3_line: Line, put: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3Store, "read_bytes", MIB)
    content = call_file(5 * MIB)
    put(f"out/{NAME}", content)
    intake = home(sources(s3_entry("store", s3_line.port, "deliveries/out", retries=0)))
    # The server takes a connection for each request: the listing, the head and two ranges pass, the third range is cut.
    s3_line.cut_after = [1 << 40] * 4 + [MIB // 2]
    (told,) = intake.pull().unreachable
    assert told.startswith(f"store/{NAME}: cannot be copied: ")
    brought = sum(s3_line.sent)
    assert 2.5 * MIB <= brought <= 2.6 * MIB
    assert intake.pull().unreachable == []
    assert landed(intake) == {NAME: content}
    assert sum(s3_line.sent) - brought <= 3.1 * MIB  # two of the five mebibytes were there


def test_an_object_replaced_within_the_second_and_of_the_same_size_is_seen(
    home: Home, s3_server: int, put: Bucket
) -> None:
    intake = home(sources(s3_entry("store", s3_server, "deliveries/out")))
    time.sleep(1.02 - time.time() % 1)  # both versions within one second of the server's clock
    put(f"out/{NAME}", CONTENT)
    intake.pull()
    put(f"out/{NAME}", CONTENT.replace(",60,", ",61,"))
    intake.pull()
    first, second = intake.ledger.files()
    assert second.status_reason == f"same name with other content as {NAME} ({first.file_id})"


def test_keys_that_the_server_does_not_know(
    home: Home, s3_server: int, put: Bucket, with_keys_checked: None, tmp_path: Path
) -> None:
    write(tmp_path / "near" / NAME, CONTENT)
    intake = home(sources(s3_entry("store", s3_server, "deliveries/out"), entry("near", f"file:{tmp_path / 'near'}")))
    (told,) = intake.pull().unreachable
    assert "cannot be listed: the server refuses what STORE_KEY and STORE_SECRET hold: " in told
    assert "secret-of-the-branch" not in told
    assert [file.source for file in intake.ledger.files()] == ["near"]


def test_no_such_bucket_is_a_fault_and_an_empty_prefix_is_none(home: Home, s3_server: int, put: Bucket) -> None:
    intake = home(
        sources(
            s3_entry("typo", s3_server, "delivereis/out"),
            s3_entry("typo/{switch_id}", s3_server, "delivereis/{switch_id}"),
            s3_entry("empty", s3_server, "deliveries/out"),
        )
    )
    result = intake.pull()
    assert [text.split(":", 1)[0] for text in result.unreachable] == ["typo", "typo/{switch_id}"]


def test_an_end_point_that_accepts_and_never_answers(home: Home, s3_server: int, put: Bucket) -> None:
    with Line(s3_server) as line:
        line.stall_after = [0] * 20
        intake = home(sources(s3_entry("dead", line.port, "deliveries/out", timeout_seconds=1, retries=1)))
        started = time.monotonic()
        (told,) = intake.pull().unreachable
        assert time.monotonic() - started < 6
    assert told.endswith("cannot be listed: no answer within 1 s")
