"""The real server: `dagster-webserver` on the code location, asked over GraphQL. The slowest test here; it starts a server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.robustness.branch import Branch
from tests.robustness.commands import PROJECT

WAIT_SECONDS = 90

QUERY = """{ assetNodes { assetKey { path } groupName description owners { ... on TeamAssetOwner { team } }
  assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""


@pytest.fixture
def server(ran_copy: Branch, tmp_path: Path) -> Iterator[str]:
    """The address of a server on the branch's Dagster home, ended by its own process afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = Path(sys.executable).with_name("dagster-webserver")
    words = [str(command), "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    with (tmp_path / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(words, cwd=PROJECT, env=dict(os.environ), stdout=log, stderr=subprocess.STDOUT)
        try:
            yield f"http://127.0.0.1:{port}/graphql"
        finally:
            process.kill()  # it may have been told to ignore gentler signals; it has nothing to lose
            process.wait(timeout=30)


def _ask(address: str) -> dict[str, Any]:
    """The answer, as soon as the server gives one."""
    request = urllib.request.Request(
        address, json.dumps({"query": QUERY}).encode(), {"Content-Type": "application/json"}
    )
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_the_server_shows_the_platform(server: str) -> None:
    """Assets by key with group, description, owner and checks, as an operator finds them."""
    answer = _ask(server)
    assert "errors" not in answer
    nodes = {"/".join(node["assetKey"]["path"]): node for node in answer["data"]["assetNodes"]}
    assert {"inbox_files", "marts/rated_calls", "marts/bills", "management_page", "published_edition"} <= set(nodes)
    bills = nodes["marts/bills"]
    assert (bills["groupName"], bills["owners"]) == ("billing", [{"team": "billing"}])
    assert "One row per" in bills["description"]
    assert len(nodes["marts/rated_calls"]["assetChecksOrError"]["checks"]) >= 4
