"""The fields of an entry of sources.yml, a model for each protocol. docs/sources.md explains the fields.

No server is asked here; declaration.py finds the folders of an entry.
"""

from __future__ import annotations

import codecs
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, TypeAdapter, ValidationInfo

from orchestration.declarations import Declared, Fault, Maybe, Says, declaration_error
from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.file_reading.bounds import LIMITS, SIZES, Bounds
from orchestration.ingestion.sources.name_patterns import NEEDED, has_time_of_day, pattern_fault
from orchestration.ingestion.stores.access import (
    FOLDER_PLACEHOLDER,
    RETRIES,
    TIMEOUT_SECONDS,
    Access,
    folder_of,
    protocol_of,
)
from orchestration.printable import size_text

KINDS = tuple(NEEDED)
NEEDED_FIELDS = ("name", "kind", "url", "pattern", "format")

_LONGEST_SETTLE_SECONDS = 3600
_LONGEST_TIMEOUT_SECONDS = 600
_MOST_RETRIES = 10
_HOME = "TOLLHOUSE_HOME"
_NO_TEXT = "it is missing or not a text"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_ID_OF_KIND = {"cdr": "switch_id", "bank": "bank_code"}
_VARIABLE = re.compile(r"\$\{(?P<name>\w*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNITS = {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1, "": 1}
_SIZE = re.compile(r"([0-9]{1,15}) *([KMG]i?B|B)?", re.IGNORECASE)


def _some_text(text: str) -> str:
    if not text.strip():
        raise ValueError(_NO_TEXT)
    return text


def _folder_name(name: str) -> str:
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"'{name}' cannot be a folder below the landing area")
    return name


def _kind_fault(kind: Any) -> str:
    if not isinstance(kind, str) or not kind.strip():
        return _NO_TEXT
    return f"'{kind}' is not one of {', '.join(KINDS)}"


def _an_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(_id_fault(text))
    return text


def _id_fault(value: Any) -> str:
    return f"{value!r} is not a valid id; write it in quotes, with letters, digits, _ . -"


def _zone_of_names(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(_zone_fault(zone)) from error


def _zone_fault(zone: Any) -> str:
    return f"{zone!r} is not a valid zone; write it like UTC or Asia/Shanghai"


def _encoding_of_exports(name: str) -> str:
    try:
        is_known = "a,\n".encode(name).decode(name) == "a,\n"
    except (LookupError, UnicodeError):
        is_known = False
    if not is_known:
        raise ValueError(_encoding_fault(name))
    return codecs.lookup(name).name


def _encoding_fault(name: Any) -> str:
    return f"{name!r} is unknown; write it like gb18030 or utf-16"


def _name_of_variable(name: str) -> str:
    if not _VARIABLE_NAME.fullmatch(name):
        # The value is not repeated: somebody may have written the secret itself.
        raise ValueError("it is not a valid name of an environment variable (letters, digits and _); never a secret")
    return name


def _with_home(url: str, info: ValidationInfo) -> str:
    """The url with the home in it; checked before, as the home's own path may have braces."""
    for match in _VARIABLE.finditer(url):
        if match["name"] != _HOME:
            raise ValueError(f"${{{match['name']}}} is unknown; there is ${{{_HOME}}}")
    if FOLDER_PLACEHOLDER.search(url) is None and "{" in _VARIABLE.sub("", url):
        raise ValueError("a placeholder is the last part alone, {switch_id} or {bank_code}")
    assert info.context is not None
    return url.replace(f"${{{_HOME}}}", info.context["home"])


def _sftp_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"it cannot be used: {error}") from error
    if not host:
        raise ValueError(f"{url} names no host; write sftp://host/folder or sftp://user@host:port/folder")
    if parts.password is not None:
        raise ValueError("it holds a password; name the environment variable that has it in password_env")
    return url


def _s3_url(url: str) -> str:
    if not folder_of(url).split("/", 1)[0]:
        raise ValueError(f"{url} names no bucket; write s3://bucket/folder")
    if "@" in url.split("://", 1)[1].split("/", 1)[0]:
        raise ValueError("it holds keys; name the environment variables in access_key_env and secret_key_env")
    return url


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{url}' is not a valid http:// or https:// address")
    if parts.password is not None:
        raise ValueError("it holds a password; name environment variables instead")
    return url


def _seconds(least: int, most: int) -> Says:
    return Says(lambda value: f"{value!r} is not a valid number of seconds from {least} to {most}")


def _size(value: Any) -> Any:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * _UNITS[(match[2] or "").upper()] if match else value


def _within(name: str) -> Any:
    least, most = LIMITS[name]
    return Field(ge=least, le=most)


def _bound(name: str) -> Says:
    form = "a size like 8GiB or 512KiB" if name in SIZES else "a whole number"
    least, most = (size_text(value) if name in SIZES else str(value) for value in LIMITS[name])
    return Says(lambda value: f"{value!r} cannot be used; write {form}, from {least} to {most}")


Text = Annotated[str, Field(pattern=r"\S"), Says(_NO_TEXT)]
OtherText = Annotated[str, Field(pattern=r"\S"), Says("it must be a text")]
Id = Annotated[str, AfterValidator(_an_id), Says(_id_fault)]
Variable = Annotated[str, AfterValidator(_name_of_variable), Says("it must be a text")]
Url = Annotated[str, AfterValidator(_some_text), AfterValidator(_with_home), Says(_NO_TEXT)]
SizeOrText = BeforeValidator(
    _size, json_schema_input_type=int | Annotated[str, Field(pattern="^[0-9]{1,15} *([KkMmGg]?[Ii]?[Bb])?$")]
)


class BoundsEntry(Declared):
    """What one file of a source may take. What is not named has its default."""

    unpacked: Maybe[Annotated[int, _within("unpacked"), SizeOrText, _bound("unpacked")]] = Field(
        None, description="The content of a file, unpacked. Default 8GiB."
    )
    ratio: Maybe[Annotated[int, _within("ratio"), _bound("ratio")]] = Field(
        None, description="How many times its packed size a file may unpack to. Default 200."
    )
    line: Maybe[Annotated[int, _within("line"), SizeOrText, _bound("line")]] = Field(
        None, description="A line, a row or a record in ASN.1. Default 1MiB."
    )
    xml_depth: Maybe[Annotated[int, _within("xml_depth"), _bound("xml_depth")]] = Field(
        None, description="Elements of XML in one another. Default 64."
    )
    asn1_depth: Maybe[Annotated[int, _within("asn1_depth"), _bound("asn1_depth")]] = Field(
        None, description="Values of no definite length in one another. Default 50."
    )
    fields: Maybe[Annotated[int, _within("fields"), _bound("fields")]] = Field(
        None, description="Columns of a header, or fields of a line. Default 1000."
    )
    seconds: Maybe[Annotated[int, _within("seconds"), _bound("seconds")]] = Field(
        None, description="How long decoding may take. Default 900."
    )

    @classmethod
    def unknown_field(cls) -> str:
        """The message for an unknown field."""
        return f"there is no such bound; there are {', '.join(cls.field_names())}"

    @classmethod
    def no_fields(cls) -> str:
        """The error for a text or a list in the place of fields."""
        return f"write some of {', '.join(cls.field_names())}, each with its value, like {{line: 4MiB, ratio: 500}}"

    def bounds(self) -> Bounds:
        """The bounds of a file, with the default of each that is not named."""
        return Bounds(**self.model_dump(exclude_none=True))


class Entry(Declared):
    """The fields of all protocols."""

    protocol: ClassVar[str]

    name: Annotated[Text, AfterValidator(_folder_name)] = Field(
        description="The source's name and its folder below landing/. {switch_id} or {bank_code} of the url is replaced."
    )
    kind: Annotated[Literal["cdr", "bank", "customers"], Says(_kind_fault)] = Field(
        description="What is delivered: call files, results of direct debits, or exports of the customer system."
    )
    url: Url = Field(description="The folder: file:/folder, sftp://host/folder or s3://bucket/folder.")
    pattern: Text = Field(
        description="What file names look like, as {switch_id}_{date:YYYYMMDD}_{sequence:6}.csv, packing apart."
    )
    format: Text = Field(description="The declared format of the files, by its name or its path.")
    switch_id: Maybe[Id] = Field(None, description="The switch, where neither the names nor the folder say it.")
    bank_code: Maybe[Id] = Field(None, description="The bank, where neither the names nor the folder say it.")
    sequence: Maybe[Annotated[Literal["none"], Says("there is only `sequence: none`, of a cdr source")]] = Field(
        None, description="The names hold no sequence number; missing files are then not noticed."
    )
    date_from: Annotated[Literal["name", "modified"], Says(lambda value: f"{value!r} is not one of name, modified")] = (
        Field("name", description="Where a file's date comes from: its name, or the time of its last writing.")
    )
    time_zone: Annotated[str, Says("`date_from: modified` needs the branch's zone, like Asia/Shanghai")] | None = Field(
        None, description="Of `date_from: modified`: the zone of the date, like Asia/Shanghai."
    )
    date_zone: Annotated[str, AfterValidator(_zone_of_names), Says(_zone_fault)] | None = Field(
        None, description="The zone of the date and time in the names, like UTC."
    )
    encoding: Annotated[str, AfterValidator(_encoding_of_exports), Says(_encoding_fault)] | None = Field(
        None, description="Of exports that are not UTF-8, like gb18030."
    )
    bounds: Maybe[BoundsEntry] = Field(None, description="What one file may take.")
    settle_seconds: Maybe[
        Annotated[float, Field(ge=0, le=_LONGEST_SETTLE_SECONDS), _seconds(0, _LONGEST_SETTLE_SECONDS)]
    ] = Field(None, description="How long a file has to stay as it is before it is taken.")
    companion: Annotated[
        Literal["optional", "required"], Says(lambda value: f"{value!r} is not one of optional, required")
    ] = Field("optional", description="Whether a file waits for its companion .ctl or .done.")

    @classmethod
    def unknown_field(cls) -> str:
        """The message for an unknown field."""
        return f"no such field for a {cls.protocol}: source; there are {', '.join(cls.field_names())}"

    @property
    def folder_id(self) -> str | None:
        """Which id the folders below the url are: switch_id or bank_code; None where the url is one folder."""
        match = FOLDER_PLACEHOLDER.search(self.url)
        return None if match is None else match["name"]

    @property
    def parent_url(self) -> str:
        """The url without the placeholder of its last part."""
        return FOLDER_PLACEHOLDER.sub("", self.url)

    def file_bounds(self) -> Bounds:
        """What one file of the source may take."""
        return Bounds() if self.bounds is None else self.bounds.bounds()

    @abstractmethod
    def access(self, beside: Path) -> Access:
        """How the folder is reached; relative paths count from the folder `beside`."""

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        yield from self._id_faults()
        yield from self._date_faults()
        yield from self._pattern_faults()
        if self.encoding is not None and self.kind != "customers":
            yield ("encoding",), f"it belongs to a customers source; a {self.kind} format has its own"
        if self.kind == "customers":
            if self.format != "canonical":
                yield ("format",), f"'{self.format}' is unknown for {self.kind}; there is canonical"
            return
        load: Callable[[str], object] = load_cdr_format if self.kind == "cdr" else load_bank_format
        try:
            load(self.format)
        except UsageError as error:
            yield ("format",), str(error)

    def _id_faults(self) -> Iterator[Fault]:
        own = _ID_OF_KIND.get(self.kind)
        for name, value in (("switch_id", self.switch_id), ("bank_code", self.bank_code)):
            if value is not None and name != own:
                yield (name,), f"a {self.kind} source has none"
            elif value is not None and name == self.folder_id:
                yield (name,), "the folder in url says it already; write one of the two"
        if self.folder_id is not None and self.folder_id != own:
            yield ("url",), f"a {self.kind} source has no {{{self.folder_id}}}"

    def _date_faults(self) -> Iterator[Fault]:
        if self.date_from == "name":
            if self.time_zone is not None:
                yield ("time_zone",), "it belongs to `date_from: modified`"
            if self.date_zone is not None and not has_time_of_day(self.pattern):
                yield (
                    ("date_zone",),
                    (
                        "the names hold no time of day, so the day in another zone is not known; "
                        "write it into the pattern, like {date:YYYYMMDDhhmm}, or leave date_zone out"
                    ),
                )
            return
        if self.kind == "customers":
            yield ("date_from",), "the name of a snapshot says its date; a later copy would be newer"
        elif self.time_zone is None:
            yield ("time_zone",), "`date_from: modified` needs the branch's zone, like Asia/Shanghai"
        else:
            try:
                ZoneInfo(self.time_zone)
            except (ZoneInfoNotFoundError, ValueError):
                yield ("time_zone",), f"'{self.time_zone}' is not a valid zone; write it like Asia/Shanghai"
        if "{date" in self.pattern:
            yield ("date_from",), "the pattern has a {date:...}; write one of the two"
        if self.date_zone is not None:
            yield ("date_zone",), "it is of a date in names; `date_from: modified` has time_zone"

    def _pattern_faults(self) -> Iterator[Fault]:
        given = {name for name in _ID_OF_KIND.values() if getattr(self, name) is not None or self.folder_id is not None}
        if self.date_from == "modified":
            given.add("date")
        if self.sequence is not None:
            given.add("sequence")
            if self.kind != "cdr":
                yield ("sequence",), "there is only `sequence: none`, of a cdr source"
            elif "{sequence" in self.pattern:
                yield ("sequence",), "the pattern has a {sequence}; write one of the two"
        fault = pattern_fault(self.pattern, self.kind, given)
        if fault is not None:
            yield ("pattern",), fault


class FileEntry(Entry):
    """A folder of this machine."""

    protocol = "file"

    url: Url = Field(
        description="A folder, as file:/folder. ${TOLLHOUSE_HOME} is the folder of all state; {switch_id} or {bank_code} "
        "as the last part stands for every folder there.",
        json_schema_extra={"pattern": "^(file:|(?![A-Za-z][A-Za-z0-9+.-]*:))"},
    )
    follow_links: Annotated[bool, Says(lambda value: f"{value!r} is neither true nor false")] = Field(
        False, description="Whether a link is followed wherever it leads, or only within the source's folder."
    )

    def access(self, beside: Path) -> Access:
        """How the folder is reached."""
        return Access(link_root=None if self.follow_links else folder_of(self.parent_url))


class _Remote(Entry):
    """The fields of all servers."""

    timeout_seconds: Annotated[
        float, Field(ge=1, le=_LONGEST_TIMEOUT_SECONDS), _seconds(1, _LONGEST_TIMEOUT_SECONDS)
    ] = Field(TIMEOUT_SECONDS, description="How long an answer is waited for.")
    retries: Annotated[
        int,
        Field(ge=0, le=_MOST_RETRIES),
        Says(lambda value: f"{value!r} is not a valid whole number from 0 to {_MOST_RETRIES}"),
    ] = Field(RETRIES, description="How often a failure that may pass is tried again.")


class SftpEntry(_Remote):
    """A folder of an SSH server."""

    protocol = "sftp"

    url: Annotated[Url, AfterValidator(_sftp_url)] = Field(
        description="sftp://user@host:port/folder, from the root of the server's file system. {switch_id} or {bank_code} "
        "as the last part stands for every folder there.",
        json_schema_extra={"pattern": "^sftp://"},
    )
    # Two writes within a second have the same time there.
    settle_seconds: Maybe[
        Annotated[float, Field(ge=1, le=_LONGEST_SETTLE_SECONDS), _seconds(1, _LONGEST_SETTLE_SECONDS)]
    ] = Field(None, description="How long a file has to stay as it is before it is taken.")
    username_env: Maybe[Variable] = Field(None, description="The environment variable with the user.")
    password_env: Maybe[Variable] = Field(None, description="The environment variable with the password.")
    key_file_env: Maybe[Variable] = Field(
        None, description="The environment variable with the path of the private key."
    )
    key_passphrase_env: Maybe[Variable] = Field(None, description="The environment variable with the key's passphrase.")
    known_hosts: Maybe[OtherText] = Field(None, description="The file with the servers' host keys.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if urlsplit(self.url).username and self.username_env is not None:
            yield ("username_env",), "the url names the user already; write one of the two"
        if self.key_passphrase_env is not None and self.key_file_env is None:
            yield ("key_passphrase_env",), "there is no key_file_env that it belongs to"
        yield from super().faults()

    def access(self, beside: Path) -> Access:
        """How the folder is reached."""
        parts = urlsplit(self.url)
        return Access(
            "sftp",
            parts.hostname or "",
            parts.port or 22,
            parts.username,
            username_env=self.username_env,
            password_env=self.password_env,
            key_file_env=self.key_file_env,
            key_passphrase_env=self.key_passphrase_env,
            known_hosts=beside / Path(self.known_hosts or "~/.ssh/known_hosts").expanduser(),
            timeout_seconds=self.timeout_seconds,
            retries=self.retries,
        )


class S3Entry(_Remote):
    """A folder of S3 and of what speaks its protocol."""

    protocol = "s3"

    url: Annotated[Url, AfterValidator(_s3_url)] = Field(
        description="s3://bucket/folder. {switch_id} or {bank_code} as the last part stands for every folder there.",
        json_schema_extra={"pattern": "^s3://"},
    )
    access_key_env: Maybe[Variable] = Field(None, description="The environment variable with the access key.")
    secret_key_env: Maybe[Variable] = Field(None, description="The environment variable with the secret key.")
    session_token_env: Maybe[Variable] = Field(None, description="The environment variable with the session token.")
    endpoint_url: Maybe[Annotated[OtherText, AfterValidator(_endpoint)]] = Field(
        None, description="The server's address where it is not Amazon's."
    )
    region: Maybe[OtherText] = Field(None, description="The server's region.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if (self.access_key_env is None) != (self.secret_key_env is None):
            yield ("access_key_env",), "write it and secret_key_env, or neither"
        yield from super().faults()

    def access(self, beside: Path) -> Access:
        """How the folder is reached."""
        return Access(
            "s3",
            access_key_env=self.access_key_env,
            secret_key_env=self.secret_key_env,
            session_token_env=self.session_token_env,
            endpoint_url=self.endpoint_url,
            region=self.region,
            timeout_seconds=self.timeout_seconds,
            retries=self.retries,
        )


def _readable_url(entry: Any) -> Any:
    """The url says which fields an entry may have: without one that can be read only what each entry needs is looked at."""
    if not isinstance(entry, dict):
        return entry
    faults: list[Fault] = []
    for name in NEEDED_FIELDS:
        value = entry.get(name)
        if not isinstance(value, str) or not value.strip():
            faults.append(((name,), _NO_TEXT))
        elif name == "url":
            try:
                protocol_of(value)
            except ValueError as error:
                faults.append(((name,), str(error)))
    if any(place == ("url",) for place, _ in faults):
        raise declaration_error(faults)
    return entry


def _protocol(entry: Any) -> str | None:
    return protocol_of(entry["url"]) if isinstance(entry, dict) else None


AnyEntry = Annotated[
    Annotated[
        Annotated[FileEntry, Tag("file")] | Annotated[SftpEntry, Tag("sftp")] | Annotated[S3Entry, Tag("s3")],
        Discriminator(_protocol),
    ],
    BeforeValidator(_readable_url),
]


class SourcesFile(Declared):
    """The sources file: where files are delivered."""

    sources: Annotated[
        list[AnyEntry],
        Field(min_length=1),
        Says(f"write a list of sources, each with {', '.join(NEEDED_FIELDS)}"),
    ] = Field(description="The folders that files are delivered to.")


SOURCES_FILE: TypeAdapter[SourcesFile] = TypeAdapter(SourcesFile)
