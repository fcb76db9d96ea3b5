"""Settings from the environment (SPEC: commands and settings) and the places of the state they imply.

The environment is read where a command begins, and where Dagster loads the definitions. A run has its settings from there:
`run_values` are the configuration of its resource.
"""

from __future__ import annotations

import grp
import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orchestration.access_settings import AccessSettings
from orchestration.alert_settings import AlertSettings
from orchestration.allowed_hosts import allowed_host
from orchestration.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
#: Whether the code is in a checkout, beside its lock file, and not in an installed wheel.
IS_CHECKOUT = (PROJECT_ROOT / "requirements.lock").is_file()

_MEMORY = re.compile(r"^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$", re.IGNORECASE)
#: Of the memory that a run may use; the rest is for Python, the process of the gates and what the engine does not count.
ENGINE_SHARE_PERCENT = 60
# Dagster names its databases by URLs, and finds them by patterns.
_UNFIT_FOR_HOME = "%?*[]"
# Of TOLLHOUSE_PRUNE_PACK_AFTER_DAYS: landed files stay as they came.
NEVER = "never"
LOG_FORMATS = ("text", "json")
#: Whether Dagster's schedule and inbox sensor are on at first; `tollhouse ui` starts them, unless the environment has `stopped`.
AUTOMATIONS = ("stopped", "running")
LANGUAGES = ("en", "zh")
_PERIOD = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Settings:
    """Where the state is kept, and the limits of a run. All paths are absolute."""

    home: Path
    reference: Path
    sources_file: Path | None
    memory_limit: str | None
    threads: int
    first_billing_period: str | None
    time_zone: str = "Asia/Shanghai"  # of the billing area's wall clock, which all times are of
    today: date | None = None  # replaces the machine's day
    group: str | None = None  # the group of users that may read the state; None: only its owner
    allowed_hosts: tuple[str, ...] = ()  # under which `serve` and `ui` answer besides this machine's own names
    automation: str = (
        "stopped"  # state of the nightly run and the inbox sensor where no person has switched them: stopped or running
    )
    log_format: str = "text"  # of what commands write to standard error: text or json
    language: str = "en"  # of what status, files, explain and quote print: en or zh
    prune_keep: int = 30  # how many of the newest editions `prune` keeps in any case
    prune_pack_after_days: int | None = 90  # from when on it packs landed files; None: never
    dagster_url: str = "http://127.0.0.1:3000"  # where pages lead to for the lineage of a table: Dagster's UI
    site_calls: str = "no"  # yes: the static site of an edition shows single calls too
    pdf_font: Path | None = None  # for PDF files; None: the first that is found on the machine
    alerts: AlertSettings = field(default_factory=AlertSettings)
    access: AccessSettings = field(default_factory=AccessSettings)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read TOLLHOUSE_HOME, _REFERENCE, _SOURCES, _MEMORY_LIMIT, _THREADS, _FIRST_BILLING_PERIOD, _TIME_ZONE, _TODAY, _GROUP,
        _ALLOWED_HOSTS, _AUTOMATION, _LOG, _LANG, _PRUNE_KEEP, _PRUNE_PACK_AFTER_DAYS, _UI_URL, _SITE_CALLS, _PDF_FONT and
        those of alerts (TOLLHOUSE_ALERT_…) and of signing in (AccessSettings).

        Raises UsageError naming the variable where a value cannot be used.
        """
        env = os.environ if environment is None else environment
        memory_limit = env.get("TOLLHOUSE_MEMORY_LIMIT") or None
        if memory_limit and not _MEMORY.match(memory_limit):
            raise UsageError(
                f"TOLLHOUSE_MEMORY_LIMIT: '{memory_limit}' is not a valid size; write it like 2GB or 512MiB"
            )
        threads_text = env.get("TOLLHOUSE_THREADS") or str(os.cpu_count() or 1)
        if not threads_text.isdigit() or int(threads_text) < 1:
            raise UsageError(
                f"TOLLHOUSE_THREADS: '{threads_text}' is not a valid number of threads; use a whole number, 1 or more"
            )
        first_period = env.get("TOLLHOUSE_FIRST_BILLING_PERIOD") or None
        if first_period and not _PERIOD.match(first_period):
            raise UsageError(
                f"TOLLHOUSE_FIRST_BILLING_PERIOD: '{first_period}' is not a valid period; write it like 2026-03"
            )
        today_text = env.get("TOLLHOUSE_TODAY") or None
        try:
            today = date.fromisoformat(today_text) if today_text else None
        except ValueError:
            raise UsageError(f"TOLLHOUSE_TODAY: '{today_text}' is not a valid date; write it like 2026-05-20") from None
        group = env.get("TOLLHOUSE_GROUP") or None
        if group is not None and group not in {known.gr_name for known in grp.getgrall()}:
            raise UsageError(f"TOLLHOUSE_GROUP: '{group}' is not a group of this machine; `getent group` lists them")
        sources = env.get("TOLLHOUSE_SOURCES") or None
        home = _absolute(env["TOLLHOUSE_HOME"]) if env.get("TOLLHOUSE_HOME") else _usual_home()
        unfit = [char for char in _UNFIT_FOR_HOME if char in str(home)]
        if unfit:
            raise UsageError(
                f"TOLLHOUSE_HOME: the path {home} holds '{unfit[0]}', which databases take for a part of an address; "
                "name a folder without it"
            )
        return cls(
            home=home,
            reference=_absolute(env.get("TOLLHOUSE_REFERENCE") or str(PROJECT_ROOT / "seeds" / "reference")),
            sources_file=_absolute(sources) if sources else None,
            memory_limit=memory_limit,
            threads=int(threads_text),
            first_billing_period=first_period,
            time_zone=cls.time_zone_of(env),
            today=today,
            group=group,
            allowed_hosts=cls.allowed_hosts_of(env),
            automation=cls.automation_of(env),
            log_format=cls.log_format_of(env),
            language=cls.language_of(env),
            prune_keep=_whole_number(env, "TOLLHOUSE_PRUNE_KEEP", cls.prune_keep, least=1),
            prune_pack_after_days=(
                None
                if env.get("TOLLHOUSE_PRUNE_PACK_AFTER_DAYS") == NEVER
                else _whole_number(
                    env, "TOLLHOUSE_PRUNE_PACK_AFTER_DAYS", cls.prune_pack_after_days or 0, f", or {NEVER}"
                )
            ),
            dagster_url=_web_address(env, "TOLLHOUSE_UI_URL", cls.dagster_url),
            site_calls=_yes_or_no(env, "TOLLHOUSE_SITE_CALLS", cls.site_calls),
            pdf_font=_absolute(env["TOLLHOUSE_PDF_FONT"]) if env.get("TOLLHOUSE_PDF_FONT") else None,
            alerts=AlertSettings.from_environment(env),
            access=AccessSettings.from_environment(env),
        )

    @property
    def run_values(self) -> dict[str, str | int | None]:
        """What a run depends on, as plain values: the configuration of its resource. Alerts and servers have settings of their own."""
        return {
            "home": str(self.home),
            "reference": str(self.reference),
            "sources_file": None if self.sources_file is None else str(self.sources_file),
            "memory_limit": self.memory_limit,
            "threads": self.threads,
            "first_billing_period": self.first_billing_period,
            "time_zone": self.time_zone,
            "today": None if self.today is None else self.today.isoformat(),
            "group": self.group,
            "dagster_url": self.dagster_url,
            "site_calls": self.site_calls,
        }

    @classmethod
    def of_run(cls, values: Mapping[str, Any]) -> Settings:
        """The settings of a run by its `run_values`."""
        sources, today = values["sources_file"], values["today"]
        return cls(
            home=Path(values["home"]),
            reference=Path(values["reference"]),
            sources_file=Path(sources) if sources else None,
            memory_limit=values["memory_limit"],
            threads=values["threads"],
            first_billing_period=values["first_billing_period"],
            time_zone=values["time_zone"],
            today=date.fromisoformat(today) if today else None,
            group=values["group"],
            dagster_url=values["dagster_url"],
            site_calls=values["site_calls"],
        )

    @classmethod
    def time_zone_of(cls, environment: Mapping[str, str] | None = None) -> str:
        """The branch's time zone. Raises UsageError where TOLLHOUSE_TIME_ZONE names none."""
        env = os.environ if environment is None else environment
        time_zone = env.get("TOLLHOUSE_TIME_ZONE") or cls.time_zone
        if time_zone not in zoneinfo.available_timezones():
            raise UsageError(
                f"TOLLHOUSE_TIME_ZONE: '{time_zone}' is not a valid time zone; write it like Asia/Shanghai"
            )
        return time_zone

    @classmethod
    def allowed_hosts_of(cls, environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The names of TOLLHOUSE_ALLOWED_HOSTS. Raises UsageError where one of them is not a name of a server."""
        env = os.environ if environment is None else environment
        names = tuple(name.strip() for name in (env.get("TOLLHOUSE_ALLOWED_HOSTS") or "").split(",") if name.strip())
        for name in names:
            try:
                allowed_host(name)
            except UsageError as error:
                raise UsageError(f"TOLLHOUSE_ALLOWED_HOSTS: {error}") from None
        return names

    @classmethod
    def automation_of(cls, environment: Mapping[str, str] | None = None) -> str:
        """stopped or running. Raises UsageError where TOLLHOUSE_AUTOMATION is neither."""
        env = os.environ if environment is None else environment
        automation = env.get("TOLLHOUSE_AUTOMATION") or cls.automation
        if automation not in AUTOMATIONS:
            raise UsageError(f"TOLLHOUSE_AUTOMATION: '{automation}' is not valid; write {' or '.join(AUTOMATIONS)}")
        return automation

    @classmethod
    def log_format_of(cls, environment: Mapping[str, str] | None = None) -> str:
        """text or json. Raises UsageError where TOLLHOUSE_LOG is neither."""
        env = os.environ if environment is None else environment
        log_format = env.get("TOLLHOUSE_LOG") or cls.log_format
        if log_format not in LOG_FORMATS:
            raise UsageError(f"TOLLHOUSE_LOG: '{log_format}' is not a form of log; write {' or '.join(LOG_FORMATS)}")
        return log_format

    @classmethod
    def language_of(cls, environment: Mapping[str, str] | None = None) -> str:
        """en or zh. Raises UsageError where TOLLHOUSE_LANG is neither."""
        env = os.environ if environment is None else environment
        language = env.get("TOLLHOUSE_LANG") or cls.language
        if language not in LANGUAGES:
            raise UsageError(
                f"TOLLHOUSE_LANG: '{language}' is not a language of Tollhouse; write {' or '.join(LANGUAGES)}"
            )
        return language

    @property
    def memory_bytes(self) -> int:
        """What a run may use of memory: the limit, else four fifths of the machine's, as the engine takes it."""
        limit = self._limit_bytes()
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 4 // 5 if limit is None else limit

    @property
    def file_memory_bytes(self) -> int:
        """What of it reading one file in Python may take: what the engine does not."""
        return self.memory_bytes * (100 - ENGINE_SHARE_PERCENT) // 100

    @property
    def engine_memory_limit(self) -> str | None:
        """What of `memory_limit` the engine may hold, in bytes as it reads them; None where nothing is limited."""
        limit = self._limit_bytes()
        return None if limit is None else f"{limit * ENGINE_SHARE_PERCENT // 100}B"

    def _limit_bytes(self) -> int | None:
        found = _MEMORY.match(self.memory_limit or "")
        if found is None:
            return None
        unit = found[2].upper()
        return int(Decimal(found[1]) * (1024 if "I" in unit else 1000) ** "BKMGT".index(unit[0]))

    @property
    def inbox(self) -> Path:
        """The default sources' folder: cdr/<switch_id>, bank/<bank_code>, customers."""
        return self.home / "inbox"

    @property
    def ledger_path(self) -> Path:
        """The file ledger (SQLite)."""
        return self.home / "ledger.sqlite"

    @property
    def landing(self) -> Path:
        """Delivered files as they came, `<source>/<file_id>/<file name>`."""
        return self.home / "landing"

    @property
    def raw(self) -> Path:
        """Typed Parquet, one file per source file."""
        return self.home / "raw"

    @property
    def warehouse_path(self) -> Path:
        """The one DuckDB file; only a run opens it."""
        return self.home / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Editions, blocked runs and the pointer current.json."""
        return self.home / "published"

    @property
    def notices(self) -> Path:
        """The branch's notices in Markdown, which the site shows."""
        return self.home / "notices"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"

    @property
    def accounts_path(self) -> Path:
        """Who may sign in (JSON, with hashes of passwords)."""
        return self.home / "accounts.json"

    @property
    def session_secret_path(self) -> Path:
        """What the cookies of sessions are signed with."""
        return self.home / "session.secret"

    @property
    def access_log_path(self) -> Path:
        """Who has asked for what."""
        return self.home / "logs" / "access.log"

    @property
    def lock_path(self) -> Path:
        """Held while a run is in progress."""
        return self.home / "run.lock"


def _whole_number(
    environment: Mapping[str, str], variable: str, default: int, other: str = "", *, least: int = 0
) -> int:
    text = environment.get(variable) or str(default)
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise UsageError(f"{variable}: '{text}' is not a whole number from {least}; write it like {default}{other}")
    return int(text)


def _yes_or_no(environment: Mapping[str, str], variable: str, default: str) -> str:
    text = environment.get(variable) or default
    if text not in ("yes", "no"):
        raise UsageError(f"{variable}: '{text}' is not valid; write yes or no")
    return text


def _web_address(environment: Mapping[str, str], variable: str, default: str) -> str:
    text = environment.get(variable) or default
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(text) & set("\"'<> "):
        raise UsageError(f"{variable}: '{text}' is not the address of a web page; write it like {default}")
    return text


def home_here() -> Path:
    """The home of an installed wheel where TOLLHOUSE_HOME is not set: var/ in the working folder, which the demo makes."""
    return Path.cwd() / "var"


def _usual_home() -> Path:
    """var/ of the checkout. Of an installed wheel var/ in the working folder, where it is there already: a run that is started
    elsewhere must not begin a second home. Raises UsageError where it is not."""
    if IS_CHECKOUT:
        return PROJECT_ROOT / "var"
    if not home_here().is_dir():
        raise UsageError(
            f"TOLLHOUSE_HOME is not set, and there is no folder {home_here()}; set it to the folder of all state. "
            "`tollhouse init DIR` makes one for your own branch, `tollhouse demo` one for the demo city"
        )
    return home_here()


def _absolute(text: str) -> Path:
    return Path(text).expanduser().absolute()
