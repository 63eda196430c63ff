"""``python -m tasks``: runs a worker; ``--health``: says whether a worker of this host is alive.

Child processes load this module. Imports stay inside the functions: a child needs none of them.
"""

import sys


def main() -> None:
    """Run a worker, or answer ``--health`` with exit 0 or 1; exit 2 for wrong settings or data."""
    import os  # noqa: PLC0415

    import uvloop  # noqa: PLC0415

    from domain.settings import SettingsError, forget_settings  # noqa: PLC0415
    from sandbox.heap import keep_freed_memory  # noqa: PLC0415
    from tasks.schema_check import BAD_SETTINGS, run_process  # noqa: PLC0415
    from tasks.settings import Settings, read_settings  # noqa: PLC0415
    from tasks.worker import is_alive, run_worker  # noqa: PLC0415
    from telemetry.logs import configure_logs, report_misspelled  # noqa: PLC0415

    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"minilab worker: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    configure_logs("worker", settings.logs)
    if "--health" in sys.argv[1:]:
        sys.exit(0 if uvloop.run(is_alive(settings)) else 1)
    report_misspelled(os.environ, Settings)
    keep_freed_memory()
    forget_settings(os.environ)
    run_process("worker", run_worker(settings))


if __name__ == "__main__":
    main()
