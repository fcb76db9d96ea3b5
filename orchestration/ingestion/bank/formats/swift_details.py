"""The details of a SWIFT booking (field 86), joined before anything is searched in them.

Banks cut them anywhere: into lines of at most 65 characters (6*65x), and, where they are structured, into subfields
`?20`…`?29`, `?60`…`?63` of at most 27. A piece of full length continues in the next one without a blank. A shorter piece does not
continue, and a line break is put after it. The format knows the meaning of the details. Only the requested amount and
the charges are read here, because they are written in the same words everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

LINE_LENGTH, SUBFIELD_LENGTH = 65, 27
#: Some banks count the five characters `:86:` and the line with them as 65: such a first line may be cut or not.
_FIRST_LINE_WITH_TAG = LINE_LENGTH - len(":86:")
_STRUCTURED = re.compile(r"[0-9]{3}(?P<mark>[?~+<>])[0-9]{2}")
#: Subfields that are one text cut into pieces: the purpose, and the name of the other party.
_CHAINS = (
    {"20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "60", "61", "62", "63"},
    {"32", "33"},
)
#: The words for the amount that was asked for and for the charges: /OCMT/CNY20,00/ and /CHGS/CNY3,00/ of SWIFT, in field
#: 61 or 86; OAMT+ and COAM+ in subfields of field 86. The currency may be missing.
_INSTRUCTED, _CHARGES = r"(?:/OCMT/|\bOAMT\+)", r"(?:/CHGS/|\bCOAM\+)"
_WORDED_AMOUNT = r"\s*(?P<currency>[A-Z]{3})?\s*(?P<amount>[0-9]{1,15}(?:[,.][0-9]{0,2})?)(?![0-9,.])"


class AmountFault(Exception):
    """Why an amount in words cannot be used."""


@dataclass(frozen=True)
class WordedAmounts:
    """What field 61 or 86 says of a booked amount: the amount that was asked for, and the charges; None where nothing."""

    instructed: Decimal | None
    charges: Decimal | None


def worded_amounts(booking: str, details: JoinedDetails, currency: str) -> WordedAmounts:
    """The amounts in a currency from field 61 behind the type, else from field 86. Raises AmountFault."""

    def said(word: str) -> Decimal | None:
        in_booking = _sum_of(word, currency, booking, None)
        return in_booking or _sum_of(word, currency, details.text, details.may_be_cut_at)

    return WordedAmounts(said(_INSTRUCTED), said(_CHARGES))


def _sum_of(word: str, currency: str, text: str, may_be_cut_at: int | None) -> Decimal | None:
    """The sum of the amounts behind a word; those in other currencies are passed over."""
    found = None
    for place in re.finditer(word, text):
        match = re.compile(_WORDED_AMOUNT).match(text, place.end())
        shown = text[place.start() : place.end() + 20].split("\n")[0]
        if match is None:
            raise AmountFault(f"has no amount with a comma and at most two decimals in '{shown}'")
        if match.end() == may_be_cut_at:
            raise AmountFault(f"ends in '{shown}' where its line does and may be cut")
        if match["currency"] in (None, currency):
            found = (found or Decimal("0.00")) + Decimal(match["amount"].replace(",", ".").removesuffix("."))
    return found


@dataclass(frozen=True)
class JoinedDetails:
    """A field 86 as one text, its parts on lines of their own. `may_be_cut_at` is the end of the first line where nobody
    can say whether the next one goes on with the same word."""

    text: str
    may_be_cut_at: int | None = None


def join_details(lines: list[str], encoding: str) -> JoinedDetails:
    """Join the lines of a field 86 (the first without its tag), a character for each byte; the text is in `encoding`."""
    pieces = list(lines)
    while pieces and not pieces[-1].strip():
        pieces.pop()
    if not pieces:
        return JoinedDetails("")
    widths = {LINE_LENGTH, _own_width(pieces)}
    structured = _STRUCTURED.match(pieces[0])
    if structured is not None:
        # Only the marks end a part here; blanks at a line's end are dropped.
        lines_of_it = [_full(piece, widths, encoding) or piece.rstrip(" ") for piece in pieces]
        return JoinedDetails(_decoded(_join_subfields("".join(lines_of_it), structured["mark"], encoding), encoding))
    may_be_cut_at = None
    first = _full(pieces[0], {_FIRST_LINE_WITH_TAG}, encoding)
    if first is not None and len(pieces) > 1 and _full(pieces[0], widths, encoding) is None:
        pieces[0] = first
        may_be_cut_at = len(_decoded(first, encoding))
    text = ""
    for piece in pieces:
        full = _full(piece, widths, encoding)
        text += piece + "\n" if full is None else full
    return JoinedDetails(_decoded(text, encoding), may_be_cut_at)


def _decoded(text: str, encoding: str) -> str:
    return text.encode("latin-1").decode(encoding, errors="backslashreplace")


def _own_width(lines: list[str]) -> int:
    """The width at which a bank cuts that does not cut at 65: where all lines but the last are as long as each other, but
    for blanks at which they were cut."""
    lengths = [len(line.rstrip(" ")) for line in lines[:-1]]
    if len(lines) < 3 or len({len(line) for line in lines[:-1]}) > 1:
        return LINE_LENGTH
    width = max(lengths)
    is_cut = width >= SUBFIELD_LENGTH and min(lengths) >= width - 2 and len(lines[-1].rstrip(" ")) <= width
    return width if is_cut else LINE_LENGTH


def _full(line: str, widths: set[int], encoding: str) -> str | None:
    """The line where it has a full length, without the blanks behind that; None for a shorter or longer one. Banks count
    bytes or characters."""
    text = _decoded(line, encoding)
    for width in sorted(widths, reverse=True):
        if len(line.rstrip(" ")) <= width <= len(line):
            return line[:width]
        if len(text.rstrip(" ")) <= width <= len(text):
            return line[: len(line) - (len(text) - width)]
    return None


def _has_length(text: str, length: int, encoding: str) -> bool:
    """Whether a text has so many bytes, or so many characters: banks count either."""
    return length in (len(text), len(_decoded(text, encoding)))


def _join_subfields(text: str, mark: str, encoding: str) -> str:
    """The subfields, each on a line of its own, those that are one text joined."""
    parts = re.split(rf"{re.escape(mark)}([0-9]{{2}})", text)
    joined = parts[0]
    before, chain_before = "", None
    for code, content in zip(parts[1::2], parts[2::2], strict=True):
        chain = next((at for at, codes in enumerate(_CHAINS) if code in codes), None)
        goes_on = chain is not None and chain == chain_before and _has_length(before, SUBFIELD_LENGTH, encoding)
        joined += content if goes_on else "\n" + content
        before, chain_before = content, chain
    return joined
