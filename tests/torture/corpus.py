"""A sound file of every format, to be damaged: a format that is declared and has none here fails test_fuzz.py."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ingestion.bank.formats import (
    test_arudd,
    test_becs,
    test_iso20022,
    test_line_records,
    test_mt940,
    test_nacha,
)
from tests.ingestion.cdr.switches import (
    test_asterisk,
    test_avaya_ip_office,
    test_cisco_cucm,
    test_freeswitch,
    test_nec_smdr,
    test_panasonic_smdr,
    test_sipwise_ngcp,
    test_threecx,
)
from tests.ingestion.cdr.switches.test_huawei_igwb import record
from tests.ingestion.cdr.switches.test_ts32298 import mobile_originated
from tests.robustness.branch import EXPORTS, calls_of_day, cdr
from tests.torture.deliveries import bank_file

RESULTS = "{bank_code}_{date:YYYYMMDD}_{batch}.txt"
CALLS = "{{switch_id}}_{{date:YYYYMMDD}}_{{sequence:6}}.{}"


@dataclass(frozen=True)
class Seed:
    """A sound file: the inbox folder it is delivered to (a foreign one's is named as its format), its name with room for a
    number, its bytes, and how many of its first and last lines are no records."""

    folder: str
    name: str
    content: bytes
    headers: int = 1
    trailers: int = 0
    is_text: bool = True

    def __repr__(self) -> str:
        return f"<{self.folder}/{self.name}>"


def _calls(name: str, content: str | bytes, headers: int = 0, trailers: int = 0, is_text: bool = True) -> Seed:
    data = content.encode() if isinstance(content, str) else content
    return Seed(f"cdr/{name}", "SW1_20260301_{:06d}.dat", data, headers, trailers, is_text)


_CUSTOM = (
    '"""Zhang"" <2200001>","2200001","2200002","internal","PJSIP/2200001-1","PJSIP/2200002-2","Dial","",'
    '"2026-03-01 10:00:00.123456","2026-03-01 10:00:05.5","2026-03-01 10:01:06","66","61","ANSWERED","DOCUMENTATION","",'
    '"1772330400.1","","1"'
)
_CUCM = (
    '1,2,100,1772330400,"2200001",0,"2200002","2200003",16,1772330405,1772330466,61,"SEP001122334455","Gateway_1"\n'
    '1,2,101,1772330500,"2200001",17,"2200002","",0,0,1772330510,0,"SEP001122334455","SEP00112233AA55"\n'
)

_AVAYA = "".join(
    test_avaya_ip_office.smdr(
        start,
        "00:01:01",
        4,
        "2200001",
        "O",
        "01088886666",
        "01088886666",
        0,
        call,
        0,
        test_avaya_ip_office.DESK,
        test_avaya_ip_office.LINE,
    )
    for call, start in enumerate(["10:00:00", "10:05:00"], start=1)
)
_THREECX = "".join(
    test_threecx.cdr(
        call,
        "00:01:01",
        f"10:0{call}:00",
        f"10:0{call}:05",
        "TerminatedBySrc",
        ("Ext.2200001", "01088886666"),
        ("2200001", "10000"),
    )
    for call in (1, 2)
)
_NEC = "".join(
    test_nec_smdr.smdr("POT", f"10:0{at}", "001", "00:01:01", "2200001", "01088886666", day="03/01") + "\r\n"
    for at in range(3)
)

FOREIGN_SEEDS = (
    _calls(
        "asterisk",
        "\n".join([test_asterisk.ANSWERED, test_asterisk.INCOMING, test_asterisk.UNANSWERED.format("BUSY"), ""]),
    ),
    _calls("asterisk_custom", f"{_CUSTOM}\n{_CUSTOM.replace('2200001', '2200003')}\n"),
    _calls("freeswitch", "\n".join([test_freeswitch.ANSWERED, test_freeswitch.UNANSWERED.format("USER_BUSY"), ""])),
    _calls("cisco_cucm", test_cisco_cucm.HEADER + _CUCM, headers=2),
    _calls("sipwise_ngcp", test_sipwise_ngcp.export(test_sipwise_ngcp.LINES), headers=1, trailers=1),
    _calls("avaya_ip_office", _AVAYA),
    _calls("threecx", _THREECX),
    _calls("panasonic_smdr", "\r\n".join([*test_panasonic_smdr.LINES[2:5], ""])),
    _calls("nec_smdr", _NEC),
    _calls("huawei_igwb", b"".join(record(at, partial=at % 4, reference=7) for at in range(1, 8)), is_text=False),
    _calls("ts32298", b"".join(mobile_originated(at, cause=at % 2) for at in range(1, 8)), is_text=False),
)


def _results(name: str, content: str | bytes, version: str = "") -> Seed:
    data = content.replace("{version}", version).encode("gb18030") if isinstance(content, str) else content
    return Seed(f"bank/{name}", "ICBC_20260301_B{}.txt", data)


FOREIGN_BANK_SEEDS = (
    _results("cn_delimited", test_line_records.DELIMITED),
    _results("cn_fixed_width", test_line_records.fixed_file(*test_line_records.FIXED)),
    _results("cn_report", test_line_records.REPORT),
    _results("iso20022", test_iso20022.PAIN, "10"),
    _results("iso20022", test_iso20022.CAMT, "08"),
    _results("mt940", test_mt940.STATEMENT),
    _results("au_becs", test_becs.content(test_becs.SOUND)),
    _results("bacs_arudd", test_arudd.SOUND),
    _results("nacha", test_nacha.content(test_nacha.SOUND)),
)
CDR_SEEDS = (
    Seed("cdr/SW1", "SW1_20260302_{:06d}.csv", cdr(calls_of_day("2026-03-02")).encode()),
    Seed("cdr/SW1", "SW1_20260302_{:06d}.csv", cdr([*calls_of_day("2026-03-02"), *calls_of_day("2026-03-01")]).encode()),
    Seed("cdr/SW1", "SW1_20260302_{:06d}.csv", cdr([]).encode()),
)  # fmt: skip
BANK_SEEDS = (
    Seed("bank/ICBC", "ICBC_20260302_B{}.txt", bank_file()),
    Seed("bank/ICBC", "ICBC_20260302_B{}.txt", bank_file(lines=1)),
)
EXPORT_SEEDS = tuple(Seed("customers", table + "_20{:06d}.csv", text.encode()) for table, text in EXPORTS.items())
SEEDS = {
    "cdr": CDR_SEEDS,
    "foreign cdr": FOREIGN_SEEDS,
    "bank": BANK_SEEDS,
    "foreign bank": FOREIGN_BANK_SEEDS,
    "customers": EXPORT_SEEDS,
}


def sources() -> str:
    """A sources.yml with the folders of the seeds: those of the default sources, and one for each foreign format."""
    entries = [
        ("cdr/SW1", "cdr", CALLS.format("csv"), "canonical"),
        ("bank/ICBC", "bank", RESULTS, "canonical"),
        ("customers", "customers", "{table}_{date:YYYYMMDD}.csv", "canonical"),
        *((seed.folder, "cdr", CALLS.format("dat"), seed.folder.removeprefix("cdr/")) for seed in FOREIGN_SEEDS),
        *(
            (folder, "bank", RESULTS, folder.removeprefix("bank/"))
            for folder in sorted({seed.folder for seed in FOREIGN_BANK_SEEDS})
        ),
    ]
    lines = [
        f'  - {{name: {name}, kind: {kind}, url: "file:${{TOLLHOUSE_HOME}}/inbox/{name}", pattern: "{pattern}", format: {form}}}'
        for name, kind, pattern, form in entries
    ]
    return "\n".join(["sources:", *lines, ""])
