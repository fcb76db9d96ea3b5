"""dbt's events, made only where somebody reads them. What dbt does and answers is dbt's matter.

A run has about two thousand of them, each a protobuf message twice over, and here all of dbt's logs are off: a second of
processor time for what nobody gets to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unread_events() -> Iterator[None]:
    """Within, an event's message is made when it is first looked at, and an event that only logs would get goes nowhere.

    Warnings that dbt turns into errors are fired as ever.
    """
    from dbt.tracking import track_behavior_change_warn
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    make: Any = BaseEvent.__init__
    read: Any = BaseEvent.__getattr__
    write: Any = BaseEvent.__setattr__
    fire = EventManager.fire_event

    def put_off(event: BaseEvent, *arguments: Any, **fields: Any) -> None:
        event.__dict__["made_of"] = arguments, fields

    def message_made(event: BaseEvent) -> None:
        arguments, fields = event.__dict__.pop("made_of", (None, None))
        if arguments is not None:
            make(event, *arguments, **fields)

    def looked_at(event: BaseEvent, name: str) -> Any:
        message_made(event)
        return event.__dict__["pb_msg"] if name == "pb_msg" else read(event, name)

    def changed(event: BaseEvent, name: str, value: Any) -> None:
        if name != "pb_msg":
            message_made(event)
        write(event, name, value)

    def fired(
        manager: EventManager,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        has_readers = bool(manager.loggers) or any(one is not track_behavior_change_warn for one in manager.callbacks)
        is_warning = (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR)
        if has_readers or is_warning or force_warn_or_error_handling:
            fire(manager, e, level, node, force_warn_or_error_handling)

    replaced = {"__init__": put_off, "__getattr__": looked_at, "__setattr__": changed}
    try:
        for name, function in replaced.items():
            setattr(BaseEvent, name, function)
        EventManager.fire_event = fired  # type: ignore[assignment,method-assign]
        yield
    finally:
        for name, function in zip(replaced, (make, read, write), strict=True):
            setattr(BaseEvent, name, function)
        EventManager.fire_event = fire  # type: ignore[method-assign]
