"""The TypeScript client, compiled strictly and run against the running service."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from tests.browser.conftest import chromium, tab
from tests.command_line import environment_of
from tests.cutting_proxy import cutting_proxy
from tests.markdown import example
from tests.service import REPOSITORY, Service
from tests.waiting import LATEST_SECONDS

pytestmark = pytest.mark.one_service

__all__ = ["chromium", "tab"]  # Fixtures, which pytest finds by their names here.

SDK = REPOSITORY / "sdk" / "typescript"
NODE_MODULES = REPOSITORY / "openapi" / "node_modules"
NODE = Path(sys.executable).with_name("node")


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every second upload of a key is refused with 429; not those of admins."""
    return environ | {
        "MINILAB_TENANT_REQUESTS_PER_SECOND": "1",
        "MINILAB_TENANT_REQUESTS_BURST": "1",
    }


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exercise and the example of the guide, and the client as a package.

    All are compiled by one run of the compiler, with the settings of the client.
    """
    if not NODE_MODULES.is_dir():
        pytest.skip("needs the packages of openapi/package.json: `make sdk` installs them")
    folder = tmp_path_factory.mktemp("typescript")
    package = folder / "out" / "node_modules" / "minilab-client"
    shutil.copytree(SDK / "src", folder / "client")
    shutil.copy(REPOSITORY / "tests" / "typescript" / "exercise.ts", folder)
    (folder / "guide.ts").write_text(example(SDK / "README.md", "ts"))
    (folder / "package.json").write_text('{"type": "module"}')
    options = {
        "paths": {"minilab-client": ["./client/index.ts"]},
        "types": ["node"],
        "typeRoots": [str(NODE_MODULES / "@types")],
        "rootDir": ".",
        "outDir": "out",
    }
    config = {
        "extends": str(SDK / "tsconfig.json"),
        "compilerOptions": options,
        "include": ["*.ts", "client"],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [NODE, str(NODE_MODULES / "typescript/bin/tsc"), "--project", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    package.mkdir(parents=True)
    (folder / "out" / "client").rename(package / "dist")
    for name in ("package.json", "README.md", "LICENSE"):
        shutil.copy(SDK / name, package)
    (folder / "out" / "package.json").write_text('{"type": "module"}')
    return folder / "out"


async def start(compiled: Path, script: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(NODE, script),
        cwd=compiled,
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def end_of(process: asyncio.subprocess.Process) -> str:
    """Give what a script prints until its end."""
    async with asyncio.timeout(LATEST_SECONDS):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def exercise(service: Service, compiled: Path) -> dict[str, Any]:
    """Run the exercise, and cut its event stream after the first event."""
    url = str(service.client.base_url)
    cuts = {"LOSING": [0], "CUTTING": [], "SILENT": [0, 0], "BREAKING": [200_000], "LOST": [0]}
    async with AsyncExitStack() as stack:
        proxies = {
            name: await stack.enter_async_context(cutting_proxy(url, *sizes))
            for name, sizes in cuts.items()
        }
        urls = {f"{name}_URL": proxy.url for name, proxy in proxies.items()}
        key = await service.make_key("service")
        script = await start(
            compiled, "exercise.js", SERVICE_KEY=key, **urls, **environment_of(service)
        )
        assert script.stdout is not None
        first = await script.stdout.readline()
        await proxies["CUTTING"].cut()
        async with service.working():
            printed = await end_of(script)
        assert first == b"cut\n"
        assert proxies["CUTTING"].connections == 2
        assert proxies["LOST"].connections == 1
        assert proxies["SILENT"].connections >= 3
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


async def test_client_keeps_its_promises(service: Service, compiled: Path, test_data: Path) -> None:
    """Uploads, waits, follows, polls, downloads and iterates, also where connections break."""
    shutil.copy(test_data / "lfw" / "Aaron_Eckhart_0001.jpg", compiled / "portrait.jpg")
    assert await exercise(service, compiled) == {
        "status": "partial",
        "errors": [None, "unsupported_format"],
        "faces": [[67, 66, 118, 118]],
        "gps": "strip",
        "marks": [["beach", "family"], {"room": "kitchen"}],
        "timedOut": True,
        "followed": True,
        "polled": [True],
        "same": True,
        "thumbnail": True,
        "answers": [202, 429, 202],
        "refused": [429, "rate_limited", "rate_limited"],
        "pages": 2,
        "listed": 2,
        "link": ["failed", "failed"],
        "formats": True,
        "days": 30,
        "unsafe": True,
        "deleted": True,
        "gone": [404, "not_found", "not_found"],
        "nobody": "TimeoutError",
        "aborted": ["AbortError", *["TimeoutError"] * 10],
        "late": "ConnectionFailed",
        "mistaken": ["TypeError"] * 9,
        "open": ["function", "function", "resting"],
    }
    async with service.working():
        guide = await start(compiled, "guide.js", **environment_of(service))
        printed = await end_of(guide)
    assert printed == "portrait.jpg 250 250 [ [ 67, 66, 118, 118 ] ]\n"
    assert (compiled / "thumbnail.webp").read_bytes().startswith(b"RIFF")


@pytest.mark.long
async def test_client_works_in_a_browser(
    working_service: Service, compiled: Path, tab: Page
) -> None:
    """The modules run as they are compiled, without a bundler."""
    dist = compiled / "node_modules" / "minilab-client" / "dist"

    async def serve(route: Route) -> None:
        file = dist / route.request.url.split("/sdk/")[1]
        if file.suffix == ".js":
            await route.fulfill(body=file.read_text(), content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    url = str(working_service.client.base_url).rstrip("/")
    await tab.route("**/sdk/**", serve)
    await tab.goto(f"{url}/sdk/page")
    key = await working_service.make_key("client", "u1")
    code = """async ([baseUrl, apiKey]) => {
      const { ApiError, Minilab, getImage } = await import('/sdk/index.js');
      const minilab = new Minilab({ baseUrl, apiKey });
      const canvas = new OffscreenCanvas(60, 40);
      canvas.getContext('2d').fillRect(0, 0, 30, 40);
      const picture = new File([await canvas.convertToBlob()], 'drawn.png');
      const job = await minilab.upload(picture, { operations: ['metadata'] });
      let last;
      for await (const change of minilab.followJob(job)) last = change.status;
      const { items: [{ image_id }] } = await minilab.waitForJob(job);
      const { width } = await minilab.call(getImage, { path: { image_id } });
      const same = (await minilab.readPicture(image_id)).size === picture.size;
      const refused = await minilab.call(getImage, { path: { image_id: 'none' } })
        .catch((error) => error instanceof ApiError && error.code);
      return [last, width, same, refused];
    }"""
    async with asyncio.timeout(LATEST_SECONDS):
        assert await tab.evaluate(code, [url, key]) == ["succeeded", 60, True, "not_found"]


def test_package_holds_what_is_compiled_and_nothing_else(compiled: Path) -> None:
    package = compiled / "node_modules" / "minilab-client"
    npm = NODE.with_name("npm")
    done = subprocess.run(
        [npm, "pack", "--dry-run", "--json", "--ignore-scripts", "--offline"],
        cwd=package,
        env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    (packed,) = json.loads(done.stdout)
    names = {file["path"] for file in packed["files"]}
    described = json.loads((SDK / "package.json").read_text())
    targets = [target for entry in described["exports"].values() for target in _paths(entry)]
    assert {target.removeprefix("./") for target in targets} <= names
    assert {"LICENSE", "README.md"} <= names
    assert {name.split("/")[0] for name in names} == {
        "LICENSE",
        "README.md",
        "package.json",
        "dist",
    }


def _paths(entry: str | dict[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())
