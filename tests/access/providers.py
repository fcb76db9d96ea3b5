"""A provider of OpenID Connect on loopback: discovery, authorization, token and keys, with a signing key of its own.

It checks what a real one checks: client, redirect address, the code's single use and PKCE. What it signs can be changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "tollhouse", "a-secret-of-the-client-that-is-long"


@dataclass
class Provider:
    """What the provider answers with, and what it was asked."""

    port: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    published: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    algorithm: str = "RS256"
    algorithms: list[str] = field(default_factory=lambda: ["RS256"])
    calls_itself: str | None = None
    has_id_token: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/realm"

    def metadata(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.calls_itself or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": self.algorithms,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """The address to go back to, as for a user who has signed in."""
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """The tokens for a code; an error where anything is not as it was asked for."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None:
            self.faults.append("code")
        elif authorization != basic:
            self.faults.append("client")
        elif asked["redirect_uri"] != form["redirect_uri"] or asked["client_id"] != CLIENT:
            self.faults.append("redirect_uri")
        elif asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge.decode().rstrip("="):
            self.faults.append("code_verifier")
        else:
            answered: dict[str, Any] = {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": 60,
            }
            return answered | ({"id_token": self._signed(asked)} if self.has_id_token else {})
        return {"error": "invalid_grant"}

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "4711", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"],
            "email": "li@branch.example", "email_verified": True, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if name not in self.left_out}
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."
            )
        key = OctKey.import_key(SECRET) if self.algorithm == "HS256" else self.key
        header = {"alg": self.algorithm, **({} if self.algorithm == "HS256" else {"kid": self.key.kid})}
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider at work in a thread."""
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/realm/.well-known/openid-configuration":
                self._json(state.metadata())
            elif parts.path == "/realm/keys":
                self._json({"keys": [(state.published or state.key).as_dict(private=False)]})
            elif parts.path == "/realm/authorize":
                self.send_response(302)
                self.send_header("location", state.authorize(query))
                self.send_header("content-length", "0")
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(content).items()}
            self._json(state.token(form, self.headers.get("authorization", "")))

        def _json(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(400 if "error" in content else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
