"""``python -m api``: serve the API."""

import os
import sys

import uvicorn

from api.app import create_app
from api.settings import read_settings
from domain.settings import SettingsError
from storage.logs import configure_logs


def main() -> None:
    """Read the settings and serve; exit 2 where they cannot be used."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"minilab api: {error}", file=sys.stderr)
        sys.exit(2)
    configure_logs(service="api")
    uvicorn.run(
        create_app(settings),
        host=settings.api.host,
        port=settings.api.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=settings.api.drain_seconds,
    )


if __name__ == "__main__":
    main()
