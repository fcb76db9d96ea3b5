"""Sources on an SSH server: fsspec's SFTP file system, made to know the server it talks to and to wait no longer than it may.

fsspec accepts any host key by default; here an unknown or a wrong one is refused. Imported only where a source needs it.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, cast

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.sftp import CMD_DATA, CMD_READ, int64

from orchestration.ingestion.stores.access import Access
from orchestration.ingestion.stores.base import Item, Read, SourceFault, Store

_KEEPALIVE_SECONDS = 15

# The pull reports each failure in words; paramiko would add its own message and a traceback on standard error.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class SftpStore(Store):
    """Files of an SSH server."""

    read_bytes = 1 << 20
    resumes = True

    def connect(self) -> SFTPFileSystem:
        """Connect and log in. Raises SourceFault for host keys and credentials that are not as they should be."""
        access = self.access
        assert access.known_hosts is not None
        username = access.username or self.secret(access.username_env, "username_env")
        credentials: dict[str, Any] = {
            "password": self.secret(access.password_env, "password_env"),
            "pkey": self._key(),
        }
        # Without credentials of its own a source is reached as `ssh` would reach it: with the user's keys and agent.
        own = access.password_env is not None or access.key_file_env is not None
        credentials |= {"look_for_keys": not own, "allow_agent": not own}
        try:
            return _KnownServer(access, username, credentials)
        except paramiko.BadHostKeyException as error:
            raise SourceFault(self._wrong_host_key(error)) from error
        except paramiko.AuthenticationException as error:
            names = [name for name in (access.password_env, access.key_file_env) if name]
            means = f"what {' and '.join(names)} hold" if names else "the keys of this user's agent and ~/.ssh"
            user = f"user '{username}'" if username else "this user"
            raise SourceFault(f"the server does not let {user} in with {means}: check user, key or password") from error

    def disconnect(self) -> None:
        """Close the connection without waiting for the server."""
        if self._files is not None:
            self._files.client.close()
        super().disconnect()

    @contextmanager
    def reading(self, item: Item) -> Iterator[Read]:
        """Within, a function that reads bytes of the file."""
        file = self._connected().open(item.path, "rb")

        def read(offset: int, size: int) -> bytes:
            return _read_at_once(file, offset, size)

        try:
            yield read
        except Exception:
            self.disconnect()  # or closing the file would wait for a server that does not answer
            raise
        file.close()

    def describe_error(self, error: Exception) -> str:
        """The error in words."""
        if isinstance(error, UnicodeDecodeError):
            return f"a file's name there is not UTF-8 ({error.object!r}): have it renamed"
        if isinstance(error, EOFError):
            return "the server closed the connection"
        if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
            return f"nobody listens on {self.access.host}, port {self.access.port}"
        return super().describe_error(error)

    def is_permanent(self, error: Exception) -> bool:
        """Whether trying again soon would meet the same error."""
        return super().is_permanent(error) or isinstance(error, UnicodeDecodeError)

    def leads_nowhere(self, error: OSError) -> bool:
        """Whether following a link failed because of the link; a loop of links is just a failure in SFTP."""
        return super().leads_nowhere(error) or str(error) == "Failure"

    def _key(self) -> paramiko.PKey | None:
        access = self.access
        path = self.secret(access.key_file_env, "key_file_env")
        if path is None:
            return None
        passphrase = self.secret(access.key_passphrase_env, "key_passphrase_env")
        named = f"the key file that {access.key_file_env} names (field key_file_env)"
        load: Any = paramiko.PKey.from_path  # by its stubs the passphrase is text, but it must be bytes
        try:
            return cast("paramiko.PKey", load(path, None if passphrase is None else passphrase.encode()))
        except FileNotFoundError as error:
            raise SourceFault(f"{named} is not there") from error
        except TypeError as error:  # the cryptography package reports locked, and not locked, in this way
            state = "is locked: name its passphrase" if passphrase is None else "is not locked: leave out"
            raise SourceFault(f"{named} {state} (field key_passphrase_env)") from error
        except (OSError, ValueError, paramiko.SSHException) as error:
            raise SourceFault(f"{named} cannot be read: {error}") from error

    def _wrong_host_key(self, error: paramiko.BadHostKeyException) -> str:
        return (
            f"the server shows the host key {fingerprint(error.key)}, but {self.access.known_hosts} has "
            f"{fingerprint(error.expected_key)} for it: it was set up again, or another machine answers in its place. "
            "Ask its operator for the fingerprint, and replace the line only if it is this one"
        )


class _KnownServer(SFTPFileSystem):
    """fsspec's file system over a connection whose server is known and whose every wait is bounded."""

    cachable = False

    def __init__(self, access: Access, username: str | None, credentials: dict[str, Any]) -> None:
        self._access = access
        login = {"port": access.port, "username": username, **credentials}
        super().__init__(access.host, host_key_policy=_RefuseUnknown(access), **login)

    def _connect(self) -> None:
        access, seconds = self._access, self._access.timeout_seconds
        assert access.known_hosts is not None
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(self.host_key_policy)
        if access.known_hosts.is_file():
            self.client.load_host_keys(str(access.known_hosts))
        # Some of paramiko's waits have no bound of their own (the answer to a subsystem request): this bounds them all.
        expired = threading.Event()

        def give_up() -> None:
            expired.set()
            self.client.close()

        watch = threading.Timer(seconds, give_up)
        watch.daemon = True
        watch.start()
        try:
            self.client.connect(
                self.host,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                **self.ssh_kwargs,
            )
            transport = self.client.get_transport()
            assert transport is not None
            transport.set_keepalive(_KEEPALIVE_SECONDS)
            channel = transport.open_session(timeout=seconds)
            channel.settimeout(seconds)
            channel.invoke_subsystem("sftp")
            self.ftp = paramiko.SFTPClient(channel)
        except BaseException as error:
            self.client.close()
            if expired.is_set():
                raise TimeoutError from error
            raise
        finally:
            watch.cancel()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path  # a name may hold what a URL may not: `#`, `?`, `%`


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    """No server whose host key is not known."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        """Refuse, with what to do."""
        known_hosts = self._access.known_hosts
        assert known_hosts is not None
        scan = f"ssh-keyscan -p {self._access.port} {self._access.host}"
        raise SourceFault(
            f"the server's host key {fingerprint(key)} is not in {known_hosts}"
            f"{'' if known_hosts.is_file() else ' (there is no such file)'}: ask its operator for the fingerprint, and if "
            f"it is this one, add what `{scan}` prints to that file"
        )


class _Answers:
    """The answers to a number of read requests, by request."""

    def __init__(self, raise_status: Callable[[paramiko.Message], None]) -> None:
        self.data: dict[int, bytes] = {}
        self.error: OSError | None = None
        self._raise_status = raise_status

    def _async_response(self, kind: int, message: paramiko.Message, request: int) -> None:
        self.data[request] = b""
        if kind == CMD_DATA:
            self.data[request] = message.get_string()
            return
        try:
            self._raise_status(message)
        except EOFError:
            return  # the file ends here
        except OSError as error:
            self.error = error


def _read_at_once(file: Any, offset: int, size: int) -> bytes:
    """Bytes of an open file. All requests are sent before the first answer is awaited, so there is no wait for each 32 KiB of a
    far server. Fewer bytes come where the file ends or the server gives less than requested.

    paramiko's own readv sends from another thread, which may fall behind the answers: it then asks for the rest once more,
    and everything comes twice. Its request and response calls are not public; the tests of cut copies hold them.
    """
    answers = _Answers(file.sftp._convert_status)
    sent = []
    for start in range(offset, offset + size, file.MAX_REQUEST_SIZE):
        length = min(file.MAX_REQUEST_SIZE, offset + size - start)
        request = file.sftp._async_request(answers, CMD_READ, file.handle, int64(start), length)
        sent.append((request, length))
    while len(answers.data) < len(sent):
        file.sftp._read_response()
    if answers.error is not None:
        raise answers.error
    parts = []
    for request, length in sent:
        parts.append(answers.data[request])
        if len(parts[-1]) < length:
            break
    return b"".join(parts)


def fingerprint(key: paramiko.PKey) -> str:
    """A key's type and SHA-256 fingerprint as `ssh-keygen -l` writes it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"
