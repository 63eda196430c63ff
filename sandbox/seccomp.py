"""Seccomp: the kernel refuses system calls that a decoder does not need.

libseccomp writes the filters; Debian and Ubuntu ship it with their package manager.

Source:
    seccomp(2), seccomp_init(3), seccomp_rule_add(3).
"""

import ctypes
import errno
import os
import resource
from typing import NamedTuple

_LIBRARY = "libseccomp.so.2"
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_ALL_THREADS = 4  # SCMP_FLTATR_CTL_TSYNC
_OPTIMIZE, _BINARY_TREE = 8, 2
_NOT_EQUAL, _MASKED_EQUAL = 1, 7

_NETWORK = (
    "socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvmsg recvmmsg"
)
_PROCESSES = """
    execve execveat fork vfork ptrace process_vm_readv process_vm_writev process_madvise
    process_mrelease kcmp pidfd_open pidfd_getfd pidfd_send_signal tkill rt_sigqueueinfo
    rt_tgsigqueueinfo prctl seccomp setpriority setrlimit ioprio_set sched_setaffinity sched_setattr
    sched_setparam sched_setscheduler migrate_pages move_pages setpgid setsid
"""
_FILES = """
    creat mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2
    unlink unlinkat rmdir truncate ftruncate fallocate chmod fchmod fchmodat fchmodat2 chown fchown
    fchownat lchown setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr
    fremovexattr removexattrat utime utimes utimensat futimesat file_setattr memfd_create
    memfd_secret open_by_handle_at name_to_handle_at inotify_init inotify_init1 fanotify_init
"""
_SHARED = """
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open
    mq_unlink
"""
_SYSTEM = """
    mount umount2 mount_setattr move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
    pivot_root chroot unshare setns bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register io_setup io_submit keyctl add_key request_key init_module finit_module
    delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname syslog
    personality vhangup iopl ioperm modify_ldt setuid setgid setreuid setregid setresuid
    setresgid setgroups setfsuid setfsgid capset
"""
REFUSED: tuple[str, ...] = tuple(" ".join((_NETWORK, _PROCESSES, _FILES, _SHARED, _SYSTEM)).split())
"""System calls that are refused with any arguments."""

# Answered as by an older kernel: the C library then uses a call whose arguments a filter can read.
_TOO_NEW = ("clone3", "openat2")
_WRITING = (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, 0x400000)  # __O_TMPFILE
_CLONE_THREAD = 0x10000

# Newer than some libseccomp in use; from 424 on, numbers are the same on every machine.
_NUMBERS = {
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
    "open_tree_attr": 467,
    "file_setattr": 469,
}


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


class _Rule(NamedTuple):
    """Refuses a call, if all comparisons hold: number of an argument, operator, its operands."""

    call: str
    comparisons: tuple[tuple[int, int, int, int], ...] = ()
    error: int = errno.EPERM


def refuse_system_calls() -> bool:
    """Refuse system calls that decoding does not need, in every thread of this process.

    This covers the network, other processes, programs, writes to files that are not open, and
    changes of the system. The answer is EPERM. A system call of another architecture ends the
    process. Returns False without kernel support or libseccomp.
    """
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_ALLOW))
    if not context.value:
        return False
    try:
        for rule in _rules():
            _add(library, context, rule)
        library.seccomp_attr_set(context, _OPTIMIZE, _BINARY_TREE)
        library.seccomp_attr_set(context, _ALL_THREADS, 1)
        return bool(library.seccomp_load(context) == 0)
    finally:
        library.seccomp_release(context)


def _rules() -> list[_Rule]:
    others = ((0, _NOT_EQUAL, os.getpid(), 0),)  # A process may end itself, as abort() does.
    itself = (0, _NOT_EQUAL, 0, 0)
    # Root could raise its own limits again. The limit on CPU time is set for each call.
    new_limit = ((1, _NOT_EQUAL, resource.RLIMIT_CPU, 0), (2, _NOT_EQUAL, 0, 0))
    return [
        *(_Rule(call) for call in REFUSED),
        *(_Rule(call, error=errno.ENOSYS) for call in _TOO_NEW),
        *(_Rule("open", ((1, _MASKED_EQUAL, flag, flag),)) for flag in _WRITING),
        *(_Rule("openat", ((2, _MASKED_EQUAL, flag, flag),)) for flag in _WRITING),
        _Rule("clone", ((0, _MASKED_EQUAL, _CLONE_THREAD, 0),)),
        _Rule("kill", others),
        _Rule("tgkill", others),
        _Rule("prlimit64", (itself,)),
        _Rule("prlimit64", new_limit),
    ]


def _add(library: ctypes.CDLL, context: ctypes.c_void_p, rule: _Rule) -> None:
    number = library.seccomp_syscall_resolve_name(rule.call.encode())
    if number == -1:
        number = _NUMBERS.get(rule.call, -1)
    if number < 0:
        return  # Not a call of this architecture.
    count = len(rule.comparisons)
    comparisons = (_Comparison * count)(*(_Comparison(*one) for one in rule.comparisons))
    library.seccomp_rule_add_array(context, _ERRNO | rule.error, number, count, comparisons)
