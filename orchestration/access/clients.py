"""Where a request comes from, with and without a proxy before the server, and what about it may be believed."""

from __future__ import annotations

from orchestration.access_settings import AccessSettings, IpAddress, ip_address
from orchestration.web.guard import Scope, header_values

#: What proxies add. A request with one of them does not come from this machine, whatever its connection says.
_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def is_loopback_host(host: str) -> bool:
    """Whether a server that listens on the host is reached by this machine alone."""
    address = ip_address(host.strip("[]"))
    return host == "localhost" if address is None else address.is_loopback


def is_of_proxy(scope: Scope, access: AccessSettings) -> bool:
    """Whether the connection is one of the proxy whose headers are believed."""
    peer = _peer(scope)
    return peer is not None and _is_proxy(peer, access)


def is_of_this_machine(scope: Scope) -> bool:
    """Whether a program of this machine asks, and not a proxy for somebody else."""
    peer = _peer(scope)
    return peer is not None and peer.is_loopback and not any(header_values(scope, name) for name in _OF_PROXIES)


def client_address(scope: Scope, access: AccessSettings) -> str:
    """The address of the client: as the trusted proxy says it, else that of the connection; '-' where there is none."""
    peer = _peer(scope)
    if peer is None:
        return "-"
    if _is_proxy(peer, access):
        listed = ",".join(header_values(scope, "x-forwarded-for")).split(",")
        # The last one is the proxy's own word; what stands before it is what it was told.
        for text in reversed(listed):
            address = ip_address(text.strip())
            if address is None:
                break
            if not _is_proxy(address, access):
                return str(address)
    return str(peer)


def _peer(scope: Scope) -> IpAddress | None:
    client = scope.get("client")
    return None if client is None else ip_address(client[0])


def _is_proxy(address: IpAddress, access: AccessSettings) -> bool:
    return access.proxy_address is not None and address in access.proxy_address
