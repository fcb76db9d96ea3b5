"""Who has to wait after wrong passwords: an account and an address, each for itself. Kept in memory, by one server."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable

from orchestration.access_settings import ip_address

WINDOW_SECONDS = 15 * 60
MOST_OF_AN_ACCOUNT = 5
MOST_OF_AN_ADDRESS = 20
#: Of names and addresses that are remembered: whoever tries names at random does not fill the memory.
_MOST_REMEMBERED = 20_000


class LockOut:
    """Counts wrong passwords of the last 15 minutes by the name that was typed, whether it is an account or not, and by address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], list[float]] = {}

    def wait_seconds(self, name: str, address: str) -> int:
        """How long the name or the address has to wait; 0 where it may try."""
        waits = [self._wait(("name", name), MOST_OF_AN_ACCOUNT), self._wait(_of(address), MOST_OF_AN_ADDRESS)]
        return max(waits)

    def note_failure(self, name: str, address: str) -> None:
        """Count a wrong password."""
        now = self._clock()
        for key in (("name", name), _of(address)):
            recent = [at for at in self._failures.pop(key, []) if now - at < WINDOW_SECONDS]
            self._failures[key] = [*recent, now][
                -MOST_OF_AN_ADDRESS:
            ]  # at the end: the dict is in the order of the last failure
        while len(self._failures) > _MOST_REMEMBERED:
            self._failures.pop(next(iter(self._failures)))

    def note_success(self, name: str) -> None:
        """Forget the wrong passwords of a name; those of the address stay."""
        self._failures.pop(("name", name), None)

    def _wait(self, key: tuple[str, str], most: int) -> int:
        now = self._clock()
        recent = [at for at in self._failures.get(key, ()) if now - at < WINDOW_SECONDS]
        return 0 if len(recent) < most else max(1, math.ceil(recent[-most] + WINDOW_SECONDS - now))


def _of(address: str) -> tuple[str, str]:
    """An address as it is counted: a client of IPv6 has a whole /64."""
    found = ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return "address", str(ipaddress.ip_network((found, 64), strict=False))
    return "address", address if found is None else str(found)
