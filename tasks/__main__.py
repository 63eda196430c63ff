"""``python -m tasks``: run a worker; ``python -m tasks --health``: ask whether one lives."""


def main() -> None:
    """Read the settings and run. Imports here: children load this file, and need none of it."""
    from tasks.start import start  # noqa: PLC0415

    start()


if __name__ == "__main__":
    main()
