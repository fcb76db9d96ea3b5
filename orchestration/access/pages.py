"""The pages of signing in and out, in Chinese and English, without script. When they are shown is in authentication.py."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboards.i18n import LANGUAGES, Translate

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_TAGS = {"zh": "zh-CN", "en": "en"}


def language_of(request: Request, asked: str | None) -> str:
    """zh or en: the one asked for, else the one that the browser prefers, else zh."""
    if asked in LANGUAGES:
        return asked
    preferred = [
        part.split(";")[0].strip().lower()[:2] for part in request.headers.get("accept-language", "").split(",")
    ]
    return next((language for language in preferred if language in LANGUAGES), LANGUAGES[0])


def login_page(
    language: str, target: str, *, token: str, name: str = "", fault: str = "", provider: bool = False,
    status: int = HTTPStatus.OK, minutes: int = 0,
) -> HTMLResponse:  # fmt: skip
    """The form for name and password, or with `provider` the way to it. `fault` is the key of what was wrong."""
    provider_href = "/login/start?" + urlencode({"next": target}) if provider else ""
    values = {"token": token, "next": target, "name": name, "provider_href": provider_href}
    return _page(
        "login.html", language, "login.title", f"/login?{urlencode({'next': target})}&", fault, status, values, minutes
    )


def logout_page(language: str, *, token: str, name: str, fault: str = "", status: int = HTTPStatus.OK) -> HTMLResponse:
    """The form that ends the session."""
    return _page("logout.html", language, "login.title_out", "/logout?", fault, status, {"token": token, "name": name})


def fault_page(language: str, fault: str, status: int) -> HTMLResponse:
    """What was wrong, and a way to try again."""
    return _page("message.html", language, "login.title", "/login?", fault, status, {})


def _page(
    template: str, language: str, title: str, href: str, fault: str, status: int, values: Mapping[str, Any], minutes: int = 0
) -> HTMLResponse:  # fmt: skip
    t = Translate.to(language)
    other = next(one for one in LANGUAGES if one != language)
    content = _environment().get_template(template).render(
        t=t,
        title=t(title),
        fault=t(f"login.{fault}", minutes=str(minutes)) if fault else "",
        language=language,
        language_tag=_TAGS[language],
        other_language_tag=_TAGS[other],
        other_language_name=Translate.to(other)("language_name"),
        other_language_href=f"{href}lang={other}",
        **values,
    )  # fmt: skip
    headers = {
        "content-security-policy": _policy(),
        "cache-control": "no-store",
        # With the guard's own `no-referrer` a browser posts a form as of no origin, which the guard refuses.
        "referrer-policy": "same-origin",
    }
    return HTMLResponse(content, status, headers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )


@cache
def _policy() -> str:
    style = _environment().get_template("base.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
