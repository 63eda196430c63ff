"""The whole contract under generated requests: no 500, and nothing that it does not describe."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from api.http.parameters import EXAMPLE_ID
from tests.pictures import draw
from tests.service import ADMIN_KEY, REPOSITORY, Service

# The same requests each time.
SEED = 20261122
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# The contract describes what the data of an event holds, as generators read it; this tool would
# have the envelope described. tests/integration/test_live_events.py checks the data.
SETTINGS = """
[[operations]]
include-operation-id = ["streamJobEvents", "streamLinkJobEvents"]
checks.response_schema_conformance.enabled = false

[phases.coverage]
unexpected-methods = ["PUT"]
"""


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every route does what it is for."""
    return environ | {"MINILAB_LEARNING": "true"}


async def _keep_examples(service: Service) -> None:
    """Have the job and the image that the contract's examples name, with results."""
    job = await service.process([("a.jpg", draw())])
    database = service.stores.database
    image = await database["images"].find_one({"job_id": job["id"]})
    kept = await database["jobs"].find_one({"_id": job["id"]})
    assert image is not None
    assert kept is not None
    await database["jobs"].insert_one(kept | {"_id": EXAMPLE_ID})
    await database["images"].insert_one(image | {"_id": EXAMPLE_ID, "job_id": EXAMPLE_ID})
    counted = {"$inc": {"metadata.images": 1}}
    await database["blobs.files"].update_one({"metadata.sha256": image["sha256"]}, counted)


async def _run_schemathesis(
    service: Service, key: str, phases: str, examples: int, folder: Path
) -> str:
    (folder / "schemathesis.toml").write_text(SETTINGS)
    options = {
        "--phases": phases,
        "--url": str(service.client.base_url),
        "--checks": ",".join(CHECKS),
        "--max-examples": str(examples),
        "--seed": str(SEED),
        "--request-timeout": "60",
        "--warnings": "off",
        "--output-sanitize": "false",
        "--header": f"Authorization:Bearer {key}",
    }
    flags = ["--generation-deterministic", "--continue-on-failure", "--no-color", "--no-shrink"]
    program = Path(sys.executable).with_name("schemathesis")
    process = await asyncio.create_subprocess_exec(
        program,
        "run",
        f"{service.client.base_url}/openapi.json",
        *(part for option in options.items() for part in option),
        *flags,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            # It keeps tables of Unicode there, which take seconds to make.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(REPOSITORY / ".hypothesis"),
            "PYTHONPATH": str(REPOSITORY),
            "SCHEMATHESIS_HOOKS": "tests.integration.schemathesis_hooks",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    text = said.decode(errors="replace")
    assert process.returncode == 0, text
    return text


@pytest.mark.long
@pytest.mark.parametrize(
    ("role", "phases", "examples"),
    [
        # `coverage` sends each request without a key and with a wrong one, too.
        ("admin", "coverage,fuzzing,stateful", 4),
        ("client", "examples,fuzzing", 2),
    ],
)
async def test_contract_holds_for_generated_requests(
    working_service: Service, role: str, phases: str, examples: int, tmp_path: Path
) -> None:
    await _keep_examples(working_service)
    key = ADMIN_KEY
    if role == "client":
        key = await working_service.make_key("client", "admin")
    said = await _run_schemathesis(working_service, key, phases, examples, tmp_path)
    assert "No issues found" in said
