"""`python -m orchestration.servers.dagster_webserver`: Dagster's web server with its options, its application behind the guard."""

from __future__ import annotations

from typing import Any

import uvicorn
from dagster._core.workspace.context import IWorkspaceProcessContext
from dagster_webserver import cli
from dagster_webserver.app import create_app_from_workspace_process_context

from orchestration.allowed_hosts import AllowedHosts
from orchestration.servers.dagster_ui import OTHER_POLICY, PAGE_POLICIES, PostedGraphQL
from orchestration.settings import Settings
from orchestration.web.bounded_server import bounded_config, listening_socket
from orchestration.web.guard import App, Guard


def guarded_app(app: App, hosts: AllowedHosts) -> App:
    """Dagster's application as this server shows it."""
    return Guard(PostedGraphQL(app), hosts, PAGE_POLICIES, OTHER_POLICY)


def host_guarded(
    workspace_process_context: IWorkspaceProcessContext[Any],
    host: str | None,
    port: int | None,
    path_prefix: str,
    log_level: str,
    live_data_poll_rate: int | None = None,
) -> None:
    """Take the place of the function by which Dagster hosts its application; the same arguments."""
    app = create_app_from_workspace_process_context(
        workspace_process_context, path_prefix, live_data_poll_rate, lifespan=cli._lifespan
    )
    address = host or cli.DEFAULT_WEBSERVER_HOST
    listening = listening_socket(address, port or cli.DEFAULT_WEBSERVER_PORT)
    hosts = AllowedHosts.of(address, listening.getsockname()[1], Settings.allowed_hosts_of())
    uvicorn.Server(bounded_config(guarded_app(app, hosts), log_level=log_level)).run(sockets=[listening])


def main() -> None:
    """Run Dagster's own command with this way to host its application."""
    cli.host_dagster_ui_with_workspace_process_context = host_guarded
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER", prog_name="tollhouse ui")


if __name__ == "__main__":
    main()
