"""`report_mails.yml` in the home: which page goes to whom, for which role and scope, and on which days. docs/operations.md explains it.

Nothing is drawn or sent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from dashboards.params import Params
from dashboards.site_map import BY_NAME
from orchestration.access.accounts import refuse_lacking_scope
from orchestration.access.roles import Role, Scope, Viewer
from orchestration.alert_settings import mail_address
from orchestration.declarations import Declared, Fault, Says, read_declared
from orchestration.errors import UsageError
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text

MAILS_FILE = "report_mails.yml"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_DAY = 28
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _mail_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("write up to 40 letters, digits, - and _")
    return name


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('write a time in quotes, as "07:00"')
    return text


def _page(name: str) -> str:
    if name not in BY_NAME:
        raise ValueError(f"there is no page {name}; there are {', '.join(BY_NAME)}")
    return name


def _address(address: str) -> str:
    try:
        return mail_address("to", address)
    except UsageError as error:
        raise ValueError(str(error).removeprefix("to: ")) from error


class ReportMail(Declared):
    """A page that is mailed. Its receivers see what an account of this role and scope sees, but never single calls."""

    name: Annotated[str, AfterValidator(_mail_name)]
    page: Annotated[str, AfterValidator(_page)]
    to: Annotated[
        list[Annotated[str, AfterValidator(_address)]], Field(min_length=1), Says("write a list of e-mail addresses")
    ]
    role: Annotated[
        Literal["management", "finance", "engineer", "analyst", "outlet", "agent"],
        Says("write management, finance, engineer, analyst, outlet or agent"),
    ] = "management"
    units: Annotated[list[str], Says("write a list of ids")] = Field(default_factory=list)
    outlets: Annotated[list[str], Says("write a list of ids")] = Field(default_factory=list)
    agents: Annotated[list[str], Says("write a list of ids")] = Field(default_factory=list)
    filters: dict[str, str] = Field(default_factory=dict)
    language: Literal["zh", "en"] = "zh"
    #: daily, a day of the week, or a day of the month up to the 28th.
    day: Annotated[
        Literal["daily", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        | Annotated[int, Field(ge=1, le=_LAST_DAY)],
        Says(f"write daily, a day of the week as monday, or a day of the month from 1 to {_LAST_DAY}"),
    ] = "daily"
    time: Annotated[str, AfterValidator(_time_of_day)] = "07:00"

    def faults(self) -> Iterator[Fault]:
        """A role without the scope that it needs, a page that is not for the role, a filter that the page does not have."""
        spec = BY_NAME[self.page]
        try:
            refuse_lacking_scope(self.viewer.role, self.viewer.scope)
        except UsageError:
            needed = "outlets" if self.role == "outlet" else "agents"
            yield ("role",), f"the role {self.role} needs {needed}: it sees nothing without"
        if not spec.is_for(self.viewer):
            yield ("page",), f"the page {self.page} is not for the role {self.role}"
        for name in self.filters:
            if name not in spec.params:
                has = ", ".join(spec.params) or "none"
                yield ("filters", name), f"the page {self.page} has no such filter; it has {has}"

    @property
    def viewer(self) -> Viewer:
        """As whom the page is drawn."""
        scope = Scope(frozenset(self.units), frozenset(self.outlets), frozenset(self.agents))
        return Viewer(Role(self.role), scope, with_calls=False)

    @property
    def params(self) -> Params:
        """The page's filters and language."""
        return Params(self.language, dict(self.filters))

    def last_day_until(self, today: date) -> date:
        """The newest day up to today on which the mail goes."""
        if self.day == "daily":
            return today
        if isinstance(self.day, int):
            this_month = today.replace(day=self.day)
            return (
                this_month if this_month <= today else (today.replace(day=1) - timedelta(days=1)).replace(day=self.day)
            )
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(self.day)) % 7)


class _MailsFile(Declared):
    """The file: a list of mails."""

    mails: list[ReportMail]

    def faults(self) -> Iterator[Fault]:
        """Two mails of one name."""
        names = [mail.name for mail in self.mails]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield ("mails", number, "name"), f"there are two mails {name}; give each a name of its own"


_FILE = TypeAdapter(_MailsFile)


def load_report_mails(home: Path) -> tuple[ReportMail, ...]:
    """The declared mails of a home; none where it has no such file. Raises UsageError with every fault of the file."""
    path = home / MAILS_FILE
    try:
        text = read_text(path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return tuple(read_declared(path, parse_yaml(path, text), _FILE).mails)
