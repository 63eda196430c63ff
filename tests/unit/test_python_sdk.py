"""The generated Python client: what its templates add."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import minilab_client
from minilab_client import models
from minilab_client.models import Job, Status

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"


def test_value_of_a_later_version_is_kept() -> None:
    job = json.loads((EXAMPLES / "getJob.200.json").read_text())
    read = Job.from_dict(job | {"status": "resting"})
    assert read.status == "resting"
    assert read.status not in list(Status)
    assert isinstance(read.status, Status)
    assert read.to_dict()["status"] == "resting"


def test_known_values_stay_members() -> None:
    assert Status("queued") is Status.QUEUED
    with pytest.raises(ValueError, match="3"):
        Status(3)  # type: ignore[arg-type]


def test_models_are_imported_at_their_first_use() -> None:
    lines = (
        "import sys, minilab_client.models as models",
        "assert 'minilab_client.models.webhook' not in sys.modules",
        "models.Webhook",
        "assert 'minilab_client.models.webhook' in sys.modules",
        "assert 'httpx' not in sys.modules",
        "from minilab_client import Minilab",
        "assert 'minilab_client.api.jobs.get_job' not in sys.modules",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
    assert all(getattr(models, name).__name__ == name for name in models.__all__)


def test_names_can_be_completed() -> None:
    assert {"Minilab", "AsyncMinilab", "ApiError"} <= set(dir(minilab_client))
