"""Container images hold every module that is imported, start cheaply and are checked cheaply."""

import ast
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.contract.config import DOCUMENT

ROOT = Path(__file__).parents[3]
OURS = {
    "api",
    "benchmarks",
    "chaos",
    "cli",
    "deploy",
    "domain",
    "openapi",
    "sandbox",
    "storage",
    "tasks",
    "telemetry",
    "tests",
}


def copied(containerfile: str) -> set[Path]:
    text = (ROOT / containerfile).read_text()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", text, flags=re.MULTILINE)
    return {ROOT / place for places in copies for place in places.split()}


def modules(places: set[Path]) -> Iterator[Path]:
    for place in places:
        yield from place.rglob("*.py") if place.is_dir() else [place]


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.slow
@pytest.mark.parametrize("containerfile", ["Containerfile.api", "Containerfile.worker"])
def test_image_has_every_module_that_it_imports(containerfile: str) -> None:
    places = copied(containerfile)
    present = set(modules({place for place in places if place.suffix in {"", ".py"}}))
    missing = {
        name
        for module in present
        for name in imports(module)
        if name.split(".")[0] in OURS
        and not {(ROOT / name.replace(".", "/")).with_suffix(".py"), package(name)} & present
    }
    assert not missing


def package(name: str) -> Path:
    return ROOT / name.replace(".", "/") / "__init__.py"


@pytest.mark.parametrize("containerfile", ["Containerfile.api", "Containerfile.worker"])
def test_what_is_copied_reaches_the_build(containerfile: str) -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    sent = [ROOT / line[1:].rstrip("/") for line in lines if line.startswith("!")]
    for place in copied(containerfile):
        assert place.exists()
        assert any(place == one or one in place.parents for one in sent), place


def test_image_of_the_api_has_the_contract_that_it_serves() -> None:
    assert DOCUMENT in copied("Containerfile.api")


def test_both_ignore_files_say_the_same() -> None:
    assert (ROOT / ".containerignore").read_text() == (ROOT / ".dockerignore").read_text()


def test_base_images_have_exact_versions() -> None:
    texts = [(ROOT / name).read_text() for name in ("Containerfile.api", "Containerfile.worker")]
    named = re.findall(r"docker\.io/\S+", "".join([*texts, (ROOT / "compose.yaml").read_text()]))
    assert len(named) == 4
    for image in named:
        assert re.search(r":\d+\.\d+\.\d+(-[a-z-]+)?$", image), image


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", ["mongo", "redis"])
def test_stores_in_containers_ask_for_a_password_and_have_limits(
    services: dict[str, Any], name: str
) -> None:
    store = services[name]
    assert store["mem_limit"]
    assert store["cpus"]
    assert "passwords:/var/lib/minilab-passwords:ro" in store["volumes"]
    assert "environment" not in store
    asks = "--keyFile" if name == "mongo" else "requirepass"
    assert asks in " ".join([*store["entrypoint"], *store["command"]])


ALL_SERVICES = ["api", "worker", "deliverer", "learner", "keys", "mongo", "redis"]


@pytest.mark.parametrize("name", ALL_SERVICES)
def test_every_container_is_hardened_and_bounded(services: dict[str, Any], name: str) -> None:
    assert set(services) == set(ALL_SERVICES)
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert [place.split(":")[0] for place in service["tmpfs"]] == ["/tmp"]  # noqa: S108
    is_store = name in {"mongo", "redis"}
    assert bool(service.get("cap_add")) == is_store


def test_learner_starts_with_its_profile_only(services: dict[str, Any]) -> None:
    assert services["learner"]["profiles"] == ["learning"]
    for name in ("api", "worker", "deliverer"):
        assert "profiles" not in services[name]
    for name in ("api", "worker"):
        assert services[name]["environment"]["MINILAB_LEARNING"] == "${MINILAB_LEARNING:-false}"
    builds = {str(services[name]["build"]) for name in ("worker", "deliverer", "learner")}
    assert len(builds) == 1  # One image.


@pytest.mark.parametrize("name", ["api", "worker", "deliverer", "learner"])
def test_processes_in_containers_read_the_passwords_from_files(
    services: dict[str, Any], name: str
) -> None:
    variables = services[name]["environment"]
    for store in ("MONGODB", "REDIS"):
        assert variables[f"MINILAB_{store}_PASSWORD_FILE"].startswith("/var/lib/minilab-passwords/")
    assert "passwords:/var/lib/minilab-passwords:ro" in services[name]["volumes"]


@pytest.mark.parametrize("containerfile", ["Containerfile.api", "Containerfile.worker"])
def test_bytecode_of_an_image_is_used_whatever_the_times_of_its_sources(
    containerfile: str, tmp_path: Path
) -> None:
    text = (ROOT / containerfile).read_text().replace("\\\n", "")
    (options,) = re.findall(r"^RUN python -m compileall (.+?) +\"\$\(", text, flags=re.MULTILINE)
    assert f"-m compileall {options} /opt/venv/lib" in text
    shutil.copytree(ROOT / "domain", tmp_path / "domain", ignore=shutil.ignore_patterns("__pyc*"))
    compiling = [sys.executable, "-m", "compileall", *options.split(), str(tmp_path)]
    subprocess.run(compiling, check=True)
    for source in tmp_path.rglob("*.py"):
        os.utime(source, (0, 0))
    loading = subprocess.run(
        [sys.executable, "-B", "-v", "-c", "import domain.webhooks.events"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [line for line in loading.stderr.splitlines() if f"from '{tmp_path}" in line]
    assert len(ours) > 3
    assert all("code object from" in line and ".pyc'" in line for line in ours)


class Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def check(*arguments: str, **environment: str) -> int:
    """Run the health check of a container."""
    command = [sys.executable, "-I", "-S", "deploy/probe.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def test_health_check_of_the_api_asks_it() -> None:
    with HTTPServer(("127.0.0.1", 0), Alive) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        assert check(MINILAB_PORT=str(server.server_port)) == 0
        answering.join()
        port = str(server.server_port)
    assert check(MINILAB_PORT=port) == 1


def test_health_check_of_a_worker_looks_at_its_file(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    assert check(str(file)) == 1
    file.touch()
    assert check(str(file)) == 0
    os.utime(file, (0, 0))
    assert check(str(file)) == 1


def test_health_check_imports_little() -> None:
    loading = subprocess.run(
        [sys.executable, "-X", "importtime", "-I", "-S", "deploy/probe.py", "/nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = {line.rpartition("|")[2].strip() for line in loading.stderr.splitlines()}
    assert "socket" in names
    assert not {"http.client", "ssl", "email", "msgspec", "asyncio", "site"} & names
