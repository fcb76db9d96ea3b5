"""`tollhouse serve` and `tollhouse ui`: the two that stay until interrupted. What they serve is made elsewhere."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from typing import Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command, port
from orchestration.errors import TollhouseError
from orchestration.settings import Settings

_LOCAL = "127.0.0.1"
# Nothing is told to the makers of the parts.
_NO_TELEMETRY = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


def add_commands(commands: Any) -> None:
    """Add serve and ui."""
    serve = add_command(commands, "serve", "serve the dashboards of the current edition until Ctrl-C", _serve)
    serve.add_argument("--host", default=_LOCAL, help="the address to listen on (default 127.0.0.1: this machine only)")
    serve.add_argument("--port", type=port, default=8600, help="the port (default 8600)")
    ui = add_command(commands, "ui", "start Dagster's UI and daemon until Ctrl-C", _ui)
    ui.add_argument("--port", type=port, default=3000, help="the port (default 3000)")


def _serve(arguments: argparse.Namespace, context: Context) -> Answer:
    from dashboards.serving import make_server

    published = context.settings.published
    server = make_server(published, arguments.host, arguments.port)
    try:
        host, bound = server.server_address[:2]
        url = f"http://{arguments.host}:{bound}/"
        told = f"The dashboards of the current edition are at {url} (Ctrl-C ends)."
        data = {"url": url, "host": host, "port": bound, "published": published}
        context.give(Answer(data, lambda console: console.print(told)))
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # the usual end of serving, and no failure
    finally:
        server.server_close()
    return Answer({}, lambda _: None)


def _ui(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.running import prepare_dagster_home

    settings = context.settings
    wanted = _free_port(arguments.port)
    prepare_dagster_home(settings)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    command += ["-h", _LOCAL, "-p", str(wanted)]
    url = f"http://{_LOCAL}:{wanted}/"
    told = f"Dagster's UI will be at {url} in some seconds (Ctrl-C ends)."
    data = {"url": url, "dagster_home": settings.dagster_home}
    context.give(Answer(data, lambda console: console.print(told)))
    if context.is_json:
        os.dup2(sys.stderr.fileno(), context.out.fileno())  # Dagster's log is not for stdout: one object is there
    # In place of this process: whoever ends or interrupts `tollhouse ui` ends Dagster with all that it has started.
    os.execve(sys.executable, command, _environment(settings))


def _environment(settings: Settings) -> dict[str, str]:
    """The environment for Dagster's processes: absolute paths, as they may work in other folders."""
    paths = {"TOLLHOUSE_HOME": str(settings.home), "TOLLHOUSE_REFERENCE": str(settings.reference)}
    if settings.sources_file is not None:
        paths["TOLLHOUSE_SOURCES"] = str(settings.sources_file)
    return {**os.environ, **_NO_TELEMETRY, **paths, "DAGSTER_HOME": str(settings.dagster_home)}


def _free_port(wanted: int) -> int:
    """The port, or any free one for 0. Raises TollhouseError where something else listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOCAL, wanted))
        except OSError as error:
            raise TollhouseError(
                f"port {wanted} of {_LOCAL} cannot be used: {error.strerror}; give another --port"
            ) from error
        found: int = probe.getsockname()[1]
        return found
