"""The whole service on one machine: MongoDB, Redis and our processes, under one supervisor.

``python -m deploy.run_local``, which is what ``make run`` calls. Ctrl-C stops all of it; the data
is found again the next time.
"""

import asyncio
import http.client
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from deploy.console import say, spoken_by
from deploy.local_settings import (
    LocalSettings,
    keep_admin_key,
    keep_secret_key,
    read_settings,
)
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from deploy.servers.ports import is_free
from deploy.servers.process import ServerError, ServerProcess
from deploy.supervisor import Supervised, Supervisor
from domain.settings import SettingsError

_ROOT = Path(__file__).resolve().parent.parent
_SELF = "minilab"
_GRACE_SECONDS = {
    "api": 35.0,
    "worker": 35.0,
    "deliverer": 30.0,
    "redis": 10.0,
    "mongodb": 20.0,
}
_READY_POLL_SECONDS = 0.1
_READY_NEWS_SECONDS = 15.0
_READY_TIMEOUT_SECONDS = 5.0

COMMANDS: Mapping[str, Sequence[str]] = {
    "worker": (sys.executable, "-m", "tasks"),
    "deliverer": (sys.executable, "-m", "tasks.delivery"),
    "api": (sys.executable, "-m", "api"),
}
_log = partial(say, _SELF)


def main(commands: Mapping[str, Sequence[str]] = COMMANDS) -> int:
    """Run the service until SIGINT or SIGTERM.

    Args:
        commands: Our own processes by name, in the order of their start; `api` is among them.

    Returns:
        The exit code: 0 stopped as asked, 1 a server does not start, 2 the settings cannot be.
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
            asyncio.run(_run(settings, servers, commands))
    except SettingsError as error:
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
            output = await stack.enter_async_context(spoken_by(name))
            process = ServerProcess(
                name,
                command,
                url=settings.base_url,
                is_ready=partial(_is_ready, settings),
                output=output,
                environment=environment,
            )
            processes.append(process)
        supervisor = Supervisor(
            [Supervised(process, _GRACE_SECONDS[process.name]) for process in processes], _log
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a closed terminal is to be ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
        greeting = asyncio.create_task(_greet_when_ready(settings, admin_key))
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


def _is_ready(settings: LocalSettings) -> bool:
    return _readiness(settings) == "200"


def _readiness(settings: LocalSettings) -> str:
    connection = http.client.HTTPConnection(
        settings.client_host, settings.port, timeout=_READY_TIMEOUT_SECONDS
    )
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status == http.client.OK:
            return "200"
        return f"{answer.status} {answer.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()


async def _greet_when_ready(settings: LocalSettings, admin_key: str) -> None:
    clock = asyncio.get_running_loop().time
    next_news = clock() + _READY_NEWS_SECONDS
    while (answer := await asyncio.to_thread(_readiness, settings)) != "200":
        if clock() > next_news:
            _log(f"not ready yet: {answer}")
            next_news = clock() + _READY_NEWS_SECONDS
        await asyncio.sleep(_READY_POLL_SECONDS)
    for line in _greeting(settings, admin_key):
        _log(line)


def _greeting(settings: LocalSettings, admin_key: str) -> list[str]:
    url = settings.base_url
    curl = f'curl -H "Authorization: Bearer {admin_key}" -H "Prefer: wait=30"'
    return [
        "",
        f"Minilab is ready at {url}",
        "",
        f"  admin key     {admin_key}",
        f"  upload page   {url}/u#{quote(admin_key, safe='')}",
        f"  API, live     {url}/docs",
        f"  data          {settings.data_folder}",
        "",
        "  a first upload:",
        f'  {curl} -F file=@photo.jpg "{url}/process"',
        "",
        "Ctrl-C stops all of it and keeps the data.",
    ]


if __name__ == "__main__":
    sys.exit(main())
