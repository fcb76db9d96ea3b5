"""Declared bank formats: what ships can be loaded, and each fault of a declaration is named with file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declared import FORMATS_FOLDER, load_bank_format

DELIMITED = """layout: delimited
result_scheme: CN-UNIONPAY
summary: first
summary_fields: {records: 3}
details: {account_id: 2, amount: 5, result_code: 7}
"""
MT940 = """layout: mt940
collected_types: [NDDT]
returned_types: [NRTI]
account_id: 'ACCT (?P<value>.+)'
result_code: 'RSN (?P<value>.+)'
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in FORMATS_FOLDER.glob("*.yml")))
def test_every_format_that_ships_can_be_loaded(name: str) -> None:
    assert load_bank_format(name).name == name


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("layout: csv\n", "field layout: write one of canonical"),
        ("- 1\n", "field layout"),
        ("layout: [\n", "no valid YAML"),
        (DELIMITED + "colour: red\n", "field colour: layout delimited has no such field"),
        (DELIMITED.replace("account_id: 2, ", ""), "field details: account_id is missing"),
        (DELIMITED.replace("amount: 5, ", ""), "field details: amount is missing"),
        (DELIMITED.replace(", result_code: 7", ""), "field details: result_code or reason_text is missing"),
        (DELIMITED.replace("result_code: 7", "reason_text: 7"), "field result_texts: without a result_code"),
        (DELIMITED.replace("amount: 5", "amount: 0"), "field details: amount: write the number of its column"),
        (DELIMITED.replace("amount: 5", "price: 5"), "field details: 'price' is unknown"),
        (DELIMITED.replace("summary: first", "summary: middle"), "field summary: write first, last or none"),
        (DELIMITED.replace("summary_fields: {records: 3}\n", ""), "field summary_fields: write the place"),
        (DELIMITED + "delimiter: '||'\n", "field delimiter: write one character"),
        (DELIMITED + "encoding: utf-9\n", "field encoding: 'utf-9' is unknown"),
        (DELIMITED + "amount_unit: dollar\n", "field amount_unit: write one of yuan, fen"),
        (DELIMITED + "skip_lines: -1\n", "field skip_lines"),
        (DELIMITED.replace("delimited", "fixed_width"), "write [first byte, bytes]"),
        ("layout: report\n", "field detail_pattern: write a regular expression"),
        ("layout: report\ndetail_pattern: '('\n", "field detail_pattern: no regular expression"),
        ("layout: report\ndetail_pattern: 'x'\n", "it has no group (?P<amount>"),
        (MT940.replace("[NDDT]", "NDDT"), "field collected_types: write a list of texts"),
        (MT940.replace("?P<value>.+)'\nresult", "?P<who>.+)'\nresult"), "field account_id: it has no group (?P<value>"),
        ("layout: iso20022\nlists_all: 3\n", "field lists_all: write true or false"),
        ("layout: iso20022\nbatch_id: where\n", "field batch_id: write file"),
        ("layout: nacha\nresult_scheme: 7\n", "field result_scheme: write a text"),
        *(
            (f"layout: nacha\ncollected_unless_returned: {days}\n", "write a whole number from 1 to 60")
            for days in ("0", "61", "-3", "2.5", "true", "five", "''")
        ),
        ("layout: canonical\ncollected_unless_returned:\n", "field collected_unless_returned: None is not a valid"),
        ("layout: becs\ncurrency: AUD\n", "field currency: layout becs has no such field"),
        (MT940 + "encoding: utf-9\n", "field encoding: 'utf-9' is unknown"),
    ],
)
def test_each_fault_names_file_and_field(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "ours.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_bank_format("ours", tmp_path)
    assert str(tmp_path / "ours.yml") in str(raised.value)
    assert fault in str(raised.value)


def test_all_faults_of_a_declaration_are_told_at_once(tmp_path: Path) -> None:
    text = DELIMITED.replace("amount: 5", "amount: 0, price: 5") + "encoding: utf-9\ncolour: red\n"
    (tmp_path / "ours.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_bank_format("ours", tmp_path)
    told = [line.removeprefix(f"{tmp_path / 'ours.yml'}: field ") for line in str(raised.value).splitlines()]
    assert [line.split(";")[0] for line in told] == [
        "encoding: 'utf-9' is unknown",
        "details: amount: write the number of its column, the first is 1",
        "details: 'price' is unknown",
        "colour: layout delimited has no such field",
    ]


@pytest.mark.parametrize("layout", ["canonical", "nacha", "iso20022", "becs", "arudd"])
def test_a_bank_that_lists_failures_only_says_for_how_many_days_it_may(tmp_path: Path, layout: str) -> None:
    (tmp_path / "ours.yml").write_text(f"layout: {layout}\ncollected_unless_returned: 5\n", encoding="utf-8")
    assert load_bank_format("ours", tmp_path).collected_unless_returned == 5
    (tmp_path / "theirs.yml").write_text(f"layout: {layout}\n", encoding="utf-8")
    assert load_bank_format("theirs", tmp_path).collected_unless_returned is None


def test_a_format_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UsageError, match="bank format 'nobody' is not declared.*canonical.*nacha"):
        load_bank_format("nobody")
