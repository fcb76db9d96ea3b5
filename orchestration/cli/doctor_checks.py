"""What `tollhouse doctor` looks at. Nothing is changed by looking, and a check that fails stops no other."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from shlex import quote

from orchestration.branch_clock import shown_time
from orchestration.cli.doctor_state_checks import STATE_CHECKS
from orchestration.cli.findings import ERROR, MOST_SHOWN, OK, WARN, Finding
from orchestration.errors import TollhouseError, UsageError
from orchestration.runtime.run_record import ending, load_record
from orchestration.settings import IS_CHECKOUT, Settings
from orchestration.state.places import PlaceFault, place_faults, unreadable_paths
from orchestration.state.restore_mark import FILE_NAME as RESTORE_MARK
from orchestration.state.restore_mark import STAGING, refuse_half_restored
from orchestration.storage.file_modes import open_to_others

_PACKAGES = (
    "dagster",
    "dagster-dbt",
    "dagster-webserver",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "duckdb-sqlalchemy",
    "fsspec",
    "great-expectations",
    "pandas",
    "plotly",
    "pyarrow",
    "pyyaml",
    "rich",
    "zstandard",
)
_SETTINGS = {
    "TOLLHOUSE_HOME": "home",
    "TOLLHOUSE_REFERENCE": "reference",
    "TOLLHOUSE_SOURCES": "sources_file",
    "TOLLHOUSE_MEMORY_LIMIT": "memory_limit",
    "TOLLHOUSE_THREADS": "threads",
    "TOLLHOUSE_FIRST_BILLING_PERIOD": "first_billing_period",
    "TOLLHOUSE_TIME_ZONE": "time_zone",
    "TOLLHOUSE_TODAY": "today",
    "TOLLHOUSE_GROUP": "group",
    "TOLLHOUSE_ALLOWED_HOSTS": "allowed_hosts",
    "TOLLHOUSE_AUTOMATION": "automation",
    "TOLLHOUSE_LOG": "log_format",
    "TOLLHOUSE_LANG": "language",
    "TOLLHOUSE_SERVE_HTTPS": "access.https",
    "TOLLHOUSE_SESSION_IDLE_MINUTES": "access.session_idle_minutes",
    "TOLLHOUSE_PROXY_ADDRESS": "access.proxy_address",
    "TOLLHOUSE_PROXY_USER_HEADER": "access.proxy_user_header",
    "TOLLHOUSE_OIDC_ISSUER": "access.oidc_issuer",
    "TOLLHOUSE_OIDC_CLIENT_ID": "access.oidc_client_id",
    "TOLLHOUSE_OIDC_CLIENT_SECRET": "access.oidc_client_secret",
    "TOLLHOUSE_OIDC_CLIENT_SECRET_FILE": "access.oidc_client_secret",
    "TOLLHOUSE_OIDC_USER_CLAIM": "access.oidc_user_claim",
    "TOLLHOUSE_PRUNE_KEEP": "prune_keep",
    "TOLLHOUSE_PRUNE_PACK_AFTER_DAYS": "prune_pack_after_days",
    "TOLLHOUSE_ALERT_EMAIL_TO": "alerts.email_to",
    "TOLLHOUSE_ALERT_EMAIL_FROM": "alerts.email_from",
    "TOLLHOUSE_ALERT_SMTP": "alerts.smtp",
    "TOLLHOUSE_ALERT_SMTP_SECURITY": "alerts.smtp_security",
    "TOLLHOUSE_ALERT_SMTP_USER": "alerts.smtp_user",
    "TOLLHOUSE_ALERT_SMTP_PASSWORD": "alerts.smtp_password",
    "TOLLHOUSE_ALERT_SMTP_PASSWORD_FILE": "alerts.smtp_password",
    "TOLLHOUSE_ALERT_WEBHOOK": "alerts.webhook",
    "TOLLHOUSE_ALERT_WEBHOOK_FILE": "alerts.webhook",
    "TOLLHOUSE_ALERT_NO_FILE_HOURS": "alerts.no_file_hours",
}
_FOR_TESTS = {"TOLLHOUSE_SAMPLES"}
_OLDEST_PYTHON, _FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)
if IS_CHECKOUT:
    _PYTHON_ADVICE = "`make clean setup` with it first in PATH"
    _PACKAGE_ADVICE = "`make setup` installs what is locked"
else:
    _PYTHON_ADVICE = "install the wheel into an environment of it"
    _PACKAGE_ADVICE = "install the wheel again: `pip install --force-reinstall` and the wheel's name"
_SCANTY_BYTES, _TOO_FEW_BYTES = 2 * 1024**3, 256 * 1024**2


def examine(is_deep: bool = False) -> list[Finding]:
    """Every finding, those on the machine first. Without usable settings the state cannot be looked at. `is_deep` reads and
    hashes every file of the state."""
    findings = [*_python(), *_packages()]
    try:
        settings = Settings.from_environment()
    except UsageError as error:
        return [*findings, Finding("settings", ERROR, str(error), "correct the variable", error.exit_code)]
    findings += _settings(settings)
    findings += _look("home", _home, settings)
    unfit, shown = _places(settings)
    findings += shown
    for check, look in _OF_THE_HOME.items():
        findings += _barred(check, unfit, settings) or _look(check, look, settings)
    for check, look_at in STATE_CHECKS.items():
        findings += _barred(check, unfit, settings) or _look(check, look_at, settings, is_deep)
    return findings


def _places(settings: Settings) -> tuple[list[PlaceFault], list[Finding]]:
    """The places of the home that have the wrong kind or may not be used, and the findings about them."""
    unfit = place_faults(settings)
    if not any(fault.path == settings.home for fault in unfit):
        known = {fault.path for fault in unfit}
        unfit += [fault for fault in unreadable_paths(settings) if fault.path not in known]
    shown = [Finding("places", ERROR, fault.found, fault.advice) for fault in unfit[:MOST_SHOWN]]
    if len(unfit) > MOST_SHOWN:
        shown.append(Finding("places", ERROR, f"and {len(unfit) - MOST_SHOWN} more", unfit[MOST_SHOWN].advice))
    sound = Finding("places", OK, "every file and folder is what it should be and can be read")
    return unfit, shown or [sound]


def _barred(check: str, unfit: list[PlaceFault], settings: Settings) -> list[Finding]:
    """That a check cannot look, where what it looks at is unfit."""
    if check not in _LOOKED_AT:
        return []
    needed = [settings.home / name for name in _LOOKED_AT[check]]
    for fault in unfit:
        if fault.path == settings.home or any(fault.path.is_relative_to(path) for path in needed):
            return [Finding(check, WARN, f"not looked at: see places, {fault.path}", "fix what is named there first")]
    return []


def _look(check: str, look: Callable[..., Iterator[Finding]], *arguments: object) -> list[Finding]:
    try:
        return list(look(*arguments))
    except TollhouseError as error:
        return [Finding(check, ERROR, str(error), "fix what the message names", error.exit_code)]
    except Exception as error:  # noqa: BLE001 - whatever is broken: the doctor reports it and goes on
        return [Finding(check, ERROR, f"cannot be looked at: {type(error).__name__}: {error}", "fix what it names")]


def _python() -> Iterator[Finding]:
    found = f"{platform.python_version()} at {sys.executable}"
    if _OLDEST_PYTHON <= sys.version_info[:2] < _FIRST_UNTRIED_PYTHON:
        yield Finding("python", OK, found)
    else:
        yield Finding("python", ERROR, found, f"use Python 3.11, 3.12 or 3.13: {_PYTHON_ADVICE}")


def _packages() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for name in ("tollhouse", *_PACKAGES):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding("packages", ERROR, f"{name} is not installed", _PACKAGE_ADVICE)
    yield Finding("packages", OK, ", ".join(found))
    try:
        rival = version("duckdb-engine")
    except PackageNotFoundError:
        return
    yield Finding(
        "packages",
        ERROR,
        f"duckdb-engine {rival} is installed and claims the same SQLAlchemy name as duckdb-sqlalchemy",
        f"`{sys.executable} -m pip uninstall duckdb-engine`",
    )


def _settings(settings: Settings) -> Iterator[Finding]:
    for variable, name in _SETTINGS.items():
        origin = "from the environment" if os.environ.get(variable) else "default"
        value = attrgetter(name)(settings)
        if isinstance(value, tuple):
            value = ", ".join(value) or None
        if variable.endswith("_FILE") and not os.environ.get(variable):
            value = None
        yield Finding("settings", OK, f"{variable} = {'not set' if value is None else value} ({origin})")
    for variable in sorted(set(os.environ) - set(_SETTINGS) - _FOR_TESTS):
        if variable.startswith("TOLLHOUSE_"):
            yield Finding(
                "settings", WARN, f"{variable} is not a setting and does nothing", "correct its name or unset it"
            )


def _home(settings: Settings) -> Iterator[Finding]:
    there = _nearest(settings.home)
    if not there.is_dir():
        yield Finding("home", ERROR, f"{there} is not a folder", "set TOLLHOUSE_HOME to a folder", UsageError.exit_code)
        return
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        advice = "give yourself the right to write there, or set another TOLLHOUSE_HOME"
        yield Finding("home", ERROR, f"{there} cannot be written to: {error.strerror}", advice)
        return
    yield Finding("home", OK, f"{settings.home} " + ("can be written to" if there == settings.home else "can be made"))


def _rights(settings: Settings) -> Iterator[Finding]:
    found = open_to_others(settings)
    if not found:
        yield Finding(
            "rights",
            OK,
            "nobody else can read the home"
            if settings.group is None
            else f"readable by the group {settings.group} alone",
        )
        return
    removed = "go-rwx" if settings.group is None else "g-w,o-rwx"
    home = quote(str(settings.home))
    advice = f"`chmod -R {removed}` on what it names; users who deliver files need `chmod o+x {home}` and rights on the inbox"
    for path in found[:MOST_SHOWN]:
        yield Finding(
            "rights",
            WARN,
            f"{path} can be read or written by other users ({stat.filemode(path.stat().st_mode)})",
            advice,
        )


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(_nearest(settings.home)).free
    found = f"{free / 1024**3:.1f} GiB free"
    advice = "make room: a run needs about as much as its files unpacked; `tollhouse prune` removes old editions"
    if free < _TOO_FEW_BYTES:
        yield Finding("disk", ERROR, found, advice)
    elif free < _SCANTY_BYTES:
        yield Finding("disk", WARN, found, advice)
    else:
        yield Finding("disk", OK, found)


def _book(settings: Settings) -> Iterator[Finding]:
    from orchestration.reference_book.reading import read_reference_book

    book = read_reference_book(settings.reference)
    rows = sum(len(rows) for rows in book.tables.values())
    if book.unfilled_fault is not None:
        advice = "fill them in, in this order; columns.md of `tollhouse init` describes every column"
        yield Finding("reference book", WARN, book.unfilled_fault, advice)
        return
    yield Finding("reference book", OK, f"{settings.reference}: {len(book.tables)} tables, {rows} rows")


def _accounts(settings: Settings) -> Iterator[Finding]:
    from orchestration.access.accounts import AccountsFile, refuse_unknown_ids
    from orchestration.reference_book.reading import read_reference_book

    accounts = AccountsFile(settings).accounts()
    if not accounts:
        yield Finding("accounts", OK, "none: `tollhouse serve` is for this machine alone, and asks nobody to sign in")
        return
    disabled = sum(account.is_disabled for account in accounts.values())
    yield Finding("accounts", OK, f"{len(accounts)}, {disabled} of them disabled")
    if all(account.scope.is_whole_branch for account in accounts.values()):
        return
    book = read_reference_book(settings.reference)
    for account in accounts.values():
        try:
            refuse_unknown_ids(account.scope, book)
        except UsageError as error:
            advice = f"`tollhouse users change {quote(account.name)}` with ids that are there"
            yield Finding("accounts", WARN, f"the account '{account.name}': {error}", advice)


def _sources(settings: Settings) -> Iterator[Finding]:
    from orchestration.ingestion.sources.declaration import unreachable_sources

    if settings.sources_file is None and not settings.inbox.is_dir():
        advice = "put files there (`tollhouse demo` makes some), or name other sources in TOLLHOUSE_SOURCES"
        yield Finding("sources", WARN, f"{settings.inbox} is not there", advice)
        return
    sources, faults = unreachable_sources(settings)
    for fault in faults:
        yield Finding("sources", ERROR, fault, "check the address, the credentials and the folder's rights")
    if not faults:
        yield Finding("sources", OK, f"{len(sources)} can be listed: {', '.join(source.name for source in sources)}")


def _leftovers(settings: Settings) -> Iterator[Finding]:
    from orchestration.publishing.editions import BUILDING
    from orchestration.publishing.manifest import BLOCKED, EDITIONS

    parents = (settings.published / EDITIONS, settings.published / BLOCKED, settings.home / "closed", settings.home)
    left = sorted(folder for parent in parents for folder in parent.glob(f"{BUILDING}*"))
    if os.path.lexists(settings.home / RESTORE_MARK):  # then it is not a leftover: the restore needs it
        left = [folder for folder in left if folder != settings.home / STAGING]
    if left and lock_holder(settings) is None:
        found = f"{len(left)} half-built folders of killed runs, the first {left[0]}"
        yield Finding("leftovers", WARN, found, "nothing to do: the next run that builds the same removes them")
    else:
        yield Finding("leftovers", OK, "none" if not left else "a run is building")


def _restore(settings: Settings) -> Iterator[Finding]:
    refuse_half_restored(settings.home)
    yield Finding("restore", OK, "none is unfinished")


def _lock(settings: Settings) -> Iterator[Finding]:
    holder = lock_holder(settings)
    if holder is not None:
        yield Finding("run lock", OK, f"a run is in progress: {holder}")
        return
    yield Finding("run lock", OK, "free")


def _last_run(settings: Settings) -> Iterator[Finding]:
    record = load_record(settings)
    if record is None:
        yield Finding("last run", OK, "there was none yet")
        return
    status, ended_by = ending(record, lock_holder(settings) is not None)
    begun = shown_time(record.started_at, settings.time_zone)
    found = f"{status}, begun {begun}" + (f": {ended_by}" if ended_by else "")
    if status in ("failed", "unfinished"):
        yield Finding("last run", WARN, found, "fix what it names, and `tollhouse run`: it goes on from what was kept")
    else:
        yield Finding("last run", OK, found)


def lock_holder(settings: Settings) -> str | None:
    """Who holds the run lock; None where nobody does. It is tried with a shared lock, which is released at once."""
    if not settings.lock_path.is_file():
        return None
    with settings.lock_path.open(encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip() or "another process"
        return None


def _nearest(path: Path) -> Path:
    """The path, or the nearest of its parents that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


#: What of the home the checks look at.
_LOOKED_AT: dict[str, tuple[str, ...]] = {
    "rights": (),
    "restore": (),
    "accounts": ("accounts.json",),
    "sources": ("inbox",),
    "leftovers": ("published", "closed"),
    "run lock": ("run.lock",),
    "last run": ("run.lock", "last_run.json"),
    "ledger": ("ledger.sqlite", "ledger.seal"),
    "formats": ("ledger.sqlite",),
    "landing": ("ledger.sqlite", "landing"),
    "raw rows": ("ledger.sqlite", "raw"),
    "closed periods": ("ledger.sqlite", "closed"),
    "warehouse": ("ledger.sqlite", "warehouse.duckdb", "warehouse.duckdb.wal", "run.lock"),
    "edition": ("ledger.sqlite", "published"),
    "earlier editions": ("published",),
    "Dagster's history": ("dagster",),
    "alerts": ("alerts.sqlite",),
}
_OF_THE_HOME: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "rights": _rights,
    "disk": _disk,
    "reference book": _book,
    "accounts": _accounts,
    "sources": _sources,
    "leftovers": _leftovers,
    "restore": _restore,
    "run lock": _lock,
    "last run": _last_run,
}
