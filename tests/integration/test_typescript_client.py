"""The generated TypeScript client, compiled strictly and run against the running service."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import environment_of
from tests.markdown import example
from tests.service import REPOSITORY, Service

SDK = REPOSITORY / "sdk" / "typescript"
NODE_MODULES = REPOSITORY / "openapi" / "node_modules"
NODE = Path(sys.executable).with_name("node")
STRICT = (
    *("--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"),
    *("--strict", "--noUncheckedIndexedAccess"),
    *("--types", "node", "--typeRoots", NODE_MODULES / "@types"),
)


def compile_typescript(*arguments: str | Path) -> None:
    """Compile, and fail with what the compiler says."""
    command = [NODE, NODE_MODULES / "typescript/bin/tsc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exercise and the example of the guide, and the client as a package."""
    if not NODE_MODULES.is_dir():
        pytest.skip("needs the packages of openapi/package.json: `make sdk` installs them")
    folder = tmp_path_factory.mktemp("typescript")
    package = folder / "node_modules" / "minilab-client"
    compile_typescript("--project", SDK, "--outDir", package / "dist")
    shutil.copy(SDK / "package.json", package)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(REPOSITORY / "tests" / "typescript" / "exercise.ts", folder)
    (folder / "guide.ts").write_text(example(SDK / "README.md", "ts"))
    compile_typescript(*STRICT, "--outDir", folder, folder / "exercise.ts", folder / "guide.ts")
    return folder


async def run(service: Service, compiled: Path, name: str, test_data: Path) -> str:
    """Run a compiled script beside a portrait, and give what it prints."""
    shutil.copy(test_data / "lfw" / "Aaron_Eckhart_0001.jpg", compiled / "portrait.jpg")
    process = await asyncio.create_subprocess_exec(
        *(NODE, name),
        cwd=compiled,
        env=os.environ | environment_of(service),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_client_uploads_follows_reads_and_deletes(
    working_service: Service, compiled: Path, test_data: Path
) -> None:
    assert json.loads(await run(working_service, compiled, "exercise.js", test_data)) == {
        "status": "partial",
        "errors": [None, "unsupported_format"],
        "faces": [[67, 66, 118, 118]],
        "gps": "strip",
        "same": True,
        "listed": 1,
        "days": 30,
        "link": 1,
        "deleted": 204,
        "code": "not_found",
        "last": True,
    }


async def test_example_of_its_guide_prints_the_face(
    working_service: Service, compiled: Path, test_data: Path
) -> None:
    printed = await run(working_service, compiled, "guide.js", test_data)
    assert printed == "portrait.jpg 250 250 [ [ 67, 66, 118, 118 ] ]\n"
