"""How `tollhouse serve` knows its users, by the environment: sessions, a trusted proxy, an OpenID Connect provider. No HTTP here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from orchestration.alert_settings import Secret, secret_setting
from orchestration.errors import UsageError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Of TOLLHOUSE_PROXY_USER_HEADER: the proxy names no users; it is believed about the addresses of clients alone.
NO_HEADER = "none"
_YES_OR_NO = ("yes", "no")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_CLAIM = re.compile(r"[A-Za-z0-9_:/.-]{1,128}")
_MOST_IDLE_MINUTES = 720


@dataclass(frozen=True)
class AccessSettings:
    """How users are known. Without a proxy that names them and without a provider, by the passwords of the accounts file."""

    https: str = "no"  # yes: people reach the server by HTTPS, at a proxy before it
    session_idle_minutes: int = 30
    proxy_address: IpNetwork | None = None  # of the proxy whose headers are believed
    proxy_user_header: str = "X-Remote-User"
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Secret | None = None
    oidc_user_claim: str = "email"

    @property
    def is_https(self) -> bool:
        """Whether cookies are for HTTPS alone and addresses of this server begin with https."""
        return self.https == "yes"

    @property
    def user_header(self) -> str | None:
        """The header in which the proxy names the user; None where no proxy does."""
        return None if self.proxy_address is None or self.proxy_user_header == NO_HEADER else self.proxy_user_header

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> AccessSettings:
        """Read TOLLHOUSE_SERVE_HTTPS, _SESSION_IDLE_MINUTES, _PROXY_ADDRESS, _PROXY_USER_HEADER, _OIDC_ISSUER, _OIDC_CLIENT_ID,
        _OIDC_CLIENT_SECRET (also as …_FILE) and _OIDC_USER_CLAIM. Raises UsageError naming the variable where a value cannot
        be used.
        """
        https = env.get("TOLLHOUSE_SERVE_HTTPS") or cls.https
        if https not in _YES_OR_NO:
            raise UsageError(f"TOLLHOUSE_SERVE_HTTPS: '{https}' is not valid; write {' or '.join(_YES_OR_NO)}")
        found = cls(
            https=https,
            session_idle_minutes=_idle_minutes(env, cls.session_idle_minutes),
            proxy_address=_proxy_address(env),
            proxy_user_header=_matching(env, "TOLLHOUSE_PROXY_USER_HEADER", cls.proxy_user_header, _HEADER, "a header"),
            oidc_issuer=_issuer(env),
            oidc_client_id=env.get("TOLLHOUSE_OIDC_CLIENT_ID") or None,
            oidc_client_secret=secret_setting(env, "TOLLHOUSE_OIDC_CLIENT_SECRET"),
            oidc_user_claim=_matching(env, "TOLLHOUSE_OIDC_USER_CLAIM", cls.oidc_user_claim, _CLAIM, "a claim"),
        )
        found._check(env)
        return found

    def _check(self, env: Mapping[str, str]) -> None:
        """Check that settings that belong together are all set. Raises UsageError naming the variable that is missing."""
        needed = {
            "TOLLHOUSE_OIDC_ISSUER": (self.oidc_issuer, "the address of the provider"),
            "TOLLHOUSE_OIDC_CLIENT_ID": (self.oidc_client_id, "the id that the provider has given to Tollhouse"),
            "TOLLHOUSE_OIDC_CLIENT_SECRET": (self.oidc_client_secret, "the secret that belongs to the client id"),
        }
        if any(value for value, _ in needed.values()):
            for name, (value, meaning) in needed.items():
                if not value:
                    raise UsageError(f"{name}: not set; signing in by OpenID Connect needs {meaning}")
        if env.get("TOLLHOUSE_PROXY_USER_HEADER") and self.proxy_address is None:
            raise UsageError("TOLLHOUSE_PROXY_ADDRESS: not set; a header is believed of a named address alone")
        if self.user_header is not None and self.oidc_issuer is not None:
            raise UsageError(
                "TOLLHOUSE_OIDC_ISSUER: set together with TOLLHOUSE_PROXY_ADDRESS, which has the proxy name the users; keep one of "
                f"them, or set TOLLHOUSE_PROXY_USER_HEADER={NO_HEADER}"
            )


def ip_address(text: str) -> IpAddress | None:
    """An address of a client; one of IPv4 that is written as IPv6 is of IPv4. None where the text is not an address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _idle_minutes(env: Mapping[str, str], default: int) -> int:
    text = env.get("TOLLHOUSE_SESSION_IDLE_MINUTES") or str(default)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= _MOST_IDLE_MINUTES:
        raise UsageError(
            f"TOLLHOUSE_SESSION_IDLE_MINUTES: '{text}' is not a whole number from 1 to {_MOST_IDLE_MINUTES}; write it like {default}"
        )
    return int(text)


def _proxy_address(env: Mapping[str, str]) -> IpNetwork | None:
    text = env.get("TOLLHOUSE_PROXY_ADDRESS")
    if not text:
        return None
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        network = None
    if network is None or network.prefixlen == 0:
        raise UsageError(
            f"TOLLHOUSE_PROXY_ADDRESS: '{text}' is not an address or a network; write it like 127.0.0.1, 10.0.0.5 or 10.1.0.0/28"
        )
    return network


def _matching(env: Mapping[str, str], name: str, default: str, pattern: re.Pattern[str], what: str) -> str:
    text = env.get(name) or default
    if not pattern.fullmatch(text):
        raise UsageError(f"{name}: '{text}' is not the name of {what}; write it like {default}")
    return text


def _issuer(env: Mapping[str, str]) -> str | None:
    text = env.get("TOLLHOUSE_OIDC_ISSUER")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        is_sound = parts.port != 0 and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_sound = False
    if is_sound and text.isascii() and text.isprintable() and " " not in text and host:
        address = ip_address(host)
        is_here = host == "localhost" or (address is not None and address.is_loopback)
        if parts.scheme == "https" or (parts.scheme == "http" and is_here):
            return text
    raise UsageError(
        f"TOLLHOUSE_OIDC_ISSUER: '{text}' is not the address of a provider; write it like https://login.example/realms/branch"
    )
