"""`tollhouse serve` and `tollhouse ui`: the two that stay until interrupted. What they serve is made elsewhere."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from typing import Any

from orchestration.allowed_hosts import allowed_host, host_in_url
from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command, port
from orchestration.settings import Settings

_LOCAL = "127.0.0.1"
# Nothing is reported to the makers of the libraries.
_NO_TELEMETRY = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}
# The working folder of the servers is their own, so that no file of another folder is taken for code or configuration.
_WORK_FOLDER = "work"


def add_commands(commands: Any) -> None:
    """Add serve and ui."""
    serve = add_command(commands, "serve", "serve the dashboards of the current edition until Ctrl-C", _serve)
    _address_options(serve, 8600)
    ui = add_command(commands, "ui", "start Dagster's UI and daemon until Ctrl-C", _ui)
    _address_options(ui, 3000)


def _address_options(command: argparse.ArgumentParser, usual_port: int) -> None:
    command.add_argument(
        "--host", default=_LOCAL, help="the address to listen on (default 127.0.0.1: this machine only)"
    )
    command.add_argument("--port", type=port, default=usual_port, help=f"the port (default {usual_port})")
    command.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="answer under this name too, besides localhost and the address; may be repeated (also TOLLHOUSE_ALLOWED_HOSTS)",
    )


def _serve(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.log_lines import log_to_stderr
    from orchestration.servers.site_server import make_server

    settings = context.settings
    log_to_stderr()
    server = make_server(settings, arguments.host, arguments.port, arguments.allow_host, warms_up=True)
    try:
        message = f"The dashboards of the current edition are at {server.url} (Ctrl-C ends)."
        data = {"url": server.url, "host": server.host, "port": server.port, "published": settings.published}
        context.give(Answer(data, lambda console: console.print(message)))
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # the usual end of serving, and no failure
    finally:
        server.server_close()
    return Answer({}, lambda _: None)


def _ui(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.runs import prepare_dagster_home
    from orchestration.web.bounded_server import listening_socket

    settings = context.settings
    for name in arguments.allow_host:
        allowed_host(name)
    with closing(listening_socket(arguments.host, arguments.port)) as probe:  # before Dagster's slow start
        wanted = probe.getsockname()[1]
    work = prepare_dagster_home(settings) / _WORK_FOLDER
    work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "orchestration.servers.dagster_ui", "-m", "orchestration.definitions"]
    command += ["-h", arguments.host, "-p", str(wanted)]
    if settings.log_format == "json":
        command += ["--log-format", "json"]
    url = f"http://{host_in_url(arguments.host)}:{wanted}/"
    message = f"Dagster's UI will be at {url} in some seconds (Ctrl-C ends)."
    data = {"url": url, "dagster_home": settings.dagster_home}
    context.give(Answer(data, lambda console: console.print(message)))
    if context.is_json:
        os.dup2(sys.stderr.fileno(), context.out.fileno())  # Dagster's log is not for stdout, which has one JSON object
    os.chdir(work)
    # Replaces this process: to end or interrupt `tollhouse ui` ends Dagster and all that it has started.
    os.execve(sys.executable, command, _environment(settings, arguments.allow_host))


def _environment(settings: Settings, allowed_hosts: list[str]) -> dict[str, str]:
    """The environment for Dagster's processes: absolute paths, as they may work in other folders."""
    paths = {"TOLLHOUSE_HOME": str(settings.home), "TOLLHOUSE_REFERENCE": str(settings.reference)}
    if settings.sources_file is not None:
        paths["TOLLHOUSE_SOURCES"] = str(settings.sources_file)
    names = {"TOLLHOUSE_ALLOWED_HOSTS": ",".join((*settings.allowed_hosts, *allowed_hosts))}
    automation = os.environ.get("TOLLHOUSE_AUTOMATION") or "running"
    dagster = {"DAGSTER_HOME": str(settings.dagster_home), "TOLLHOUSE_AUTOMATION": automation}
    return {**os.environ, **_NO_TELEMETRY, **paths, **names, **dagster}
