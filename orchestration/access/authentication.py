"""The layer (ASGI) between the guard and the pages: it finds out who asks, or answers in the place of the pages.

Which accounts there are, how long sessions last and what is logged is in the other modules of this room.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode

from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from orchestration.access.accounts import Account, AccountsFile
from orchestration.access.clients import client_address, is_loopback_host, is_of_proxy, is_of_this_machine
from orchestration.access.lockout import LockOut
from orchestration.access.log import ACCOUNT, EVENT, AccessFile, AccessLog
from orchestration.access.pages import fault_page, language_of, login_page, logout_page
from orchestration.access.passwords import Passwords
from orchestration.access.roles import Viewer
from orchestration.access.sessions import Clock, Sessions, form_token, is_own_form, session_secret
from orchestration.errors import TollhouseError, UsageError
from orchestration.settings import Settings
from orchestration.web.guard import App, Message, Receive, Scope, Send, header_values

if TYPE_CHECKING:
    from orchestration.access.oidc import Provider

LOG = logging.getLogger(__name__)

LOGIN, START, CALLBACK, LOGOUT = "/login", "/login/start", "/login/callback", "/logout"
HEALTH, METRICS = "/healthz", "/metrics"
#: In a request's scope: how the viewer is signed in, a SignedIn.
SIGNED_IN = "tollhouse.signed_in"

# Plain names alone: nothing encoded, no dots at the beginning, so that no path leads out of the folder.
_ASSET = re.compile(rb"/assets(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_MOST_FORM_BYTES = 16 * 1024
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class SignedIn:
    """How the viewer of a request is signed in. `can_sign_out`: a link to /logout makes sense."""

    can_sign_out: bool


def authenticated(
    app: App, settings: Settings, *, host: str, passwords: Passwords | None = None, clock: Clock = time.time
) -> App:
    """The application behind authentication and the access log, for a server that listens on `host`. To be put inside the Guard.

    `app` is called with `scope["viewer"]`, a Viewer, and `scope[SIGNED_IN]` for every request but those that need no account:
    /healthz, assets (/assets/NAME) and, asked by a program of this machine, /metrics. These have neither key, except where
    nobody has to sign in. /login, /login/…, and /logout are answered here and never reach the application. `/logout` by GET is a
    page with a button, so that pages need a link alone. Only `http` and `lifespan` reach the application; a websocket is refused.

    Answers for a person get `cache-control: private, no-cache` where the application says nothing stricter.

    `passwords` and `clock` are for tests. Raises TollhouseError where the server must not start: listening beyond loopback
    without authentication, damaged accounts, an unreadable secret, an access log that cannot be written.
    """
    require_authentication(host, settings)
    door = Authentication(app, settings, passwords or Passwords(), clock)
    try:
        file = AccessFile(settings.access_log_path)
    except TollhouseError as error:
        if not door.is_open:
            raise
        LOG.warning("%s; served without an access log", error)  # a home that may only be read
        return door
    if not is_loopback_host(host) and not settings.access.is_https and settings.access.user_header is None:
        LOG.warning(
            "passwords and pages go over the network unencrypted: put a server with HTTPS before this one and set "
            "TOLLHOUSE_SERVE_HTTPS=yes"
        )
    return AccessLog(door, file, settings.access)


def require_authentication(host: str, settings: Settings) -> None:
    """Raise UsageError where a server on this host would show everything to everybody who reaches it, TollhouseError where the
    accounts are damaged."""
    accounts = AccountsFile(settings).accounts()
    access = settings.access
    if is_loopback_host(host) or accounts or access.oidc_issuer is not None or access.user_header is not None:
        return
    raise UsageError(
        f"--host {host}: other machines reach this address, and nobody would have to sign in. Add an account first: `tollhouse users "
        "add NAME --role management`. Or set TOLLHOUSE_OIDC_ISSUER or TOLLHOUSE_PROXY_ADDRESS, or listen on 127.0.0.1"
    )


class Authentication:
    """Finds out who asks: by a session, by the header of a trusted proxy, or everybody is management."""

    def __init__(self, app: App, settings: Settings, passwords: Passwords, clock: Clock) -> None:
        self._app = app
        self._settings = settings
        self._access = settings.access
        self._passwords = passwords
        self._clock = clock
        self._accounts = AccountsFile(settings)
        self._with_sessions: App | None = None
        if not self.is_open and self._access.user_header is None:
            self._with_sessions = self._make_sessions()

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in. From the first account on it is not, and not again before the server is started anew."""
        if self._with_sessions is not None or self._access.user_header is not None:
            return False
        return self._access.oidc_issuer is None and not self._accounts.accounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its viewer, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no websockets here"})
            return
        try:
            answering = self._answering(scope)
        except TollhouseError as error:
            LOG.error("%s", error)
            answering = PlainTextResponse(
                "The accounts cannot be read; the log of the server says why.\n", HTTPStatus.SERVICE_UNAVAILABLE
            )
        await answering(scope, receive, send)

    def _answering(self, scope: Scope) -> App:
        """Who answers the request."""
        if self.is_open:
            if scope["path"] in (LOGIN, START, CALLBACK, LOGOUT):
                return _see_other("/")
            _admit(scope, Viewer(), can_sign_out=False)
            return self._app
        if needs_no_account(scope):
            return self._app
        if self._access.user_header is not None:
            return self._by_proxy(scope, self._access.user_header)
        if self._with_sessions is None:  # the first account was added while this server is at work
            self._with_sessions = self._make_sessions()
        return self._with_sessions

    def _by_proxy(self, scope: Scope, header: str) -> App:
        names = header_values(scope, header.lower())
        if not is_of_proxy(scope, self._access):
            scope[EVENT] = "refused"
            return _text(HTTPStatus.FORBIDDEN, "Open these pages by the address of the proxy; nobody signs in here.")
        if len(names) != 1 or not names[0].strip():
            scope[EVENT] = "refused"
            return _text(HTTPStatus.FORBIDDEN, "The proxy has not named one user.")
        name = names[0].strip().encode("latin-1").decode("utf-8", "replace")
        account = self._accounts.usable(name)
        if account is None:
            scope[EVENT] = "login_failed"
            scope[ACCOUNT] = _known(self._accounts, name)
            return fault_page(language_of(Request(scope), None), "no_account", HTTPStatus.FORBIDDEN)
        if scope["path"] in (LOGIN, START, CALLBACK, LOGOUT):
            return _see_other("/")
        _admit(scope, account.viewer, can_sign_out=False)
        return _keeping_private(self._app)

    def _make_sessions(self) -> App:
        inner = _SessionAuthentication(self._app, self._settings, self._accounts, self._passwords, self._clock)
        is_https = self._access.is_https
        return SessionMiddleware(
            inner,
            session_secret(self._settings),
            # A browser takes a name with this beginning from this server alone, by HTTPS, and for all of it.
            session_cookie="__Host-tollhouse" if is_https else "tollhouse",
            max_age=None,  # ends with the browser; Sessions ends it sooner
            same_site="lax",  # a stricter one would not come back from the provider
            https_only=is_https,
        )


class _SessionAuthentication:
    """Inside SessionMiddleware: signing in and out, and requests with a session."""

    def __init__(
        self, app: App, settings: Settings, accounts: AccountsFile, passwords: Passwords, clock: Clock
    ) -> None:
        self._app = app
        self._access = settings.access
        self._accounts = accounts
        self._passwords = passwords
        self._sessions = Sessions(accounts, settings.access.session_idle_minutes, clock)
        self._provider = None if settings.access.oidc_issuer is None else _provider(settings)
        self._lockout = LockOut(clock)
        # One password at a time: each takes 64 MiB, and none may slip past the count of those before it.
        self._checking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answering = await self._answering(request)
        except TollhouseError as error:
            LOG.error("%s", error)
            answering = _text(
                HTTPStatus.SERVICE_UNAVAILABLE, "The accounts cannot be read; the log of the server says why."
            )
        await answering(scope, receive, send)

    async def _answering(self, request: Request) -> App:
        path, method = request.scope["path"], request.method
        account = self._sessions.account(request.session)
        if path == LOGIN and method == "POST" and self._provider is None:
            return await self._log_in(request)
        if path == LOGIN and method in ("GET", "HEAD"):
            return self._login_page(request, account)
        if path == START and method == "GET" and self._provider is not None:
            return await self._to_provider(request, self._provider, account)
        if path == CALLBACK and method == "GET" and self._provider is not None:
            return await self._from_provider(request, self._provider)
        if path == LOGOUT and method in ("GET", "HEAD", "POST"):
            return await self._log_out(request, account)
        if path in (LOGIN, LOGOUT) or path.startswith(f"{LOGIN}/"):
            return _text(HTTPStatus.NOT_FOUND, "There is no such page.")
        if account is None:
            return _to_login(request)
        _admit(request.scope, account.viewer, can_sign_out=True)
        return _keeping_private(self._app)

    def _login_page(self, request: Request, account: Account | None) -> Response:
        target = local_target(request.query_params.get("next", "/"))
        if account is not None:
            return _see_other(target)
        language = language_of(request, request.query_params.get("lang"))
        is_provided = self._provider is not None
        return login_page(language, target, token=form_token(request.session), provider=is_provided)

    async def _log_in(self, request: Request) -> Response:
        form = await _form(request)
        if form is None:
            return _text(HTTPStatus.BAD_REQUEST, "The form cannot be read.")
        language, target = language_of(request, form.get("lang")), local_target(form.get("next", "/"))
        if not is_own_form(request.session, form.get("token", "")):
            token = form_token(request.session)
            return login_page(language, target, token=token, fault="form", status=HTTPStatus.FORBIDDEN)
        name, address = form.get("name", "").strip()[:64], client_address(request.scope, self._access)
        scope = request.scope
        scope[EVENT], scope[ACCOUNT] = "login", _known(self._accounts, name)
        async with self._checking:
            wait = self._lockout.wait_seconds(name, address)
            account = None if wait else await self._with_password(name, form.get("password", ""))
            if account is not None:
                self._lockout.note_success(name)
            elif not wait:
                self._lockout.note_failure(name, address)
        if account is not None:
            self._sessions.begin(request.session, account)
            return _see_other(target)
        token = form_token(request.session)
        if wait:
            scope[EVENT] = "login_refused"
            response = login_page(
                language, target, token=token, name=name, fault="wait", minutes=-(-wait // 60),
                status=HTTPStatus.TOO_MANY_REQUESTS,
            )  # fmt: skip
            response.headers["retry-after"] = str(wait)
            return response
        scope[EVENT] = "login_failed"
        return login_page(language, target, token=token, name=name, fault="wrong", status=HTTPStatus.FORBIDDEN)

    async def _with_password(self, name: str, password: str) -> Account | None:
        """The account whose password it is. Takes as long where there is no such account."""
        account = self._accounts.usable(name)
        kept = None if account is None else account.password_hash
        if not await asyncio.to_thread(self._passwords.is_right, kept, password) or account is None or kept is None:
            return None
        if self._passwords.is_outdated(kept):
            try:
                newer = await asyncio.to_thread(self._passwords.hash, password)
                await asyncio.to_thread(self._accounts.rehash, account, newer)
            except TollhouseError as error:  # signing in needs no writing
                LOG.warning("the hash of a password cannot be made again: %s", error)
        return account

    async def _to_provider(self, request: Request, provider: Provider, account: Account | None) -> Response:
        from orchestration.access.oidc import SignInRefused

        target = local_target(request.query_params.get("next", "/"))
        if account is not None:  # any page can lead here: it ends nobody's session
            return _see_other(target)
        request.session["next"] = target
        is_https = self._access.is_https or request.scope.get("scheme") == "https"
        back_to = f"{'https' if is_https else 'http'}://{request.headers.get('host', '')}{CALLBACK}"
        try:
            return await provider.redirect(request, back_to)
        except SignInRefused:
            return fault_page(language_of(request, None), "refused", HTTPStatus.BAD_GATEWAY)

    async def _from_provider(self, request: Request, provider: Provider) -> Response:
        from orchestration.access.oidc import SignInRefused

        scope = request.scope
        target = local_target(str(request.session.pop("next", "/")))
        scope[EVENT] = "login_failed"
        try:
            name = await provider.claimed_name(request)
        except SignInRefused:
            return fault_page(language_of(request, None), "refused", HTTPStatus.FORBIDDEN)
        account = self._accounts.usable(name)
        scope[ACCOUNT] = _known(self._accounts, name)
        if account is None:
            return fault_page(language_of(request, None), "no_account", HTTPStatus.FORBIDDEN)
        scope[EVENT] = "login"
        self._sessions.begin(request.session, account)
        return _see_other(target)

    async def _log_out(self, request: Request, account: Account | None) -> Response:
        if account is None:
            return _see_other(LOGIN)
        scope = request.scope
        scope[ACCOUNT] = account.name
        token = form_token(request.session)
        if request.method != "POST":
            return logout_page(language_of(request, request.query_params.get("lang")), token=token, name=account.name)
        form = await _form(request) or {}
        if not is_own_form(request.session, form.get("token", "")):
            language = language_of(request, form.get("lang"))
            return logout_page(language, token=token, name=account.name, fault="form", status=HTTPStatus.FORBIDDEN)
        scope[EVENT] = "logout"
        self._sessions.end(request.session)
        return _see_other(LOGIN)


def needs_no_account(scope: Scope) -> bool:
    """Whether the request is answered without knowing who asks: health, assets, and metrics for programs of this machine."""
    path = scope["path"]
    if path == METRICS:
        return is_of_this_machine(scope)
    raw_path: bytes = scope.get("raw_path") or b""
    return path == HEALTH or _ASSET.fullmatch(raw_path) is not None


def local_target(target: str) -> str:
    """Where to go after signing in: a path of this server, else its first page."""
    is_local = target.startswith("/") and not target.startswith("//") and "\\" not in target
    is_plain = target.isascii() and target.isprintable() and " " not in target
    return target if is_local and is_plain and not target.startswith((LOGIN, LOGOUT)) else "/"


def _admit(scope: Scope, viewer: Viewer, *, can_sign_out: bool) -> None:
    scope["viewer"] = viewer
    scope[SIGNED_IN] = SignedIn(can_sign_out)


def _to_login(request: Request) -> Response:
    """Pages lead to the form; whatever else is asked gets words."""
    name = request.scope["path"].rpartition("/")[2]
    accepted = request.headers.get("accept", "*/*")
    is_page = (
        request.method in ("GET", "HEAD")
        and request.scope["path"] != METRICS
        and ("." not in name or name.endswith(".html"))
        and ("text/html" in accepted or "*/*" in accepted)
        and request.headers.get("sec-fetch-dest", "document") == "document"
    )
    if not is_page:
        return _text(HTTPStatus.UNAUTHORIZED, "Sign in first: open /login with a browser.")
    raw_path: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    target = raw_path.decode("ascii", "replace") + (f"?{request.url.query}" if request.url.query else "")
    return _see_other(f"{LOGIN}?{urlencode({'next': local_target(target)})}")


def _see_other(target: str) -> Response:
    return RedirectResponse(target, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})


def _text(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status, {"cache-control": "no-store"})


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a posted form, the first of each; None where it is none, or too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return None
    body = await request.body()
    if len(body) > _MOST_FORM_BYTES:
        return None
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


def _known(accounts: AccountsFile, name: str) -> str:
    """The name for the log where it is one of an account. Others are not written: a password may be typed in the wrong field."""
    return name if name in accounts.accounts() else ""


def _keeping_private(app: App) -> App:
    """The application, whose answers no cache between it and the browser may keep."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                said = b",".join(value for name, value in headers if name.lower() == b"cache-control")
                if b"no-store" not in said and b"private" not in said:
                    headers = [one for one in headers if one[0].lower() != b"cache-control"]
                    message = {**message, "headers": [*headers, (b"cache-control", b"private, no-cache")]}
            await send(message)

        await app(scope, receive, sending)

    return answering


def _provider(settings: Settings) -> Provider:
    # Only who has a provider waits for its library, and sees what that library warns of.
    from orchestration.access.oidc import Provider

    return Provider(settings.access)
