"""The readers of bank files, for bytes in memory: the product's readers open a landed file, at times more than once."""

from __future__ import annotations

import io
from contextlib import nullcontext
from typing import Any

from orchestration.ingestion.bank.formats import arudd, becs, iso20022, line_records, mt940, nacha
from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.reading import ReadBatch


def _opened(content: bytes) -> Any:
    return lambda: nullcontext(io.BytesIO(content))


def read_nacha(content: bytes) -> ReadBatch:
    """As nacha.read_nacha."""
    return nacha.read_nacha(_opened(content))


def read_becs(content: bytes) -> ReadBatch:
    """As becs.read_becs."""
    return becs.read_becs(_opened(content))


def read_arudd(content: bytes, declared: BankFormat) -> ReadBatch:
    """As arudd.read_arudd."""
    return arudd.read_arudd(_opened(content), declared)


def read_iso20022(content: bytes, declared: BankFormat) -> ReadBatch:
    """As iso20022.read_iso20022."""
    return iso20022.read_iso20022(_opened(content), declared)


def read_mt940(content: bytes, declared: BankFormat) -> ReadBatch:
    """As mt940.read_mt940."""
    return mt940.read_mt940(_opened(content), declared)


def read_line_records(content: bytes, declared: BankFormat) -> ReadBatch:
    """As line_records.read_line_records."""
    return line_records.read_line_records(_opened(content), declared)
