"""The stores of one pull: one connection for each access, opened when it is first needed. The driver of SFTP or S3 is imported
only where a source needs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from orchestration.ingestion.stores.access import Access
from orchestration.ingestion.stores.base import Store

_IMPATIENT_TIMEOUT_SECONDS = 10.0


def store_of(access: Access) -> Store:
    """The store for an access, not connected yet."""
    if access.protocol == "sftp":
        from orchestration.ingestion.stores.sftp import SftpStore

        return SftpStore(access)
    if access.protocol == "s3":
        from orchestration.ingestion.stores.s3 import S3Store

        return S3Store(access)
    return Store(access)


class Stores:
    """The stores of one pull, one for each access however many sources share it; closed together.

    Without `is_patient` each request is made once, and waits no longer than a sensor's turn allows.
    """

    def __init__(self, is_patient: bool = True) -> None:
        self._is_patient = is_patient
        self._stores: dict[Access, Store] = {}

    def of(self, access: Access) -> Store:
        """The store for an access."""
        if access not in self._stores:
            self._stores[access] = store_of(access if self._is_patient else _impatient(access))
        return self._stores[access]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for store in self._stores.values():
            store.disconnect()


def _impatient(access: Access) -> Access:
    return replace(access, retries=0, timeout_seconds=min(access.timeout_seconds, _IMPATIENT_TIMEOUT_SECONDS))
