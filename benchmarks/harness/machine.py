"""Description of the machine and the versions that figures depend on."""

import platform
from importlib.metadata import version

import psutil
from pymongo import MongoClient
from redis import Redis

from sandbox.processors import usable_processors

PACKAGES = ("litestar", "uvicorn", "arq", "motor", "numpy", "pillow", "opencv-python-headless")


def describe_machine(mongodb_url: str, redis_url: str) -> dict[str, str]:
    """Describe the machine, its servers and the packages, without naming the machine.

    Args:
        mongodb_url: A MongoDB, which is asked for its version.
        redis_url: A Redis, likewise.
    """
    memory_gb = psutil.virtual_memory().total / 2**30
    with MongoClient[dict[str, object]](mongodb_url) as client:
        mongodb = str(client.server_info()["version"])
    with Redis.from_url(redis_url) as redis:
        redis_version = str(redis.info("server")["redis_version"])
    return {
        "cores": f"{usable_processors()} ({platform.machine()})",
        "memory": f"{memory_gb:.0f} GiB",
        "system": platform.system(),
        "Python": platform.python_version(),
        "MongoDB": mongodb,
        "Redis": redis_version,
    } | {name: version(name) for name in PACKAGES}
