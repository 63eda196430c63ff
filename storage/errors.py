"""The errors that mean: a server cannot be reached or did not answer in time."""

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    PyMongoError,
    WaitQueueTimeoutError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

MONGODB_UNREACHABLE: tuple[type[Exception], ...] = (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    WaitQueueTimeoutError,
)
REDIS_UNREACHABLE: tuple[type[Exception], ...] = (
    RedisConnectionError,
    RedisTimeoutError,
    OSError,
)
MONGODB_FAILED: type[Exception] = PyMongoError
REDIS_FAILED: tuple[type[Exception], ...] = (RedisError, OSError)
STORE_FAILED: tuple[type[Exception], ...] = (MONGODB_FAILED, *REDIS_FAILED)
