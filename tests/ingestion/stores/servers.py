"""Servers on loopback that files are pulled from, and a line to them that can be cut, stalled or answered for.

Nothing here listens on anything but 127.0.0.1, and everything ends with the test that began it.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"
SSHD = shutil.which("sshd", path=f"/usr/sbin:/usr/local/sbin:{os.environ.get('PATH', '')}")

_SSHD_CONFIG = """\
ListenAddress {address}:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub {folder}/locked_key.pub
PidFile none
StrictModes no
UsePAM no
KbdInteractiveAuthentication no
PasswordAuthentication yes
PermitRootLogin yes
MaxStartups 100
UseDNS no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def make_key(path: Path, passphrase: str = "") -> Path:
    """A new key pair."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)
    return path


@dataclass
class SshServer:
    """An OpenSSH server with keys of its own in a folder; it serves this machine's files to whoever has `client_key`."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def client_key(self) -> Path:
        """The private key that is let in."""
        return self.folder / "client_key"

    @property
    def user(self) -> str:
        """Who the client logs in as."""
        return getpass.getuser()

    def known_hosts(self, *ports: int, key: Path | None = None) -> Path:
        """A known_hosts file that has the server's key (or another one) for the ports."""
        public = (key or self.folder / "host_key").with_name((key or self.folder / "host_key").name + ".pub")
        kind, text = public.read_text().split()[:2]
        path = self.folder / f"known_hosts_{'_'.join(map(str, ports))}_{public.stem}"
        path.write_text("".join(f"[{LOOPBACK}]:{port} {kind} {text}\n" for port in ports))
        return path

    def __enter__(self) -> Self:
        assert SSHD is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        make_key(self.folder / "host_key")
        make_key(self.client_key)
        config = self.folder / "sshd_config"
        config.write_text(_SSHD_CONFIG.format(address=LOOPBACK, port=self.port, folder=self.folder))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd of root puts itself before it knows a client
        log = (self.folder / "sshd.log").open("wb")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
        log.close()
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"sshd does not answer: {(self.folder / 'sshd.log').read_text()}")

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=10)


class Line:
    """A TCP line to a server: counts what the server sends on each connection, and misbehaves as it is told.

    `cut_after` are numbers of bytes, one for each connection to come, after which the connection is broken; `stall_after`
    are the same, but the line goes silent and stays open. `answers` are whole answers given instead of the server's own,
    one for each connection to come.
    """

    def __init__(self, target_port: int) -> None:
        self.cut_after: list[int] = []
        self.stall_after: list[int] = []
        self.answers: list[bytes] = []
        self.sent: list[int] = []  # bytes from the server to the client, by connection
        self._target_port = target_port
        self._is_over = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(0.1)
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            number = len(self.sent)
            self.sent.append(0)
            canned = self.answers.pop(0) if self.answers else None
            cut = self.cut_after.pop(0) if self.cut_after else None
            stall = self.stall_after.pop(0) if self.stall_after else None
            thread = threading.Thread(target=self._carry, args=(client, number, canned, cut, stall), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(
        self, client: socket.socket, number: int, canned: bytes | None, cut: int | None, stall: int | None
    ) -> None:
        if canned is not None:
            with client:
                client.settimeout(5)
                client.recv(1 << 16)
                client.sendall(canned)
            return
        server = socket.create_connection((LOOPBACK, self._target_port))
        upward = threading.Thread(target=self._pump, args=(client, server), daemon=True)
        upward.start()
        with client, server:
            server.settimeout(0.1)
            while not self._is_over.is_set():
                if cut is not None and self.sent[number] >= cut:
                    break
                if stall is not None and self.sent[number] >= stall:
                    self._is_over.wait(0.1)
                    continue
                room = min(bound - self.sent[number] for bound in (cut, stall, 1 << 62) if bound is not None)
                try:
                    data = server.recv(min(1 << 16, room))
                    if not data:
                        break
                    client.sendall(data)
                except TimeoutError:
                    continue
                except OSError:
                    break
                self.sent[number] += len(data)
            for end in (client, server):
                with suppress(OSError):  # the other side may have gone already
                    end.shutdown(socket.SHUT_RDWR)  # closing alone would not wake who waits in recv
            upward.join(timeout=5)

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(1 << 16):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            return  # one of the two is gone, and the other way sees it too
