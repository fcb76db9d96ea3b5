"""dbt's events are made where somebody reads them, with all that they say, and left unmade where nobody does."""

from __future__ import annotations

import pytest
from dbt.events.types import MainEncounteredError
from dbt_common.events.base_types import BaseEvent, EventLevel, EventMsg
from dbt_common.events.event_manager import EventManager
from dbt_common.events.types import Note
from dbt_common.exceptions.events import EventCompilationError

from orchestration.warehouse.dbt_events import unread_events


def is_made(event: BaseEvent) -> bool:
    return "pb_msg" in event.__dict__


def test_an_event_that_nobody_reads_is_not_made() -> None:
    with unread_events():
        note = Note(msg="a model was built")
        EventManager().fire_event(note)
        assert not is_made(note)
        assert (note.message(), note.msg, note.to_dict()) == (
            "a model was built",
            "a model was built",
            {"msg": note.msg},
        )
        assert is_made(note)
    assert is_made(Note(msg="afterwards all is as before"))


def test_an_event_that_is_listened_to_says_what_it_says_without() -> None:
    heard: list[EventMsg] = []
    manager = EventManager()
    manager.add_callback(heard.append)
    manager.fire_event(MainEncounteredError(exc="a fault"))
    with unread_events():
        manager.fire_event(MainEncounteredError(exc="a fault"))
        changed = Note(msg="before")
        changed.msg = "after"
        manager.fire_event(changed, EventLevel.WARN)
    first, second, third = heard
    assert (first.data, first.info.msg, first.info.level) == (second.data, second.info.msg, second.info.level)
    assert (third.info.msg, third.info.level) == ("after", "warn")


def test_a_warning_that_is_to_end_dbt_does() -> None:
    manager = EventManager()
    manager.warn_error = True
    with unread_events(), pytest.raises(EventCompilationError):
        manager.fire_event(Note(msg="a deprecation"), EventLevel.WARN, force_warn_or_error_handling=True)
