"""MT940 by chance: however a bank folds, ends and encodes its lines, money goes to the account that was meant or nowhere."""

from __future__ import annotations

import random

from orchestration.ingestion.bank.formats.declared import load_bank_format
from tests.ingestion.bank.formats.readers import read_mt940

NAMES = {"utf-8": "JÜRGEN 王", "latin-1": "JÜRGEN MÜLLER", "gb18030": "王小明"}


def folded(text: bytes, width: int, first: int) -> list[bytes]:
    """The bytes cut at a width, the first piece at a width of its own."""
    rest = text[first:]
    return [text[:first], *(rest[at : at + width] for at in range(0, len(rest), width))]


def structured(text: bytes) -> bytes:
    """The text as subfields ?20, ?21 … of 27 bytes."""
    pieces = [text[at : at + 27] for at in range(0, len(text), 27)]
    return b"105?00DEBIT" + b"".join(b"?%d" % (20 + at) + piece for at, piece in enumerate(pieces)) + b"?32SOMEBODY"


def test_a_folded_account_is_the_right_one_or_the_booking_is_set_aside() -> None:
    chance = random.Random(7)
    declared = load_bank_format("mt940")
    found = 0
    for _ in range(600):
        account = f"A{chance.randrange(1, 10 ** chance.randrange(1, 7))}"
        encoding = chance.choice(sorted(NAMES))
        filling = "".join(chance.choice("ABC 0123456789") for _ in range(chance.randrange(0, 140))).replace("\n", " ")
        text = f"{filling} ACCT {account} {NAMES[encoding]} {'X' * chance.randrange(0, 90)}".encode(encoding)
        form = chance.choice(["lines", "with tag", "own width", "subfields"])
        if form == "subfields":
            text = structured(text[: 27 * 9])
        width = chance.randrange(30, 64) if form == "own width" else 65
        pieces = folded(text, width, 61 if form == "with tag" else width)
        if form == "own width" and len(pieces) < 3:
            continue  # with two lines nobody can tell a cut from an end
        end = chance.choice([b"\n", b"\r\n"])
        details = (chance.choice([b"", b"  "]) + end).join(pieces)
        statement = end.join(
            [b":20:S", b":25:1", b":28C:1/1", b":60F:C260410CNY100,00", b":61:2604120412C20,33NDDTNONREF", b":86:" + details,
             b":62F:C260412CNY120,33", b"-", chance.choice([b"", b"\x1a"])]
        )  # fmt: skip
        batch = read_mt940(statement, declared)
        assert batch.differences == []
        if batch.set_aside:
            continue
        (line,) = batch.lines
        assert line.account_id == account, statement
        found += 1
    assert found > 300
