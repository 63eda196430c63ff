"""The folder that an embedded stack keeps its data in: one stack at a time, no one else's eyes."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.private_file import write_private
from deploy.servers.process import ServerError

_LOCK = "lock"
_STATE = "servers.json"
_POLL_SECONDS = 0.05
# Servers whose parent was killed are given this long to finish.
_LEFTOVER_SECONDS = 30


class Folder:
    """A data folder that this process holds.

    Args:
        path: Where.
        lock: File descriptor that holds the lock. A server that inherits it holds the lock too:
            when its parent is killed, the next stack waits until it has finished with its files.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    def subfolder(self, name: str) -> Path:
        """Make a folder in it that only its owner can read.

        Args:
            name: What it is called.
        """
        folder = self.path / name
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def log(self, name: str) -> Path:
        """Name the log file of a server.

        Args:
            name: The server.
        """
        return self.subfolder("logs") / f"{name}.log"

    def remembered(self, key: str) -> str | None:
        """Read what the last stack in this folder used, if it is known.

        Args:
            key: What `remember` stored it under.
        """
        return self._read().get(key)

    def remember(self, values: dict[str, str]) -> None:
        """Keep what this stack uses, for the next one.

        Args:
            values: Ports and programs by name.
        """
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
    """Make the folder where missing, for its owner alone, and hold it against other stacks.

    A folder that was there and holds other things keeps its permissions; what is put into it has
    its own.

    Args:
        path: Where.

    Raises:
        ServerError: Another stack holds it.
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
    """Say whether a stack holds the folder.

    Args:
        path: Where; it need not exist.
    """
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
