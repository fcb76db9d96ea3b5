"""FreeSWITCH's mod_cdr_csv, template "example": lines as in FreeSWITCH's documentation, read by hand."""

from __future__ import annotations

from pathlib import Path

from tests.ingestion.foreign import read

ANSWERED = (
    '"9007","9007","0034688886392","public","2026-03-01 16:59:50","2026-03-01 16:59:55","2026-03-01 17:00:10","20","15",'
    '"NORMAL_CLEARING","a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d","","","PCMA","PCMA"'
)
UNANSWERED = (
    '"9008","9008","+34688886392","public","2026-03-01 17:01:32","","2026-03-01 17:01:40","8","0",'
    '"{}","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","","","",""'
)


def test_a_file_is_read_in_one_pass(tmp_path: Path) -> None:
    causes = ["USER_BUSY", "NO_ANSWER", "ORIGINATOR_CANCEL", "CRASH"]
    found = read(tmp_path, "\n".join([ANSWERED, *map(UNANSWERED.format, causes)]) + "\n", "freeswitch")
    assert found.in_one_pass
    assert found.records == [
        (1, "9007", "0034688886392", None, None, "2026-03-01 16:59:55", 15, 16),
        (2, "9008", "0034688886392", None, None, "2026-03-01 17:01:32", 0, 17),
        (3, "9008", "0034688886392", None, None, "2026-03-01 17:01:32", 0, 19),
        (4, "9008", "0034688886392", None, None, "2026-03-01 17:01:32", 0, 16),
        (5, "9008", "0034688886392", None, None, "2026-03-01 17:01:32", 0, 31),  # a cause that Q.850 does not have
    ]


def test_a_line_of_another_template_is_set_aside(tmp_path: Path) -> None:
    found = read(tmp_path, f'{ANSWERED},"more"\n{ANSWERED}\n', "freeswitch")
    assert [record[0] for record in found.records] == [2]
    assert found.malformed == [(1, "line", "has 16 columns instead of 13 to 15")]
