"""The greeting of `make run`, printed when the service is ready."""

import asyncio
from collections.abc import Callable
from urllib.parse import quote

from deploy.local_settings import LocalSettings
from deploy.probe import find_problem

POLL_SECONDS = 0.1
NEWS_SECONDS = 15.0


def is_ready(settings: LocalSettings) -> bool:
    """Say whether the API of this machine answers that it is ready."""
    return not _problem(settings)


def _problem(settings: LocalSettings) -> str:
    return find_problem(settings.client_host, settings.port, "/readyz")


async def greet_when_ready(
    settings: LocalSettings, admin_key: str, log: Callable[[str], None]
) -> None:
    """Log the address, the key and a first command as soon as the service is ready."""
    clock = asyncio.get_running_loop().time
    next_news = clock() + NEWS_SECONDS
    while problem := await asyncio.to_thread(_problem, settings):
        if clock() > next_news:
            log(f"not ready yet: {problem}")
            next_news = clock() + NEWS_SECONDS
        await asyncio.sleep(POLL_SECONDS)
    for line in _greeting(settings, admin_key):
        log(line)


def _greeting(settings: LocalSettings, admin_key: str) -> list[str]:
    url = settings.base_url
    curl = f'curl -H "Authorization: Bearer {admin_key}" -H "Prefer: wait=30"'
    return [
        "",
        f"Minilab is ready at {url}",
        "",
        f"  admin key     {admin_key}",
        f"  admin page    {url}/admin",
        f"  upload page   {url}/u#{quote(admin_key, safe='')}",
        f"  API, live     {url}/docs",
        f"  data          {settings.data_folder}",
        "",
        "  a first upload:",
        f'  {curl} -F file=@docs/examples/portrait.jpg "{url}/process"',
        "",
        "Ctrl-C stops all of it and keeps the data.",
    ]
