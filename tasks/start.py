"""Starts a worker from the command line."""

import asyncio
import os
import socket
import sys

import uvloop

from domain.settings import SettingsError, forget_settings
from sandbox.heap import keep_freed_memory
from storage.clock import utc_now
from storage.stores import open_stores
from tasks.worker import Settings, read_settings, run_worker
from telemetry.logs import configure_logs


def start() -> None:
    """Run a worker, or answer for its health; exit 2 where the settings cannot be used."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"minilab worker: {error}")
    configure_logs("worker", settings.logs)
    if "--health" in sys.argv[1:]:
        sys.exit(0 if asyncio.run(_is_alive(settings)) else 1)
    keep_freed_memory()
    forget_settings(os.environ)
    uvloop.run(run_worker(settings))


async def _is_alive(settings: Settings) -> bool:
    """Say whether a worker of this host was seen lately."""
    async with open_stores(settings.stores, settings.rules) as stores:
        return await stores.workers.is_alive(socket.gethostname(), utc_now())
