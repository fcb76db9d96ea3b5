"""Metrics in Prometheus's text format (0.0.4), and the requests that are counted for them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from orchestration.ledger.file_ledger import STATUSES
from orchestration.monitoring.facts import RUN_STATUSES, Facts
from orchestration.web.guard import App, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FILE_KINDS = ("cdr", "bank", "customers")

_BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})

Sample = tuple[Mapping[str, str], float]


class CountedRequests:
    """An application with its requests counted: by method and status, and how long each took. Of one event loop."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._requests: Counter[tuple[str, str]] = Counter()
        self._durations: Counter[float] = Counter()
        self._seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count one request and let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        code = "none"  # the client went away before there was an answer
        begun = time.monotonic()

        async def sending(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.monotonic() - begun
            # Methods are what clients write: unknown ones would each be a new series.
            method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
            self._requests[method, code] += 1
            place = bisect_left(_BUCKETS, seconds)
            self._durations[_BUCKETS[place] if place < len(_BUCKETS) else float("inf")] += 1
            self._seconds += seconds

    def text(self) -> str:
        """The metrics of the requests so far."""
        lines = _metric(
            "tollhouse_http_requests_total",
            "counter",
            "Requests answered, by method and status.",
            [({"method": method, "code": code}, count) for (method, code), count in sorted(self._requests.items())],
        )
        name = "tollhouse_http_request_duration_seconds"
        lines += _header(name, "histogram", "Time from a request to the end of its answer.")
        total = 0
        for bound in (*_BUCKETS, float("inf")):
            total += self._durations[bound]
            lines.append(_sample(f"{name}_bucket", {"le": "+Inf" if bound == float("inf") else f"{bound:g}"}, total))
        lines += [_sample(f"{name}_sum", {}, self._seconds), _sample(f"{name}_count", {}, total)]
        return _text(lines)


def state_text(facts: Facts, time_zone: str, version: str) -> str:
    """The metrics of editions, runs and files. Dates are midnight of the branch's clock, as Unix time."""
    lines = _metric("tollhouse_build_info", "gauge", "The version that answers.", [({"version": version}, 1)])
    lines += _metric(
        "tollhouse_edition_readable", "gauge", "1 where the published edition can be read.", [({}, facts.fault is None)]
    )
    lines += _edition_lines(facts, time_zone)
    lines += _run_lines(facts)
    lines += _metric(
        "tollhouse_files",
        "gauge",
        "Files in the ledger by kind and status.",
        [
            ({"kind": kind, "status": status}, facts.files.get((kind, status), 0))
            for kind in FILE_KINDS
            for status in STATUSES
        ],
    )
    if facts.newest_file_at is not None:
        lines += _metric(
            "tollhouse_newest_file_timestamp_seconds",
            "gauge",
            "When the newest file was first seen.",
            [({}, facts.newest_file_at.timestamp())],
        )
    lines += _metric(
        "tollhouse_alerts_waiting", "gauge", "Alerts that could not be sent yet.", [({}, facts.alerts_waiting)]
    )
    lines += _metric(
        "tollhouse_state_readable",
        "gauge",
        "1 where this part of the state can be read.",
        [({"part": part}, part not in facts.unreadable) for part in ("alerts", "ledger", "run_record")],
    )
    return _text(lines)


def _edition_lines(facts: Facts, time_zone: str) -> list[str]:
    if facts.edition is None:
        return []
    as_of = datetime.combine(facts.edition.as_of, clock_time(), ZoneInfo(time_zone))
    lines = _metric(
        "tollhouse_edition_info",
        "gauge",
        "The published edition and the date that it stands for.",
        [({"edition": facts.edition.edition, "as_of": facts.edition.as_of.isoformat()}, 1)],
    )
    lines += _metric(
        "tollhouse_edition_age_seconds", "gauge", "Since it was built.", [({}, facts.edition_age_seconds or 0)]
    )
    lines += _metric(
        "tollhouse_edition_built_timestamp_seconds",
        "gauge",
        "When it was built.",
        [({}, facts.edition.manifest.built_moment.timestamp())],
    )
    return lines + _metric(
        "tollhouse_edition_as_of_timestamp_seconds", "gauge", "The start of its as-of date.", [({}, as_of.timestamp())]
    )


def _run_lines(facts: Facts) -> list[str]:
    run = facts.last_run
    if run is None:
        return []
    lines = _metric(
        "tollhouse_last_run_status",
        "gauge",
        "1 for the status of the last run: blocked, the release gates held its edition back.",
        [({"status": status}, status == run.status) for status in RUN_STATUSES],
    )
    lines += _metric(
        "tollhouse_last_run_start_timestamp_seconds",
        "gauge",
        "When the last run began.",
        [({}, run.started_at.timestamp())],
    )
    lines += _metric(
        "tollhouse_last_run_unreachable", "gauge", "Sources and files that it could not read.", [({}, run.unreachable)]
    )
    if run.seconds is not None:
        lines += _metric("tollhouse_last_run_duration_seconds", "gauge", "How long it took.", [({}, run.seconds)])
    return lines


def _metric(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> list[str]:
    return [*_header(name, kind, meaning), *(_sample(name, labels, value) for labels, value in samples)]


def _header(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    number = float(value)
    return f"{name}{{{shown}}} {number!r}" if shown else f"{name} {number!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
