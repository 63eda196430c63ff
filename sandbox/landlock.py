"""Landlock: the kernel holds a process to the files that it may read, and to itself.

Libraries for it exist and lack what is used here (TCP, signals); it is three system calls.

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
# How many rights to files each version of the interface knows; later ones know no more.
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
    """Say which version of the interface the kernel speaks; 0 where it has none."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)), 0)


def allow_reading_only(files: Iterable[Path], folders: Iterable[Path]) -> int:
    """Hold this thread, and those that it starts, to reading; it must be the only one.

    From then on it cannot write, make, move or execute any file, or look at another process;
    from version 4 on, use TCP; from version 6 on, signal a process that is not its own.
    What is open stays usable.

    Args:
        files: May be read, with all that is beneath them; those that do not exist are left out.
        folders: May be listed, with all that is beneath them, and not read.

    Returns:
        The version of the interface that holds, or 0 where the kernel has none.

    Raises:
        OSError: The kernel has it and refuses to use it.
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
