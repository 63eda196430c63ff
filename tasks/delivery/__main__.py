"""The command ``python -m tasks.delivery``: delivers webhooks; ``--health`` checks a deliverer."""

import asyncio
import os
import socket
import sys

from domain.settings import SettingsError, forget_settings
from storage.clock import utc_now
from storage.stores import open_stores
from tasks.delivery.process import run_deliverer
from tasks.delivery.settings import Settings, read_settings
from tasks.schema_check import BAD_SETTINGS, run_process
from telemetry.logs import configure_logs, report_misspelled


def main() -> None:
    """Run or check a deliverer; exit with 2 if the settings or the data cannot be used."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"minilab deliverer: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    configure_logs("deliverer", settings.logs)
    if "--health" in sys.argv[1:]:
        sys.exit(0 if asyncio.run(_is_alive(settings)) else 1)
    report_misspelled(os.environ, Settings)
    forget_settings(os.environ)
    run_process("deliverer", run_deliverer(settings))


async def _is_alive(settings: Settings) -> bool:
    async with open_stores(settings.stores, settings.rules) as stores:
        return await stores.deliverers.is_alive(socket.gethostname(), utc_now())


if __name__ == "__main__":
    main()
