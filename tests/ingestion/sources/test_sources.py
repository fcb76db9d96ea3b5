"""sources.yml: the default one by the folders that are there, and a message for each thing wrong with another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.ingestion.sources.declaration import NameParts, load_sources
from orchestration.settings import Settings


def settings_of(tmp_path: Path, sources: str | None = None) -> Settings:
    """Settings on a temporary home, with a sources file of its own or the default one."""
    environment = {"TOLLHOUSE_HOME": str(tmp_path / "home")}
    if sources is not None:
        (tmp_path / "sources.yml").write_text(sources, encoding="utf-8")
        environment["TOLLHOUSE_SOURCES"] = str(tmp_path / "sources.yml")
    return Settings.from_environment(environment)


def test_the_default_has_a_source_for_each_folder(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    for folder in ("cdr/SW2", "cdr/SW1", "asterisk/PB1", "bank/ICBC", "customers", "cdr/.hidden"):
        (settings.inbox / folder).mkdir(parents=True)
    (settings.inbox / "cdr" / "stray.csv").write_text("x")
    sources = load_sources(settings)
    assert [(s.name, s.kind, s.switch_id, s.bank_code) for s in sources] == [
        ("cdr/SW1", "cdr", "SW1", None),
        ("cdr/SW2", "cdr", "SW2", None),
        ("asterisk/PB1", "cdr", "PB1", None),
        ("bank/ICBC", "bank", None, "ICBC"),
        ("customers", "customers", None, None),
    ]


def test_a_folder_binds_the_id_in_the_names(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    for folder in ("cdr/SW_1", "bank/ICBC", "customers"):
        (settings.inbox / folder).mkdir(parents=True)
    cdr, bank, customers = load_sources(settings)
    day = date(2026, 1, 5)
    assert cdr.parse_name("SW_1_20260105_000007.csv.gz") == NameParts(day, switch_id="SW_1", sequence_number=7)
    assert bank.parse_name("ICBC_20260105_B_7.txt") == NameParts(day, bank_code="ICBC", batch_in_name="B_7")
    assert customers.parse_name("account_merges_20260105.csv") == NameParts(day, export_table="account_merges")
    for name in (
        "SW_2_20260105_000007.csv",
        "SW_1_20260230_000007.csv",
        "SW_1_20260105_7.csv",
        "SW_1_20260105_000007.CSV",
        "SW_1_20260105_000007.csv.zip",
        "SW_1_20260105_000007.csv.gz.gz",
    ):
        assert cdr.parse_name(name) is None, name


def test_no_folder_at_all_says_where_to_put_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"put call records in .*/inbox/cdr/<switch_id>/"):
        load_sources(settings_of(tmp_path))


ENTRY = "sources:\n  - {name: x, kind: customers, url: 'file:/nowhere', pattern: '{table}_{date:YYYYMMDD}.csv', format: canonical}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sources: [", "no valid YAML"),
        ("files: []\n", "field sources: write a list"),
        (ENTRY.replace("kind: customers", "kind: clients"), r"entry 1 \(x\): field kind: 'clients' is not one of"),
        (ENTRY.replace("url: 'file:/nowhere', ", ""), r"entry 1 \(x\): field url: it is missing"),
        (ENTRY.replace("format:", "colour: red, format:"), "field colour: no such field"),
        (ENTRY.replace("format: canonical", "format: xml"), "field format: 'xml' is unknown for customers"),
        (ENTRY.replace("{table}_", ""), r"field pattern: a customers pattern has \{table\} once"),
        (ENTRY.replace("YYYYMMDD", "YYYYDDD"), r"field pattern: write \{date:YYYYMMDD\}"),
        (ENTRY.replace("file:/nowhere", "${SECRET}/x"), r"\$\{SECRET\} is unknown"),
        (ENTRY.replace("file:/nowhere", "gopher://x/y"), "field url: gopher://x/y cannot be used"),
    ],
)
def test_a_wrong_sources_file_names_entry_and_field(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_sources(settings_of(tmp_path, content))


def test_a_cdr_format_that_is_not_declared(tmp_path: Path) -> None:
    entry = "sources:\n  - {name: x, kind: cdr, url: 'file:/x', pattern: '{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv', format: dms}\n"
    with pytest.raises(UsageError, match="CDR format 'dms' is not declared"):
        load_sources(settings_of(tmp_path, entry))


CUCM = (
    "sources:\n  - {name: x, kind: cdr, switch_id: CM1, url: 'file:HERE', format: FORMAT, "
    "pattern: 'cdr_{date:YYYYMMDDhhmm}_{sequence}'MORE}\n"
)


@pytest.mark.parametrize(
    ("form", "more", "day"),
    [
        ("cisco_cucm", "", date(2026, 5, 7)),  # the shipped format says UTC; 16:35 UTC is 00:35 in Shanghai
        ("canonical", ", date_zone: UTC", date(2026, 5, 7)),
        ("cisco_cucm", ", date_zone: Asia/Shanghai", date(2026, 5, 6)),  # the entry counts before the format
        ("canonical", "", date(2026, 5, 6)),
    ],
)
def test_the_date_in_a_name_may_be_of_another_zone(tmp_path: Path, form: str, more: str, day: date) -> None:
    content = CUCM.replace("HERE", str(tmp_path)).replace("FORMAT", form).replace("MORE", more)
    (source,) = load_sources(settings_of(tmp_path, content))
    assert source.parse_name("cdr_202605061635_2") == NameParts(day, switch_id="CM1", sequence_number=2)


@pytest.mark.parametrize(
    ("wanted", "instead", "message"),
    [
        ("hhmm", "", "field date_zone: the names hold no time of day"),
        ("date_zone: UTC", "date_zone: Mars", "field date_zone: 'Mars' is not a valid zone"),
        ("date_zone: UTC", "date_zone: 8", "field date_zone: 8 is not a valid zone"),
    ],
)
def test_a_zone_of_names_that_cannot_be(tmp_path: Path, wanted: str, instead: str, message: str) -> None:
    content = CUCM.replace("HERE", str(tmp_path)).replace("FORMAT", "canonical").replace("MORE", ", date_zone: UTC")
    with pytest.raises(UsageError, match=message):
        load_sources(settings_of(tmp_path, content.replace(wanted, instead)))


def test_two_sources_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    entry = ENTRY.replace("/nowhere", str(tmp_path / "a"))
    with pytest.raises(UsageError, match="'x' names more than one source"):
        load_sources(settings_of(tmp_path, entry + entry.removeprefix("sources:\n")))
