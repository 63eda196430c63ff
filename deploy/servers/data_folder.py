"""The data folder of an embedded stack: private, and used by one stack at a time."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.admin_key import ensure_password, write_private
from deploy.servers.process import ServerError

_LOCK = "lock"
_STATE = "servers.json"
_POLL_SECONDS = 0.05
# Time for servers whose parent was killed to end.
_LEFTOVER_SECONDS = 30


class Folder:
    """A data folder that this process has locked.

    Args:
        lock: File descriptor of the lock. A server that inherits it holds the lock, too: if its
            parent is killed, the next stack waits until the server has closed its files.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    def subfolder(self, name: str) -> Path:
        """Create a subfolder with mode 700 if it is missing."""
        folder = self.path / name
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def log(self, name: str) -> Path:
        """Return the log file of a server."""
        return self.subfolder("logs") / f"{name}.log"

    def password_file(self, name: str) -> Path:
        """Return the file of a server's password, which is created with mode 600 if missing."""
        file = self.path / f"{name}_password"
        ensure_password(file)
        return file

    def remembered(self, key: str) -> str | None:
        """Return a value that the last stack in this folder stored, if any."""
        return self._read().get(key)

    def remember(self, values: dict[str, str]) -> None:
        """Store values, such as ports and programs, for the next stack."""
        merged = self._read() | values
        write_private(self.path / _STATE, json.dumps(merged, indent=2, sort_keys=True) + "\n")

    def _read(self) -> dict[str, str]:
        try:
            state = json.loads((self.path / _STATE).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}


@contextmanager
def locked_folder(path: Path) -> Iterator[Folder]:
    """Lock the folder, which is created with mode 700 if it is missing.

    An existing folder with other contents keeps its permissions.

    Raises:
        ServerError: Another stack holds the lock.
    """
    path = path.absolute()
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (path / _LOCK).exists() or not any(path.iterdir()):
        path.chmod(0o700)
    descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Say whether a stack holds the lock of a folder, which need not exist."""
    try:
        descriptor = os.open(path / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while not _try_lock(descriptor):
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        if _is_alive(holder) or time.monotonic() > deadline:
            raise ServerError(
                f"the data folder {folder} is in use by another stack (process {holder or '?'}). "
                "Stop that one, or set MINILAB_DATA_DIR to another folder"
            )
        time.sleep(_POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
