"""Errors of drivers: a server cannot be reached, does not answer in time, or has no disk space."""

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)
from redis.exceptions import RedisError

MONGODB_UNREACHABLE: tuple[type[Exception], ...] = (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    WaitQueueTimeoutError,
)
MONGODB_FAILED: type[Exception] = PyMongoError
REDIS_FAILED: tuple[type[Exception], ...] = (RedisError, OSError)
OUT_OF_DISK_SPACE = 14031
STORE_FAILED: tuple[type[Exception], ...] = (MONGODB_FAILED, *REDIS_FAILED)


def is_disk_full(error: Exception) -> bool:
    """Return whether MongoDB refused a write because its disk is full."""
    if not isinstance(error, OperationFailure):
        return False
    failures = [error.details or {}, *(error.details or {}).get("writeErrors", [])]
    return any(failure.get("code") == OUT_OF_DISK_SPACE for failure in failures)
