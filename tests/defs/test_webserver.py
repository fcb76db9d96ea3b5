"""The real server: `dagster-webserver` on the code location, asked over GraphQL. The slowest test here; it starts a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defs.serving import ask, served
from tests.robustness.branch import Branch

QUERY = """{ assetNodes { assetKey { path } groupName description owners { ... on TeamAssetOwner { team } }
  assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""


@pytest.fixture
def server(ran_copy: Branch, tmp_path: Path) -> Iterator[str]:
    """The address of a server on the branch's Dagster home."""
    with served("dagster-webserver", tmp_path / "server.log") as address:
        yield address


def test_the_server_shows_the_platform(server: str) -> None:
    """Assets by key with group, description, owner and checks, as an operator finds them."""
    answer = ask(server, QUERY)
    assert "errors" not in answer
    nodes = {"/".join(node["assetKey"]["path"]): node for node in answer["data"]["assetNodes"]}
    assert {"inbox_files", "marts/rated_calls", "marts/bills", "site/overview", "published_edition"} <= set(nodes)
    bills = nodes["marts/bills"]
    assert (bills["groupName"], bills["owners"]) == ("bills_and_collections", [{"team": "finance"}])
    assert "One row per" in bills["description"]
    assert len(nodes["marts/rated_calls"]["assetChecksOrError"]["checks"]) >= 4
