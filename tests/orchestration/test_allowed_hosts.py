"""Under which names a server answers: its own and those that are allowed, with the right port."""

from __future__ import annotations

import pytest

from orchestration.allowed_hosts import AllowedHosts, allowed_host
from orchestration.errors import UsageError

LOCAL = AllowedHosts.of("127.0.0.1", 8600)
PUBLIC = AllowedHosts.of("0.0.0.0", 8600, ["billing.example", "other.example:8443", "[fd00::5]"])


@pytest.mark.parametrize("host", ["localhost:8600", "127.0.0.1:8600", "[::1]:8600", "LocalHost:8600"])
def test_the_machines_own_names_with_the_port(host: str) -> None:
    assert LOCAL.allows(host) and PUBLIC.allows(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8600",
        "localhost",  # means port 80, which is another server
        "localhost:3000",
        "localhost.:8600",
        "127.0.0.1.evil.example:8600",
        "localhost:8600@evil.example",
        "localhost:8600:8600",
        "localhost:008600",
        "localhost:99999",
        "127.1:8600",
        "0.0.0.0:8600",
        "[::]:8600",
        " localhost:8600",
        "",
    ],
)
def test_anything_else_is_foreign(host: str) -> None:
    assert not LOCAL.allows(host)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("billing.example", True),
        ("billing.example:8600", True),
        ("billing.example:443", True),  # a proxy before it
        ("billing.example:9000", False),
        ("other.example:8443", True),
        ("other.example", False),
        ("[fd00::5]:8600", True),
        ("notbilling.example", False),
        ("0.0.0.0:8600", False),
    ],
)
def test_names_that_were_allowed(host: str, is_allowed: bool) -> None:
    assert PUBLIC.allows(host) is is_allowed


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("http://localhost:8600", True),
        ("http://[::1]:8600", True),
        ("https://billing.example", True),
        ("http://localhost:8000", False),  # another server on the same machine
        ("http://localhost", False),
        ("http://billing.example:9000", False),
        ("http://evil.example", False),
        ("null", False),
        ("file://", False),
        ("chrome-extension://localhost:8600", False),
        ("", False),
    ],
)
def test_origins(origin: str, is_allowed: bool) -> None:
    assert PUBLIC.allows_origin(origin) is is_allowed


def test_an_address_that_is_listened_on_is_a_name() -> None:
    assert AllowedHosts.of("192.0.2.7", 80).allows("192.0.2.7")
    assert AllowedHosts.of("fd00::5", 8600).allows("[fd00::5]:8600")


@pytest.mark.parametrize("text", ["*", "http://billing.example", "billing.example/x", "a b", "billing.example:0"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a server"):
        allowed_host(text)
