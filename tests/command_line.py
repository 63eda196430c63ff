"""The command ``minilab`` as a shell runs it."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.service import ADMIN_KEY, REPOSITORY, Service

_INSTALLED = Path(sys.executable).with_name("minilab")
COMMAND = [str(_INSTALLED)] if _INSTALLED.exists() else [sys.executable, "-m", "cli"]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it printed."""
        return self.out.decode()

    def json(self) -> dict[str, Any]:
        """What it printed, read as JSON."""
        read: dict[str, Any] = json.loads(self.out)
        return read


async def start(
    *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start the command, with nothing in its environment but what is given."""
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk/python")])
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, arguments),
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths} | dict(environment or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(
    *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run the command to its end."""
    process = await start(*arguments, cwd=cwd, environment=environment)
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out, err.decode())


def environment_of(service: Service, key: str = ADMIN_KEY) -> dict[str, str]:
    """Say where a service is, and who asks."""
    return {"MINILAB_URL": str(service.client.base_url), "MINILAB_API_KEY": key}


async def run_for(service: Service, *arguments: str | Path, key: str = ADMIN_KEY) -> Ended:
    """Run the command for a service."""
    return await run(*arguments, environment=environment_of(service, key))
