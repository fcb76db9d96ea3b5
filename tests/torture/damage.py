"""Damage as it happens to files: on a line, on a disk, in an editor, in a switch that restarts. Bytes in, bytes out.

Nothing here knows a format beyond its lines and separators, so it serves every format; what must hold of a damaged file is
in fuzzing.py.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from random import Random

import zstandard

Damage = Callable[[bytes, Random], bytes]

_SEPARATORS = (b",", b"|", b";", b"\t", b":")
_WRONG_VALUES = (
    b"", b" ", b"-1", b"+1", b"0", b"00", b"1.0", b"1e3", b"NaN", b"null", b"None", b"true", b"0x10", b"86400", b"86401",
    b"2147483648", b"9223372036854775807", b"9223372036854775808", b"9" * 40, b"-" + b"9" * 40, b"0.005", b"12,34", b"1 000",
    b"1970-01-01", b"2026-02-30 10:00:00", b"2026-03-02 24:00:00", b"2026-03-02 10:00:60", b"2026-03-02T10:00:00", b"9999-12-31",
    b"0000-00-00 00:00:00", b"+8657488888888", b"0086", b"(0574) 8888-8888", b"#31#", b"a", b"'", b"''", b'"', b'""', b'"a', b'a"b',
    b"\\", b"\x00", b"\x1a", b"\x7f", b"\xff", b"\xef\xbb\xbf", "张".encode(), "张".encode("gbk"), "\u2028".encode(), "\ufeff".encode(),
    b"%s", b"{}", b"; drop table files", b"=1+1", b"x" * 70_000,
)  # fmt: skip


def lines_of(content: bytes) -> list[bytes]:
    """The lines with their ends."""
    return content.splitlines(keepends=True)


def flip_bits(content: bytes, random: Random) -> bytes:
    """One to four bits are turned."""
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut_end(content: bytes, random: Random) -> bytes:
    """The transfer broke off."""
    return content[: random.randint(0, len(content))]


def cut_middle(content: bytes, random: Random) -> bytes:
    """A block is missing."""
    start = random.randint(0, len(content))
    return content[:start] + content[random.randint(start, len(content)) :]


def repeat_block(content: bytes, random: Random) -> bytes:
    """A block was written twice."""
    start = random.randint(0, len(content))
    end = random.randint(start, len(content))
    return content[:end] + content[start:]


def drop_line(content: bytes, random: Random) -> bytes:
    """A line is missing."""
    lines = lines_of(content)
    if lines:
        del lines[random.randrange(len(lines))]
    return b"".join(lines)


def repeat_line(content: bytes, random: Random) -> bytes:
    """A line stands twice, not always beside itself."""
    lines = lines_of(content)
    if lines:
        lines.insert(random.randint(0, len(lines)), random.choice(lines))
    return b"".join(lines)


def swap_lines(content: bytes, random: Random) -> bytes:
    """Two lines changed places."""
    lines = lines_of(content)
    if lines:
        one, other = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def break_line(content: bytes, random: Random) -> bytes:
    """A line end in the middle of a line, or none between two."""
    at = random.randint(0, len(content))
    if random.random() < 0.5:
        return content[:at] + random.choice((b"\n", b"\r\n", b"\r", b"\n\n\n")) + content[at:]
    return content[:at] + content[at:].replace(b"\n", b"", 1)


def change_field(content: bytes, random: Random) -> bytes:
    """A field is replaced by something that has no business there."""

    def wrong(fields: list[bytes]) -> None:
        fields[random.randrange(len(fields))] = random.choice(_WRONG_VALUES)

    return _on_fields(content, random, wrong)


def swap_fields(content: bytes, random: Random) -> bytes:
    """Two fields of a line changed places."""

    def swap(fields: list[bytes]) -> None:
        one, other = random.randrange(len(fields)), random.randrange(len(fields))
        fields[one], fields[other] = fields[other], fields[one]

    return _on_fields(content, random, swap)


def drop_or_add_field(content: bytes, random: Random) -> bytes:
    """A line has a field too many or too few."""

    def resize(fields: list[bytes]) -> None:
        at = random.randrange(len(fields))
        if random.random() < 0.5:
            del fields[at]
        else:
            fields.insert(at, random.choice(_WRONG_VALUES))

    return _on_fields(content, random, resize)


def insert_bytes(content: bytes, random: Random) -> bytes:
    """Noise in the middle: NULs, control characters, half a character of another encoding."""
    noise = random.choice(
        (
            b"\x00",
            b"\x00" * 512,
            b"\x1a",
            b"\xff\xfe",
            b"\xe5\xbc",
            b"\xd5",
            b'"',
            b'"\n"',
            b"\x80\x81",
            b"\r",
            b"\xc2\xa0",
        )
    )
    at = random.randint(0, len(content))
    return content[:at] + noise + content[at:]


def recode(content: bytes, random: Random) -> bytes:
    """Somebody opened the file and saved it with another encoding or other line ends."""
    way = random.choice(("utf-16", "utf-8-sig", "crlf", "cr", "ebcdic", "upper"))
    if way == "crlf":
        return content.replace(b"\n", b"\r\n")
    if way == "cr":
        return content.replace(b"\n", b"\r")
    if way == "upper":
        return content.upper()
    text = content.decode("latin-1")
    return text.encode({"ebcdic": "cp500"}.get(way, way), errors="replace")


def pad_end(content: bytes, random: Random) -> bytes:
    """What follows the last record: empty lines, blanks, the end-of-file mark of old systems, another file's beginning."""
    tail = random.choice(
        (b"\n", b"\n\n\n", b" \n", b"\x1a", b"\x00" * 100, b"\r\n\r\n", content[: random.randint(0, 200)])
    )
    return content.rstrip(b"\n") + tail if random.random() < 0.3 else content + tail


ALL: tuple[Damage, ...] = (
    flip_bits, cut_end, cut_middle, repeat_block, drop_line, repeat_line, swap_lines, break_line, change_field, swap_fields,
    drop_or_add_field, insert_bytes, recode, pad_end,
)  # fmt: skip
# What leaves most of a file readable comes more often: it gets past the header, into the decoders.
_CHOICES: Sequence[Damage] = (
    *ALL,
    change_field,
    change_field,
    change_field,
    swap_fields,
    repeat_line,
    break_line,
    flip_bits,
)


def damaged(content: bytes, random: Random) -> bytes:
    """Content with none to four damages, one after the other."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        content = random.choice(_CHOICES)(content, random)
    return content


def packed(content: bytes, random: Random) -> tuple[bytes, str]:
    """The content plain or packed, now and then damaged or cut as packed bytes, or with the wrong suffix; and the suffix."""
    suffix = random.choice(("", "", "", "", ".gz", ".zst"))
    if suffix == ".gz":
        content = gzip.compress(content, compresslevel=1, mtime=0)
    elif suffix == ".zst":
        content = zstandard.ZstdCompressor(level=1).compress(content)
    if suffix and random.random() < 0.5:
        content = random.choice((flip_bits, cut_end, cut_middle, pad_end, repeat_block))(content, random)
    if random.random() < 0.02:
        suffix = random.choice(("", ".gz", ".zst"))
    return content, suffix


def _on_fields(content: bytes, random: Random, change: Callable[[list[bytes]], None]) -> bytes:
    """Change the fields of one line, split by the separator that it has most of."""
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    separator = max(_SEPARATORS, key=lambda mark: (lines[at].count(mark), -_SEPARATORS.index(mark)))
    fields = lines[at].split(separator)
    change(fields)
    lines[at] = separator.join(fields)
    return b"\n".join(lines)
