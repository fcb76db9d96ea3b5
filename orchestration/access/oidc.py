"""Signing in at a provider of OpenID Connect by Authlib: code flow with PKCE, state and nonce. Who the claimed name is, is elsewhere."""

from __future__ import annotations

import logging
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from orchestration.access_settings import AccessSettings
from orchestration.errors import TollhouseError
from orchestration.printable import one_line

LOG = logging.getLogger(__name__)

_WELL_KNOWN = "/.well-known/openid-configuration"
#: Signed with a key of the provider's own. A token that is signed with the client's secret, or not at all, is not believed.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SECONDS = 10.0
#: How far the clocks of provider and server may be apart.
_LEEWAY_SECONDS = 60
_FAULTS = (OAuthError, JoseError, httpx.HTTPError, ValueError, KeyError, TypeError, RuntimeError)


class SignInRefused(Exception):
    """The provider did not name the user in a way that can be believed. The reason is in the log, not for the page."""


class Provider:
    """The provider that is set. Raises TollhouseError where the file with the client's secret cannot be read."""

    def __init__(self, access: AccessSettings) -> None:
        if access.oidc_issuer is None or access.oidc_client_id is None or access.oidc_client_secret is None:
            raise TollhouseError("TOLLHOUSE_OIDC_ISSUER: not set; there is no provider to sign in at")
        self._issuer = access.oidc_issuer
        self._client_id = access.oidc_client_id
        self._user_claim = access.oidc_user_claim
        self._client: Any = OAuth().register(
            "tollhouse",
            client_id=access.oidc_client_id,
            client_secret=access.oidc_client_secret.reveal(),
            server_metadata_url=self._issuer.rstrip("/") + _WELL_KNOWN,
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": _SECONDS},
        )

    async def redirect(self, request: Request, back_to: str) -> Response:
        """Send the user to the provider, who sends them back. Raises SignInRefused where the provider cannot be asked."""
        try:
            await self._check_provider()
            response: Response = await self._client.authorize_redirect(request, back_to)
        except _FAULTS as error:
            raise self._refused(error) from error
        return response

    async def claimed_name(self, request: Request) -> str:
        """The name of the user who comes back. Raises SignInRefused where anything about the answer is not as it must be."""
        try:
            await self._check_provider()
            token = await self._client.authorize_access_token(
                request,
                leeway=_LEEWAY_SECONDS,
                claims_options={
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "nonce": {"essential": True},
                },
            )
            claims = token["userinfo"]  # of the ID token, verified; absent where there was none
            name = claims[self._user_claim]
            if not isinstance(name, str) or not name:
                raise ValueError(f"the claim {self._user_claim} is not a text")
            if self._user_claim == "email" and claims.get("email_verified", True) not in (True, "true"):
                raise ValueError("the provider says that the e-mail address is not verified")
        except _FAULTS as error:
            raise self._refused(error) from error
        return name

    async def _check_provider(self) -> None:
        metadata = await self._client.load_server_metadata()
        if metadata.get("issuer") != self._issuer:
            raise ValueError(
                f"the provider calls itself {metadata.get('issuer')}, TOLLHOUSE_OIDC_ISSUER is {self._issuer}"
            )
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in _ALGORITHMS] or ["RS256"]

    def _refused(self, error: BaseException) -> SignInRefused:
        LOG.warning("signing in by %s failed: %s: %s", self._issuer, type(error).__name__, one_line(str(error))[:500])
        return SignInRefused()
