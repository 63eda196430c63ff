"""The command ``minilab``, also as ``python -m cli``."""

import sys


def main() -> None:
    """Run the command; Ctrl-C while it is loaded ends it without a traceback."""
    try:
        from cli.main import minilab
    except KeyboardInterrupt:
        sys.exit(130)
    minilab(prog_name="minilab")


if __name__ == "__main__":
    main()
