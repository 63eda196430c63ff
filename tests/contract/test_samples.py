"""Samples of the contract: they run as they are shown."""

import asyncio
import os
from pathlib import Path

import pytest

from openapi.code_samples import ADDRESS, LANGUAGES
from openapi.example_requests import ExampleRequest, Secret, example_requests
from tests.pictures import draw
from tests.routes import CONTRACT
from tests.service import ADMIN_KEY, Service

pytestmark = pytest.mark.one_service
REQUESTS = [request for _, request in example_requests(CONTRACT)]
ALONE = {"createJob", "detectFaces", "createApiKey", "createUploadLink", "createWebhook"}
NEED_NOTHING = [
    request
    for request in REQUESTS
    if request.operation_id in ALONE
    or (
        request.method == "GET"
        and not request.path_values
        and request.secret is not Secret.TOKEN
        and not any(field.is_required for field in request.query)
        # Without a worker the service is not ready.
        and request.operation_id != "getReadiness"
    )
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the picture of the samples, and a key in the environment."""
    (tmp_path / "portrait.jpg").write_bytes(draw())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(Secret.KEY, ADMIN_KEY)
    return tmp_path


def sample(request: ExampleRequest, label: str, service: Service) -> str:
    """Give a sample of an operation, with the address of the service."""
    operation = CONTRACT["paths"][request.path][request.method.lower()]
    source: str = {one["label"]: one["source"] for one in operation["x-codeSamples"]}[label]
    assert ADDRESS in source
    return source.replace(ADDRESS, str(service.client.base_url).rstrip("/"))


def test_every_operation_has_a_sample_in_every_language() -> None:
    assert len(NEED_NOTHING) >= 12
    for operation, _ in example_requests(CONTRACT):
        labels = [one["label"] for one in operation["x-codeSamples"]]
        assert labels == [label for _, label, _ in LANGUAGES]
        for one in operation["x-codeSamples"]:
            assert "{" + "job_id" not in one["source"]


@pytest.mark.parametrize("request_", NEED_NOTHING, ids=lambda request: request.operation_id)
async def test_samples_of_curl_run(
    service: Service, folder: Path, request_: ExampleRequest
) -> None:
    command = sample(request_, "curl", service).replace("curl ", "curl -sS --fail-with-body ", 1)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", command),
        cwd=folder,
        env=os.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, (command, out, errors)


@pytest.mark.parametrize("request_", NEED_NOTHING, ids=lambda request: request.operation_id)
async def test_samples_of_python_run(
    service: Service, folder: Path, request_: ExampleRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    program = compile(sample(request_, "Python", service), "sample.py", "exec")
    await asyncio.to_thread(exec, program, {})
    assert capsys.readouterr().out.strip()
