"""``python -m api``: serve the API."""

import os
import resource
import sys
from contextlib import suppress

from api.app import create_app
from api.server.config import serving_config
from api.server.server import Server
from api.settings import Settings, read_settings
from domain.settings import SettingsError, forget_settings
from sandbox.heap import keep_freed_memory
from telemetry.logs import configure_logs, report_misspelled

MAX_OPEN_FILES = 65_536
NOT_STARTED = 3
BAD_SETTINGS = 2


def main() -> None:
    """Read the settings and serve; exit 2 where they or the data cannot be used."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"minilab api: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    keep_freed_memory()
    configure_logs("api", settings.logs)
    report_misspelled(os.environ, Settings)
    forget_settings(os.environ)
    allow_connections()
    app = create_app(settings)
    server = Server(serving_config(app, settings, loop="uvloop", log_config=None), app)
    # Raised once more when all has ended; and by uvicorn if it does not start.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run()
    if (mismatch := app.state.data_check.mismatch) is not None:
        print(f"minilab api: {mismatch}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    if not server.started:
        sys.exit(NOT_STARTED)
    if app.state.stop.is_set():
        sys.exit(1)


def allow_connections() -> None:
    """Have as many connections open as the system allows: beyond its limit they are reset."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


if __name__ == "__main__":
    main()
