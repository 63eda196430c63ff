"""Runs the programs that generate and compile clients."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The programs of this environment, such as ruff and node, take precedence.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def run(*command: str | Path, cwd: Path | None = None, **variables: str) -> str:
    """Run a program with further environment variables, and return what it prints.

    Raises:
        SystemExit: It is missing, or it fails; the text has what it printed.
    """
    program, *rest = map(str, command)
    found = shutil.which(program, path=PATH)
    if found is None:
        sys.exit(f"{program} is missing: run `make sdk`, which installs it")
    done = subprocess.run(
        [found, *rest],
        env=os.environ | {"PATH": PATH} | variables,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{program} failed:\n{done.stdout}")
    return done.stdout
