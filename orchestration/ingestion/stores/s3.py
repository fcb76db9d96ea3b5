"""Sources in S3 and what speaks its protocol (MinIO, Ceph): fsspec's s3fs with time-outs and one place that retries.

Imported only where a source needs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, PartialCredentialsError, ReadTimeoutError
from fsspec.asyn import FSTimeoutError
from s3fs import S3FileSystem
from s3fs.utils import FileExpired

from orchestration.ingestion.stores.base import FileChanged, Item, Read, Store


class S3Store(Store):
    """Objects of a bucket, those of a prefix as the files of a folder."""

    read_bytes = 8 << 20  # each reading is a request
    resumes = True

    def connect(self) -> S3FileSystem:
        """A file system with the access's keys; without any, those that the AWS tools would use."""
        access = self.access
        files = S3FileSystem(
            key=self.secret(access.access_key_env, "access_key_env"),
            secret=self.secret(access.secret_key_env, "secret_key_env"),
            token=self.secret(access.session_token_env, "session_token_env"),
            endpoint_url=access.endpoint_url,
            client_kwargs={"region_name": access.region} if access.region else {},
            config_kwargs={
                "connect_timeout": access.timeout_seconds,
                "read_timeout": access.timeout_seconds,
                # The pull retries, for all sources alike; two more rounds of retries below it would multiply the waits.
                "retries": {"total_max_attempts": 1, "mode": "standard"},
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        files.retries = 1
        return files

    def items(self, folder: str) -> list[Item]:
        """Objects and prefixes below a prefix. An empty prefix has none; raises FileNotFoundError for no bucket."""
        try:
            found = super().items(folder)
        except FileNotFoundError:
            self._connected().info(folder.split("/", 1)[0])
            return []
        # Some tools keep a folder as an empty object of its own name.
        return [item for item in found if item.path.rstrip("/") != folder]

    @contextmanager
    def reading(self, item: Item) -> Iterator[Read]:
        """Within, a function that reads bytes of this version of the object, and of no later one."""
        with self._connected().open(item.path, "rb", cache_type="none") as file:

            def read(offset: int, size: int) -> bytes:
                try:
                    file.seek(offset)
                    return bytes(file.read(size))
                except FileExpired as error:
                    raise FileChanged from error

            yield read

    def describe_error(self, error: Exception) -> str:
        """The error in words."""
        if isinstance(error, ConnectTimeoutError | ReadTimeoutError | FSTimeoutError):
            return f"no answer within {self.access.timeout_seconds:g} s"
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            return "there are no keys: name the environment variables in access_key_env and secret_key_env"
        if isinstance(error, PermissionError):
            names = f"what {self.access.access_key_env} and {self.access.secret_key_env} hold" * bool(
                self.access.access_key_env
            )
            return f"the server refuses {names or 'the keys that were found'}: {error}"
        return super().describe_error(error)

    def is_permanent(self, error: Exception) -> bool:
        """Whether trying again soon would meet the same error."""
        return super().is_permanent(error) or isinstance(error, NoCredentialsError | PartialCredentialsError)

    def _mtime_ns(self, info: dict[str, Any]) -> int:
        """When the object was written. S3 gives whole seconds; the digits below them come from the ETag, so that two versions
        written within one second differ."""
        written_at = info.get("LastModified")
        if not isinstance(written_at, datetime):
            return 0
        etag = str(info.get("ETag", "")).encode()
        below_a_second = int.from_bytes(hashlib.sha256(etag).digest()[:4], "big") % 10**9
        return int(written_at.timestamp()) * 10**9 + below_a_second
