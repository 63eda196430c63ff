"""The command ``python -m tasks.learning``: trains models, and predicts and compares with them.

The processes of a local Dask cluster load this module. Imports stay inside the function.
"""

import sys


def main() -> None:
    """Run a learner; exit with 2 if the settings or the data cannot be used."""
    import os  # noqa: PLC0415

    from domain.settings import SettingsError, forget_settings  # noqa: PLC0415
    from tasks.learning.process import run_learner  # noqa: PLC0415
    from tasks.learning.settings import Settings, read_settings  # noqa: PLC0415
    from tasks.schema_check import BAD_SETTINGS, run_process  # noqa: PLC0415
    from telemetry.logs import configure_logs, report_misspelled  # noqa: PLC0415

    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"minilab learner: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    configure_logs("learner", settings.logs)
    report_misspelled(os.environ, Settings)
    forget_settings(os.environ)
    run_process("learner", run_learner(settings))


if __name__ == "__main__":
    main()
