"""The command ``minilab``, in this process and as a process of its own."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from click.testing import CliRunner

from cli.main import minilab
from tests.service import ADMIN_KEY, REPOSITORY, Service

COMMAND = [sys.executable, "-m", "cli"]
_NOWHERE = str(REPOSITORY / "tests" / "no-such-folder")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it printed."""
        return self.out.decode()

    @property
    def rows(self) -> list[list[str]]:
        """The words of each line that it printed."""
        return [line.split() for line in self.text.splitlines()]

    def json(self) -> dict[str, Any]:
        """What it printed, read as JSON."""
        read: dict[str, Any] = json.loads(self.out)
        return read


async def start(
    *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start the command as a process, with nothing in its environment but what is given."""
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


async def run_process(
    *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run the command as a process, to its end."""
    process = await start(*arguments, cwd=cwd, environment=environment)
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out, err.decode())


async def run(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> Ended:
    """Run the command in a thread of this process, which costs a tenth of a process.

    Its environment has no variables of the service but those that are given.
    """
    with _logs_apart():
        return await asyncio.to_thread(_invoke, arguments, environment or {})


def _invoke(arguments: Sequence[str | Path], environment: Mapping[str, str]) -> Ended:
    ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("MINILAB")}
    result = CliRunner().invoke(
        minilab,
        [str(argument) for argument in arguments],
        env=ours | {"MINILAB_DATA_DIR": _NOWHERE} | dict(environment),
        prog_name="minilab",
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout_bytes, result.stderr)


def environment_of(service: Service, key: str = ADMIN_KEY) -> dict[str, str]:
    """Say where a service is, and who asks."""
    return {"MINILAB_URL": str(service.client.base_url), "MINILAB_API_KEY": key}


@contextmanager
def _logs_apart() -> Iterator[None]:
    """Keep the log of a service in this process out of what the command prints."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stdout))
    try:
        yield
    finally:
        structlog.configure(**before)


async def run_for(service: Service, *arguments: str | Path, key: str = ADMIN_KEY) -> Ended:
    """Run the command for a service."""
    return await run(*arguments, environment=environment_of(service, key))


async def read_json(service: Service, *arguments: str | Path) -> dict[str, Any]:
    """Run the command with `--json`, and read what it printed."""
    ended = await run_for(service, *arguments, "--json")
    assert ended.err == "", ended.err
    return ended.json()


async def read_answer(service: Service, route: str, **query: str | int) -> Any:
    """Read a document as an admin does; its times are written as the command writes them."""
    answer = await service.client.get(route, params=query)
    assert answer.status_code == 200, answer.text
    return json.loads(re.sub(r'(:\d\d(\.\d+)?)Z"', r'\1+00:00"', answer.text))
