"""``make run``: the whole service on one machine, with MongoDB and Redis, under one supervisor.

Ctrl-C stops all of it; the next run finds the data again.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from deploy.console import named_output, say
from deploy.greeting import greet_when_ready, is_ready
from deploy.local_settings import (
    LocalSettings,
    keep_admin_key,
    keep_secret_key,
    read_settings,
)
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from deploy.servers.ports import is_free
from deploy.servers.process import ServerError, ServerProcess
from deploy.supervisor import ProcessRefused, Supervised, Supervisor
from domain.settings import SettingsError, SettingsReader
from storage.settings import LearningSettings

_ROOT = Path(__file__).resolve().parent.parent
_SELF = "minilab"
_GRACE_SECONDS = {
    "api": 35.0,
    "worker": 35.0,
    "deliverer": 30.0,
    "learner": 10.0,
    "redis": 10.0,
    "mongodb": 60.0,
}
# They stop in a second, and take many to start after a kill.
_HURRIED_SECONDS = {"redis": 10.0, "mongodb": 30.0}
_HURRIED_PROCESS_SECONDS = 1.0

COMMANDS: Mapping[str, Sequence[str]] = {
    "worker": (sys.executable, "-m", "tasks"),
    "deliverer": (sys.executable, "-m", "tasks.delivery"),
    "api": (sys.executable, "-m", "api"),
}
LEARNER: Mapping[str, Sequence[str]] = {"learner": (sys.executable, "-m", "tasks.learning")}
_log = partial(say, _SELF)


def main(commands: Mapping[str, Sequence[str]] = COMMANDS) -> int:
    """Run the service until a signal.

    Returns:
        0; 1 if a server does not start, 2 if the settings or the data cannot be used.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = read_settings(os.environ)
        _check_port(settings)
        with embedded_servers(
            settings.data_folder,
            mongodb=settings.mongodb_url is None,
            redis=settings.redis_url is None,
        ) as servers:
            learner = LEARNER if SettingsReader(os.environ).read(LearningSettings).learning else {}
            asyncio.run(_run(settings, servers, {**commands, **learner}))
    except (SettingsError, ProcessRefused) as error:
        print(error, file=sys.stderr)
        return 2
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _check_port(settings: LocalSettings) -> None:
    if not is_free(settings.port, settings.host):
        place = f"port {settings.port} on {settings.host}"
        mistake = f"MINILAB_PORT: {place} is taken; stop what listens there, or choose another"
        raise SettingsError([mistake])


async def _run(
    settings: LocalSettings, servers: EmbeddedServers, commands: Mapping[str, Sequence[str]]
) -> None:
    admin_key = keep_admin_key(settings)
    environment = _environment(settings, servers, admin_key)
    async with AsyncExitStack() as stack:
        processes = list(servers.started)
        for name, command in commands.items():
            output = await stack.enter_async_context(named_output(name))
            process = ServerProcess(
                name,
                command,
                url=settings.base_url,
                is_ready=partial(is_ready, settings),
                output=output,
                environment=environment,
            )
            processes.append(process)
        supervisor = Supervisor(
            [
                Supervised(
                    process,
                    _GRACE_SECONDS[process.name],
                    _HURRIED_SECONDS.get(process.name, _HURRIED_PROCESS_SECONDS),
                )
                for process in processes
            ],
            _log,
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup ignores SIGHUP.
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
        greeting = asyncio.create_task(greet_when_ready(settings, admin_key, _log))
        await supervisor.run()
        greeting.cancel()
        with suppress(asyncio.CancelledError):
            await greeting


def _environment(
    settings: LocalSettings, servers: EmbeddedServers, admin_key: str
) -> dict[str, str]:
    return os.environ | {
        "MINILAB_MONGODB_URL": settings.mongodb_url or servers.mongodb_url,
        "MINILAB_REDIS_URL": settings.redis_url or servers.redis_url,
        "MINILAB_HOST": settings.host,
        "MINILAB_PORT": str(settings.port),
        "MINILAB_ADMIN_KEY": admin_key,
        "MINILAB_SECRET_KEY": keep_secret_key(settings),
        "MINILAB_DATA_DIR": str(settings.data_folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(
            part for part in (str(_ROOT), os.environ.get("PYTHONPATH")) if part
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
