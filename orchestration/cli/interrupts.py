"""Whether somebody stopped the command: libraries catch Ctrl-C in their own ways, and then it looks like a failure."""

from __future__ import annotations

import os
import signal
import threading
from typing import Self

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class InterruptWatch:
    """Within, the signals that came are noted below whatever handlers Dagster and dbt put in place."""

    def __init__(self) -> None:
        self._stopped_by: signal.Signals | None = None

    def __enter__(self) -> Self:
        self._is_watching = threading.current_thread() is threading.main_thread()  # others may not watch signals
        if self._is_watching:
            self._reading, self._writing = os.pipe()
            os.set_blocking(self._reading, False)
            os.set_blocking(self._writing, False)
            self._before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_watching:
            signal.set_wakeup_fd(self._before)
            os.close(self._reading)
            os.close(self._writing)

    def stopped_by(self) -> signal.Signals | None:
        """The signal that stopped the command; None where there was none."""
        if self._stopped_by is None and self._is_watching:
            try:
                numbers = os.read(self._reading, 4096)
            except BlockingIOError:
                return None
            self._stopped_by = next((stop for stop in _STOPPING if stop in numbers), None)
        return self._stopped_by
