"""3GPP TS 32.298 call records in BER: encoded here octet by octet (X.690), without the decoder's help."""

from __future__ import annotations

from pathlib import Path

from tests.ingestion.cdr.foreign import read


def tlv(tag: str, content: bytes | str) -> bytes:
    """Tag octets in hex, a definite length, and the content (text as hex)."""
    body = bytes.fromhex(content) if isinstance(content, str) else content
    length = bytes([len(body)]) if len(body) < 0x80 else bytes([0x81, len(body)])
    return bytes.fromhex(tag) + length + body


def stamp(digits: str, offset: str = "0800") -> bytes:
    """TimeStamp: YYMMDDhhmmss in BCD, "+", hhmm in BCD."""
    return bytes.fromhex(digits) + b"+" + bytes.fromhex(offset)


# 81: a number of unknown type in the telephony plan; TBCD of 2200001 is 22 00 00 f1, of 01088886666 10 80 88 68 66 f6.
CALLER, CALLED = "81220000f1", "811080886866f6"


def mobile_originated(duration: int = 61, answered: bool = True, tail: bytes = b"", cause: int = 0) -> bytes:
    """moCallRecord [0]: tags of MOCallRecord in 32.298."""
    content = tlv("80", "00") + tlv("83", CALLER) + tlv("85", CALLED) + tlv("ab", tlv("81", b"T09"))
    content += tlv("96", stamp("260301100000"))
    content += tlv("97", stamp("260301100005")) if answered else b""
    content += tlv("99", bytes([duration])) + tlv("9e", bytes([cause])) + tlv("9f20", "4d") + tail
    return tlv("a0", content)


def test_a_call_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, mobile_originated(), "ts32298")
    assert found.in_one_pass
    assert found.records == [(1, "2200001", "01088886666", None, "T09", "2026-03-01 10:00:05", 61, 16)]
    assert found.said == [("subscriber", None, "single", "77")]


def test_an_offset_from_utc_is_counted(tmp_path: Path) -> None:
    at_utc = mobile_originated().replace(stamp("260301100005"), stamp("260301020005", "0000"))
    assert read(tmp_path, at_utc, "ts32298").records[0][5] == "2026-03-01 10:00:05"


def test_a_call_that_came_to_nothing_begins_with_its_seizure(tmp_path: Path) -> None:
    diagnostics = tlv("bf1f", tlv("82", "11"))  # itu-tQ767Cause 17
    found = read(tmp_path, mobile_originated(0, answered=False, tail=diagnostics, cause=3), "ts32298")
    assert found.records == [(1, "2200001", "01088886666", None, "T09", "2026-03-01 10:00:00", 0, 17)]


def test_the_pieces_of_a_long_call_and_a_tandem_call(tmp_path: Path) -> None:
    pieces = [
        mobile_originated(cause=cause, tail=tlv("9f21", f"0{at}")) for at, cause in ((1, 1), (2, 1), (3, 0))
    ]  # causeForTerm 1 is partialRecord
    tandem = tlv(
        "a5",
        tlv("80", "07") + tlv("81", CALLER) + tlv("a2", tlv("80", "05")) + tlv("a3", tlv("80", "06"))
        + tlv("84", "911022f3") + tlv("85", CALLED) + tlv("87", stamp("260301100000"))
        + tlv("88", stamp("260301100001")) + tlv("8a", "0a") + tlv("8c", "00") + tlv("8e", "4e"),
    )  # fmt: skip
    found = read(tmp_path, b"".join(pieces) + tandem, "ts32298")
    assert found.in_one_pass
    assert [said[2:] for said in found.said] == [("first", "77"), ("middle", "77"), ("last", "77"), ("single", "78")]
    # 91: an international number, dialled with 00; trunk groups by number
    assert found.records[3] == (4, "0001223", "01088886666", "5", "6", "2026-03-01 10:00:01", 10, 16)
    assert found.said[3][0] == "transit"


def test_components_that_the_subset_does_not_name_and_padding_do_no_harm(tmp_path: Path) -> None:
    more = tlv("9f8148", "0102") + tlv("bf8149", tlv("80", "01"))
    found = read(
        tmp_path, b"\0\0" + mobile_originated(tail=more) + b"\xff" * 5 + mobile_originated() + b"\0" * 20, "ts32298"
    )
    assert [row[0] for row in found.records] == [1, 2]
    assert found.decoded.malformed == 0


def test_a_record_that_does_not_decode_is_set_aside_alone(tmp_path: Path) -> None:
    without_duration = mobile_originated().replace(tlv("99", "3d"), b"")
    broken = bytes([0xA0, len(without_duration) - 2]) + without_duration[2:]
    unknown = tlv("a6", tlv("80", "06"))  # SMS: no call record of the subset
    found = read(tmp_path, mobile_originated() + broken + unknown + mobile_originated(), "ts32298")
    assert [row[0] for row in found.records] == [1, 4]
    assert [(number, field) for number, field, _ in found.malformed] == [(2, "line"), (3, "line")]
    assert all(reason.startswith("does not decode as CallEventRecord: ") for _, _, reason in found.malformed)
    assert found.texts == [broken.hex(), unknown.hex()]


def test_what_cannot_be_framed_is_one_record_with_its_offset(tmp_path: Path) -> None:
    whole = mobile_originated()
    found = read(tmp_path, whole + whole[:30], "ts32298")
    assert found.malformed == [
        (2, "line", f"is cut at the file's end: the record at byte {len(whole)} is longer than what is left")
    ]
    assert found.texts == [whole[:30].hex()]
    reserved = b"\xa0\xff" + whole
    found = read(tmp_path, whole + reserved, "ts32298")
    assert found.malformed == [
        (2, "line", f"cannot be framed from byte {len(whole)} of the file on: a length octet of 0xFF is reserved")
    ]
    assert found.texts == [reserved.hex()]


def test_a_record_that_is_longer_than_any_is_one_damaged_record(tmp_path: Path) -> None:
    """Its own length says where the next one begins; only so much of it is kept as a line may have."""
    long = bytes.fromhex("a08320000a") + b"\0" * (0x20000A)
    found = read(tmp_path, mobile_originated() + long + mobile_originated(62), "ts32298")
    assert [record[0] for record in found.records] == [1, 3]
    ((number, field, reason),) = found.malformed
    assert (number, field, len(found.texts[0])) == (2, "line", 2 * (1 << 20))
    assert reason.startswith(f"has {len(long)} octets, and no record has more than 1048576")


def test_what_is_nested_without_end_and_what_claims_more_than_there_is_cost_what_comes_after(tmp_path: Path) -> None:
    for damage, told in (
        (bytes.fromhex("a080") * 5_000, "nested deeper than 50 levels"),
        (bytes.fromhex("a088") + b"\x7f" * 8 + b"rest", "is cut at the file's end"),
        (bytes.fromhex("a080" + "8188" + "7f" * 8), "no record has more than 1048576 octets"),
        (b"\x1f" + b"\xff" * 3_000_000, "cannot be framed from byte 60"),
    ):
        found = read(tmp_path, mobile_originated() + damage, "ts32298")
        assert [record[0] for record in found.records] == [1]
        assert [told in reason for *_, reason in found.malformed] == [True], found.malformed
