"""Text that others wrote, as it is shown: no control character in a terminal, no formula in a spreadsheet."""

from __future__ import annotations

import io

import pytest

from orchestration.cli.context import console, print_table, write_json
from orchestration.printable import one_line, printable, spreadsheet_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("话单　1.csv", "话单　1.csv"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[2J\x1b]0;owned\x07", r"\u001b[2J\u001b]0;owned\u0007"),
        ("\x9b31m", r"\u009b31m"),
        ("a\rb\x7f", r"a\u000db\u007f"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("\udcbb", r"\udcbb"),
    ],
)
def test_control_characters_are_shown_and_not_sent(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_name_with_a_line_end_makes_no_line_of_its_own() -> None:
    assert one_line("x\ntollhouse: all is well") == r"x\u000atollhouse: all is well"


def test_nothing_that_a_command_prints_has_a_control_character() -> None:
    out = io.StringIO()
    shown = console(out)
    shown.print("file \x1b[2J is held")
    print_table(shown, ["file", "reason"], [["\x1b[1Aa\nb", "\x9bx"]])
    write_json(out, {"file": "\x9b2J\u202e"})
    text = out.getvalue()
    assert not any(char in text for char in "\x1b\x9b\u202e")
    assert r"\u001b[1Aa\u000ab" in text
    assert r'"\u009b2J\u202e"' in text


@pytest.mark.parametrize("text", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_a_text_that_a_spreadsheet_would_compute_is_kept_as_text(text: str) -> None:
    assert spreadsheet_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "A-1", "0101234", "费率 =1", "1=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert spreadsheet_text(text) == text
