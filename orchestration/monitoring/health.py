"""The answer of /healthz: whether the published edition can be read, and how old it is."""

from __future__ import annotations

from typing import Any

from orchestration.monitoring.facts import Facts


def health(facts: Facts) -> tuple[bool, dict[str, Any]]:
    """Whether readers are served, with the JSON answer. After a failed run the last edition stays: that is healthy."""
    answer: dict[str, Any] = {"status": "ok" if facts.fault is None else "unavailable"}
    if facts.fault is not None:
        answer["reason"] = facts.fault
    if facts.edition is not None:
        answer["edition"] = {
            "edition": facts.edition.edition,
            "as_of": facts.edition.as_of.isoformat(),
            "built_at": facts.edition.manifest.built_at,
            "age_seconds": round(facts.edition_age_seconds or 0),
        }
    if facts.last_run is not None:
        answer["last_run"] = {
            "status": facts.last_run.status,
            "started_at": facts.last_run.started_at.isoformat(),
            "ended_at": None if facts.last_run.ended_at is None else facts.last_run.ended_at.isoformat(),
        }
    if facts.unreadable:
        answer["unreadable"] = list(facts.unreadable)
    return facts.fault is None, answer
