"""The command as a package of its own: wheels, an empty environment, and a running service."""

import asyncio
import sys
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.command_line import environment_of
from tests.pictures import draw
from tests.service import REPOSITORY, Service

pytestmark = pytest.mark.long
_UV = Path(sys.executable).with_name("uv")
_SERVICE_PACKAGES = {"litestar", "motor", "numpy", "opencv-python-headless", "pillow", "pymongo"}


async def call(*arguments: str | Path, **variables: str) -> str:
    """Run a program to its end, outside the repository, and give what it printed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments),
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home())} | variables,
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


def find_wanted(packages: Path) -> set[str]:
    """Follow what the installed wheels require, by the metadata of the packages of this process."""
    made = {found.name for found in distributions(path=[str(packages)])}
    wanted: set[str] = set()
    left = [text for found in distributions(path=[str(packages)]) for text in found.requires or []]
    while left:
        requirement = Requirement(left.pop())
        name = canonicalize_name(requirement.name)
        is_needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if is_needed and name not in made | wanted:
            wanted.add(name)
            left += distribution(name).requires or []
    return wanted


def lend(name: str, packages: Path) -> None:
    """Link a package of this process into another environment; nothing is downloaded."""
    found = distribution(name)
    for top in {file.parts[0] for file in found.files or [] if ".." not in file.parts}:
        if not (packages / top).exists():
            (packages / top).symlink_to(Path(str(found.locate_file(top))).resolve())


async def test_command_alone_speaks_to_a_service(service: Service, tmp_path: Path) -> None:
    if not _UV.exists():
        pytest.skip("needs uv, which `make` installs")
    environment = tmp_path / "environment"
    in_place = {"VIRTUAL_ENV": str(environment)}
    for folder in ("sdk/python", "cli"):
        await call(
            *(_UV, "build", "--quiet", "--wheel", "--python", sys.executable),
            *("--no-build-isolation", "--out-dir", tmp_path, REPOSITORY / folder),
            VIRTUAL_ENV=sys.prefix,
        )
    await call(_UV, "venv", "--quiet", "--python", sys.executable, environment)
    wheels = sorted(tmp_path.glob("*.whl"))
    assert [wheel.name.split("-")[0] for wheel in wheels] == ["minilab_cli", "minilab_client"]
    await call(_UV, "pip", "install", "--quiet", "--offline", "--no-deps", *wheels, **in_place)
    (packages,) = environment.glob("lib/python*/site-packages")
    wanted = find_wanted(packages)
    assert wanted > {"click", "httpx", "rich"}
    assert not wanted & _SERVICE_PACKAGES
    for name in wanted:
        lend(name, packages)

    command = environment / "bin" / "minilab"
    assert "Upload images to a Minilab service" in await call(command, "--help")
    (tmp_path / "a.jpg").write_bytes(draw())
    variables = environment_of(service)
    job = await call(command, "upload", tmp_path / "a.jpg", **variables)
    assert "a.jpg" in job
    assert "a.jpg" in await call(command, "images", "list", **variables)
    told = await call(command, "jobs", "list", "--json", **variables)
    assert '"has_more": false' in told
