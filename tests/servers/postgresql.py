"""A PostgreSQL server of the tests' own: one for each pytest invocation and all of its workers.

``ARENATEST_TEST_POSTGRES`` names one that runs already, by a URL whose user may make schemas.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

WAIT = 120.0  # seconds for a machine that is busy
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")


class Unavailable(Exception):
    """There is no PostgreSQL on this machine."""


class Server:
    """A cluster in a folder; started and stopped as often as a test likes.

    Args:
        folder: Made if need be; the user ``postgres`` must be able to reach it.
        survives: Whether what was committed outlives a crash of the server.
    """

    def __init__(self, folder: Path, *, survives: bool = False) -> None:
        self.folder = folder
        self._settings = _QUICK if not survives else (*_QUICK, "synchronous_commit=on")
        self.port_file = folder / "port"

    @property
    def port(self) -> int:
        return int(self.port_file.read_text())

    def url(self, database: str = "postgres", *, user: str = "arena", password: str = "") -> str:
        who = f"{user}:{password}" if password else user
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Make the files of the cluster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        options = ("-U", "arena", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", self.data, *options, "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        if not self.port_file.exists():
            self.port_file.write_text(str(free_port()))
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
            *self._settings,
        ]
        options = " ".join(f"-c {setting}" for setting in settings)
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` ends connections, ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*_as_postgres(), str(_programs() / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd="/",
        )


def shared_server(invocation: str, owner: int) -> Server:
    """Return the server of a pytest invocation, started by whoever comes first.

    It is stopped by a process of its own when the invocation's first process is gone, however that
    ended.

    Args:
        invocation: Shared by all workers.
        owner: Process id of pytest, or of xdist's controller.
    """
    _programs()
    folder = Path(tempfile.gettempdir()) / f"arena-pg-{invocation}"
    with FileLock(f"{folder}.lock", timeout=WAIT):
        server = Server(folder)
        if not (folder / "ready").exists():
            server.make()
            server.start()
            _keep(server, owner)
            (folder / "ready").touch()
    return server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _keep(server: Server, owner: int) -> None:
    subprocess.run(
        [sys.executable, __file__, str(server.folder), str(owner)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_and_remove(folder: Path, owner: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while _is_alive(owner):
        time.sleep(0.5)
    try:
        Server(folder).stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(f"{folder}.lock").unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _programs() -> Path:
    """Return where PostgreSQL's programs lie: those of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: int(it.parent.name))
    if not folders:
        raise Unavailable("PostgreSQL is not installed")
    return folders[-1]


def _as_postgres() -> list[str]:
    """Return what stands before a command: the server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]


if __name__ == "__main__":
    if os.fork():  # whoever started this waits for no child
        sys.exit()
    os.setsid()
    _wait_and_remove(Path(sys.argv[1]), int(sys.argv[2]))
