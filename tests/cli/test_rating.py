"""`tollhouse quote`, and the worked examples of docs/rating.md, executed as they stand there."""

from __future__ import annotations

import re

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.cli.conftest import Tollhouse

DOCUMENT = (PROJECT_ROOT / "docs" / "rating.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ tollhouse ([^\n]*)\n(.*?)```", DOCUMENT, re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize(("words", "shown"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_the_documents_examples_print_what_the_document_says(words: str, shown: str, tollhouse: Tollhouse) -> None:
    called = tollhouse(*words.split())
    assert called.out + called.err == shown


def test_a_quote_as_json_is_exact(tollhouse: Tollhouse) -> None:
    """0.22 for the first three minutes, then 0.11 a minute: 181 s are 0.33."""
    called = tollhouse(
        "quote", "--plan", "RESIDENTIAL", "--to", "441 1426", "--at", "2026-05-20 10:00", "--seconds", "181", "--json"
    )
    assert (called.exit_code, called.json["amount"], called.json["charged_seconds"]) == (0, "0.33", 240)
    assert [(step["increments"], step["price"], step["total"]) for step in called.json["steps"]] == [
        (1, "0.22", "0.22"),
        (1, "0.11", "0.11"),
    ]
    assert called.json["called_number"] == "4411426"


def test_a_quote_names_the_code_that_was_stripped_and_what_it_selected(tollhouse: Tollhouse) -> None:
    """The own area code of the demo city's exchanges is 0548; 17969 selects IP_SAVER, 0.20 a started minute to anywhere in the country."""
    when = ["--at", "2026-05-20 10:00", "--seconds", "61", "--json"]
    own = tollhouse("quote", "--plan", "STAFF", "--exchange", "E02", "--to", "0548 4411426", *when).json
    assert (own["access_code"], own["rated_number"], own["tariff_plan_id"], own["zone_id"]) == (
        "0548", "4411426", "STAFF", "LOCAL",
    )  # fmt: skip
    saver = tollhouse("quote", "--class", "none", "--to", "17969 0512 47980812", *when).json
    assert (saver["called_number"], saver["access_code"], saver["rated_number"]) == (
        "17969051247980812", "17969", "051247980812",
    )  # fmt: skip
    assert (saver["dialled_plan_id"], saver["dialled_zone_id"], saver["amount"]) == ("IP_SAVER", None, "0.40")


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (["--plan", "NONE", "--to", "1", "--at", "2026-05-20T10:00", "--seconds", "1"], 1, "plan NONE is not in tariff_plans.csv"),
        (["--class", "none", "--to", "1", "--at", "2026-05-20T10:00", "--seconds", "1"], 1, "no tariff plan for class none"),
        (["--plan", "RESIDENTIAL", "--to", "1", "--at", "1990-05-20T10:00", "--seconds", "1"], 1, "no destination prefix in force"),
        (["--plan", "RESIDENTIAL", "--to", "x", "--at", "2026-05-20T10:00", "--seconds", "1"], 2, "'x' is not a valid number"),
        (["--plan", "RESIDENTIAL", "--to", "1", "--at", "2026-05-40T10:00", "--seconds", "1"], 2, "is not a valid time"),
        (["--plan", "RESIDENTIAL", "--to", "1", "--at", "2026-05-20T10:00", "--seconds", "0"], 2, "'0' is not a valid whole number"),
        (["--to", "1", "--at", "2026-05-20T10:00", "--seconds", "1"], 2, "--plan --class"),
        (
            ["--plan", "STAFF", "--exchange", "E99", "--to", "1", "--at", "2026-05-20T10:00", "--seconds", "1"],
            2, "exchange E99 is not in exchanges.csv, which has E01, E02",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_quoted_says_why(tollhouse: Tollhouse, words: list[str], exit_code: int, message: str) -> None:
    called = tollhouse("quote", *words)
    assert (called.exit_code, called.out) == (exit_code, "")
    assert message in called.err
