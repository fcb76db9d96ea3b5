"""The names under which a server answers, and the origins whose pages may change something. Names only, no HTTP.

A page of the internet can have its own name resolved to 127.0.0.1 (DNS rebinding) and then read a server on the reader's
machine as if it were its own. The browser still says the page's name in `Host` and `Origin`: by that it is found out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.errors import UsageError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
#: Addresses that mean "listen on every one": no browser asks for them by name.
EVERY_ADDRESS = ("0.0.0.0", "::", "[::]")  # noqa: S104  refused as a name, not listened on

_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:(?P<port>\d{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class AllowedHosts:
    """The names of one server. A name with a port holds for that port; one without for the server's own port and 80 and 443."""

    port: int
    names: frozenset[tuple[str, int | None]]

    @classmethod
    def of(cls, listens_on: str, port: int, others: Iterable[str] = ()) -> AllowedHosts:
        """This machine's own names with the port, the address listened on where it is one, and the others.

        Raises UsageError where one of the others is neither a name nor a name with a port.
        """
        names: set[tuple[str, int | None]] = {(name, port) for name in LOOPBACK}
        if listens_on not in EVERY_ADDRESS:
            names.add((host_in_url(listens_on).lower(), port))
        return cls(port, frozenset(names | {allowed_host(other) for other in others}))

    def allows(self, host: str, default_port: int = 80) -> bool:
        """Whether a `Host` header names this server. `default_port` is meant where it names none."""
        authority = _authority(host)
        if authority is None:
            return False
        name, port = authority[0], authority[1] or default_port
        return (name, port) in self.names or ((name, None) in self.names and port in (self.port, 80, 443))

    def allows_origin(self, origin: str) -> bool:
        """Whether an `Origin` header is of a page that this server, or one before it, has served."""
        scheme, separator, authority = origin.partition("://")
        default_port = _DEFAULT_PORTS.get(scheme.lower())
        return bool(separator) and default_port is not None and self.allows(authority, default_port)


def allowed_host(text: str) -> tuple[str, int | None]:
    """A name and its port, None where it has none. Raises UsageError where the text is neither."""
    authority = _authority(text)
    if authority is None:
        raise UsageError(
            f"'{text}' is not the name of a server; write it like billing.example, billing.example:8600 or [fd00::5]:8600"
        )
    return authority


def host_in_url(host: str) -> str:
    """An address as it is written in a URL: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _authority(text: str) -> tuple[str, int | None] | None:
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else None
    return None if port is not None and not 0 < port < 65536 else (found["name"], port)
