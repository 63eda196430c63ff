"""The proxies of docs/deployment.md in front of the real API, with TLS: Caddy and nginx."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.settings import MAX_WAIT_SECONDS
from deploy.servers.ports import accepts_connections, find_free_port
from tests.certificates import make_certificate
from tests.event_streams import listening
from tests.pictures import draw
from tests.service import ADMIN_KEY, REPOSITORY, Service, authorization, running_service
from tests.waiting import LATEST_SECONDS, until

HOST = "localhost"
EXAMPLES = REPOSITORY / "docs" / "examples" / "proxies"
LARGE_BYTES = 20_000_000
NGINX = """
daemon off;
pid {folder}/nginx.pid;
events {{}}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    include {folder}/minilab.conf;
}}
"""
CADDY = """
{
	admin off
	auto_https disable_redirects
}
"""


def write(source: str, target: Path, changes: dict[str, str]) -> None:
    """Write an example with the ports and paths of a test; each of them is in it once or more."""
    text = (EXAMPLES / source).read_text()
    for shown, ours in changes.items():
        assert shown in text, shown
        text = text.replace(shown, ours)
    target.write_text(text)


def set_up_nginx(folder: Path, port: int, upstream: str) -> list[str]:
    changes = {
        "listen 80;": f"listen 127.0.0.1:{find_free_port()};",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "photos.example;": f"{HOST};",
        "/etc/letsencrypt/live/photos.example/fullchain.pem": str(folder / "certificate.pem"),
        "/etc/letsencrypt/live/photos.example/privkey.pem": str(folder / "key.pem"),
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": upstream,
    }
    write("nginx.conf", folder / "minilab.conf", changes)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    return ["-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "start.txt")]


def set_up_caddy(folder: Path, port: int, upstream: str) -> list[str]:
    tls = f"tls {folder / 'certificate.pem'} {folder / 'key.pem'}"
    changes = {
        "photos.example {": f"https://{HOST}:{port} {{\n\tbind 127.0.0.1\n\t{tls}",
        "/var/log/caddy": str(folder),
        "127.0.0.1:8000": upstream.removeprefix("http://"),
    }
    write("Caddyfile", folder / "Caddyfile", changes)
    example = (folder / "Caddyfile").read_text()
    (folder / "Caddyfile").write_text(CADDY + example)
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


PROXIES: dict[str, Callable[[Path, int, str], list[str]]] = {
    "caddy": set_up_caddy,
    "nginx": set_up_nginx,
}


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environ = os.environ | {"HOME": str(folder)}
    with (folder / "said.txt").open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, env=environ)


@asynccontextmanager
async def proxied(
    name: str, folder: Path, port: int, upstream: httpx.URL
) -> AsyncIterator[httpx.AsyncClient]:
    """Start a proxy in front of the API; give a client that knows its certificate."""
    program = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not on this machine: apt-get install caddy nginx-light")
    certificate, _ = make_certificate(folder, HOST)
    arguments = PROXIES[name](folder, port, str(upstream).rstrip("/"))
    process = start([program, *arguments], folder)
    try:
        await until(lambda: accepts_connections(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "said.txt").read_text()
        async with httpx.AsyncClient(
            base_url=f"https://{HOST}:{port}",
            headers=authorization(ADMIN_KEY),
            verify=ssl.create_default_context(cafile=str(certificate)),
            timeout=LATEST_SECONDS,
            trust_env=False,
        ) as client:
            yield client
    finally:
        process.terminate()
        process.wait(LATEST_SECONDS)


@pytest.mark.parametrize("name", PROXIES)
async def test_example_passes_everything_on(
    name: str, environ: dict[str, str], tmp_path: Path
) -> None:
    port = find_free_port()
    # nginx passes the name of the host on, Caddy with its port if that is not 443.
    hosts = f"{HOST},{HOST}:{port}"
    settings = {"MINILAB_TRUSTED_PROXIES": "127.0.0.1", "MINILAB_ALLOWED_HOSTS": hosts}
    async with (
        running_service(environ | settings) as service,
        proxied(name, tmp_path, port, service.client.base_url) as client,
    ):
        job = await upload_much(client)
        await follow(client, f"/v1/jobs/{job['id']}")
        token = await use_link(client, service)
        await look_from_outside(client)
        log = tmp_path / "minilab.log"
        await until(lambda: "/v1/uploads/" in log.read_text())
        written = "".join(path.read_text() for path in tmp_path.glob("*.log"))
        assert token not in written
        assert ADMIN_KEY not in written
        assert f"/v1/jobs/{job['id']}/events" in written


async def upload_much(client: httpx.AsyncClient) -> dict[str, str]:
    """Upload more than proxies keep or allow by default."""
    content = draw() + bytes(LARGE_BYTES)
    answer = await client.post("/v1/jobs", files={"file": ("large.jpg", content)})
    assert answer.status_code == 202, answer.text
    job: dict[str, str] = answer.json()
    return job


async def follow(client: httpx.AsyncClient, path: str) -> None:
    """See an event of a stream while the stream is open, and the last one when it ends."""
    async with listening(client, path) as reader:
        await reader.until(lambda: bool(reader.events))
        assert not reader.has_ended
        assert (await client.delete(path)).is_success
        await reader.end()
    assert reader.events[-1].name == "job.finished"


async def use_link(client: httpx.AsyncClient, service: Service) -> str:
    """Upload with the token of a link in the path; give the token."""
    answer = await client.post("/v1/upload-links", json={"expires_in": 60})
    link = answer.json()
    # The service believes the proxy: Host and X-Forwarded-Proto.
    assert link["page_url"].startswith(f"https://{HOST}"), link["page_url"]
    token = str(link["token"])
    sent = await client.post(f"/v1/uploads/{token}", files={"file": ("a.jpg", draw(seed=1))})
    assert sent.status_code == 202, sent.text
    assert (await service.link(link["id"]))["used_files"] == 1
    return token


async def look_from_outside(client: httpx.AsyncClient) -> None:
    """Ask without a key what only this machine may see, with the headers of a liar."""
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Proto": "http"}):
        request = client.build_request("GET", "/metrics", headers=headers)
        del request.headers["Authorization"]
        assert (await client.send(request)).status_code in {401, 403}
    lying = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "127.0.0.1"}
    answer = await client.post("/v1/upload-links", json={"expires_in": 60}, headers=lying)
    assert answer.json()["page_url"].startswith("https://")


def test_nginx_waits_for_longer_than_any_answer_is_held() -> None:
    text = (EXAMPLES / "nginx.conf").read_text()
    times = re.findall(r"proxy_(?:read|send)_timeout (\d+)s;", text)
    assert len(times) == 2
    assert all(int(seconds) > 2 * MAX_WAIT_SECONDS for seconds in times)
