"""Pages with one sentence, in both languages, for what has no page of its own: what is missing, and what to do."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from starlette.responses import Response

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Tollhouse</title>
<style>body {{ font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
margin: 12vh auto; max-width: 38em; padding: 0 16px; line-height: 1.6; }}</style></head>
<body><main><h1>Tollhouse</h1><p>{zh}</p><p lang="en">{en}</p><p><a href="/">Tollhouse</a></p></main></body></html>
"""


class Unavailable(Exception):
    """What is asked for cannot be shown or made: the status and a sentence in each language."""

    def __init__(self, status: HTTPStatus, zh: str, en: str) -> None:
        super().__init__(en)
        self.status, self.zh, self.en = status, zh, en


def message(status: int, zh: str, en: str, **headers: str) -> Response:
    """An answer with a page of one sentence, which no browser keeps."""
    content = _PAGE.format(zh=escape(zh), en=escape(en))
    fields = {"cache-control": "no-store", "content-security-policy": _POLICY, **headers}
    return Response(content, status, fields, "text/html; charset=utf-8")
