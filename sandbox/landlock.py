"""Landlock: the kernel limits a process to some readable files and to itself.

The existing libraries lack TCP and signals; the interface has three system calls.

Source:
    landlock(7); linux/landlock.h.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# Number of file rights in each version of the interface; later versions have no more.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_TCP = 0b11  # To bind, to connect.
_SCOPES = 0b11  # To abstract sockets, to send signals, out of the process's own domain.

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def landlock_version() -> int:
    """Return the kernel's version of the interface; 0 if it has none."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)), 0)


def allow_reading_only(files: Iterable[Path], folders: Iterable[Path]) -> int:
    """Limit this thread, which must be the only one, and its later threads to reading.

    Returns the version of the interface that is in use, or 0.

    It can no longer write, create, move or execute a file, or inspect another process; from
    version 4 on, use TCP; from version 6 on, signal other processes. Open files stay usable.

    Args:
        files: Readable files and folders; missing ones are ignored.
        folders: Folders that may be listed, but not read.

    Raises:
        OSError: The kernel has the interface and refuses the call.
    """
    version = landlock_version()
    if not version:
        return 0
    ruleset = _Ruleset(
        handled_access_fs=(1 << _FILE_RIGHTS.get(version, 16)) - 1,
        handled_access_net=_TCP if version >= _TCP_SINCE else 0,
        scoped=_SCOPES if version >= _SCOPES_SINCE else 0,
    )
    ruleset_fd = _call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        for path in files:
            _allow(ruleset_fd, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        for path in folders:
            _allow(ruleset_fd, path, _READ_DIR)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
        _call(_RESTRICT_SELF, ruleset_fd, 0)
    finally:
        os.close(ruleset_fd)
    return version


def _allow(ruleset_fd: int, path: Path, rights: int) -> None:
    try:
        path_fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = _PathBeneath(rights, path_fd)
        _call(_ADD_RULE, ruleset_fd, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(path_fd)


def _call(number: int, *args: object) -> int:
    result = int(_libc.syscall(number, *args))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
