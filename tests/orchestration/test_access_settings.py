"""How users are known by the environment: what is understood, and what is refused by the name of its variable."""

from __future__ import annotations

import ipaddress

import pytest

from orchestration.access_settings import AccessSettings
from orchestration.errors import UsageError

SECRET = "s3cr3t-t0ken"
OIDC = {
    "OIDC_ISSUER": "https://login.example/realms/branch",
    "OIDC_CLIENT_ID": "tollhouse",
    "OIDC_CLIENT_SECRET": SECRET,
}


def read(**values: str) -> AccessSettings:
    """The settings of these variables."""
    return AccessSettings.from_environment({f"TOLLHOUSE_{name}": value for name, value in values.items()})


def test_nothing_is_set_by_itself() -> None:
    settings = read()
    assert settings == AccessSettings() and not settings.is_https and settings.user_header is None
    assert settings.session_idle_minutes == 30 and settings.oidc_user_claim == "email"


def test_what_is_set() -> None:
    settings = read(
        SERVE_HTTPS="yes", SESSION_IDLE_MINUTES="15", PROXY_ADDRESS="10.0.0.5", **OIDC, PROXY_USER_HEADER="none"
    )
    assert settings.is_https and settings.session_idle_minutes == 15 and settings.user_header is None
    assert settings.proxy_address == ipaddress.ip_network("10.0.0.5/32")
    assert settings.oidc_client_secret is not None and settings.oidc_client_secret.reveal() == SECRET
    assert SECRET not in repr(settings)
    assert read(PROXY_ADDRESS="fd00::/64").user_header == "X-Remote-User"
    assert read(**OIDC | {"OIDC_ISSUER": "http://127.0.0.1:9000"}).oidc_issuer == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"SERVE_HTTPS": "true"}, "SERVE_HTTPS"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES"),
        ({"SESSION_IDLE_MINUTES": "721"}, "SESSION_IDLE_MINUTES"),
        ({"SESSION_IDLE_MINUTES": "1.5"}, "SESSION_IDLE_MINUTES"),
        ({"PROXY_ADDRESS": "proxy.example"}, "PROXY_ADDRESS"),
        ({"PROXY_ADDRESS": "10.0.0.5/28"}, "PROXY_ADDRESS"),
        ({"PROXY_ADDRESS": "0.0.0.0/0"}, "PROXY_ADDRESS"),
        ({"PROXY_ADDRESS": "::/0"}, "PROXY_ADDRESS"),
        ({"PROXY_USER_HEADER": "X-User"}, "PROXY_ADDRESS"),
        ({"PROXY_ADDRESS": "10.0.0.5", "PROXY_USER_HEADER": "X User"}, "PROXY_USER_HEADER"),
        ({"PROXY_ADDRESS": "10.0.0.5"} | OIDC, "OIDC_ISSUER"),
        (OIDC | {"OIDC_ISSUER": "http://login.example"}, "OIDC_ISSUER"),
        (OIDC | {"OIDC_ISSUER": "login.example"}, "OIDC_ISSUER"),
        (OIDC | {"OIDC_ISSUER": "https://"}, "OIDC_ISSUER"),
        (OIDC | {"OIDC_ISSUER": "https://login.example/?a=b"}, "OIDC_ISSUER"),
        (OIDC | {"OIDC_ISSUER": ""}, "OIDC_ISSUER"),
        (OIDC | {"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        (OIDC | {"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        (OIDC | {"OIDC_CLIENT_SECRET_FILE": "/x"}, "OIDC_CLIENT_SECRET"),
        (OIDC | {"OIDC_USER_CLAIM": "e mail"}, "OIDC_USER_CLAIM"),
    ],
)
def test_what_cannot_be_used_names_its_variable_and_no_secret(values: dict[str, str], variable: str) -> None:
    with pytest.raises(UsageError, match=f"^TOLLHOUSE_{variable}: ") as raised:
        read(**values)
    assert SECRET not in str(raised.value)
