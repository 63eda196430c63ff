"""The command ``python -m openapi.compile_clients [NAME ...]``: tries clients of the contract.

It generates clients in many languages, compiles them, runs them against the service, and prints
what was shown as a table.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openapi.compilation.golang import show_go
from openapi.compilation.jvm import show_java, show_kotlin
from openapi.compilation.python import show_pydantic, show_python
from openapi.compilation.results import MissingToolError, Shown, table
from openapi.compilation.stage import Stage, set_stage
from openapi.compilation.syntax import show_dart, show_swift
from openapi.compilation.typescript import (
    show_openapi_typescript,
    show_orval,
    show_typescript,
)

SHOWS: Mapping[str, Callable[[Stage], Shown]] = {
    # The longest first.
    "kotlin": show_kotlin,
    "go": show_go,
    "java": show_java,
    "python": show_python,
    "typescript": show_typescript,
    "swift": show_swift,
    "dart": show_dart,
    "openapi-typescript": show_openapi_typescript,
    "orval": show_orval,
    "pydantic": show_pydantic,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the clients; return 1 if one fails."""
    parser = argparse.ArgumentParser(prog="make clients")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SHOWS)}")
    names = parser.parse_args(arguments).names or list(SHOWS)
    if unknown := set(names) - SHOWS.keys():
        parser.error(f"there is no client {', '.join(sorted(unknown))}")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        set_stage(Path(folder)) as stage,
        ThreadPoolExecutor(2) as pool,
    ):
        rows = list(pool.map(lambda name: _try(name, stage), names))
        print(f"{table(rows)}\n\n{time.monotonic() - began:.0f} s")
        for row in rows:
            if row.failure:
                print(f"\n{row.client}: {row.failure}", file=sys.stderr)
    return 1 if any(row.failure for row in rows) else 0


def _try(name: str, stage: Stage) -> Shown:
    try:
        return SHOWS[name](stage)
    except MissingToolError as missing:
        return Shown(name, {"compiles": f"needs {missing}"})
    except SystemExit as failed:
        return Shown(name, {"compiles": "FAILS"}, str(failed.code))


if __name__ == "__main__":
    sys.exit(main())
