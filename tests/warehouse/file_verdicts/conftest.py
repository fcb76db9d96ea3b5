"""The small intake, which the tests of the files' verdicts and of their ledger deliver to as well."""

from tests.ingestion.conftest import intake

__all__ = ["intake"]
